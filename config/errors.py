"""Django's and REST framework's exceptions as the JSON that clients expect, once for all apps.

A view says what it speaks of and how: `noun = "Session"` for "Session not found"; `error_style = "bare"` for
`{error}`, `"both"` for `{success, message, error}`, else it is `{success, message}`.
"""

import dataclasses
import logging
import math
from typing import Any

from django.conf import settings
from django.core import exceptions
from django.core.signals import got_request_exception
from django.db import DataError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as rest
from rest_framework.response import Response

from accounts import authentication, tokens
from realtime import limits

log = logging.getLogger(__name__)

FORBIDDEN = "Insufficient permissions"
MISSING_CODES = {"required", "null", "blank"}
# How Django and REST framework say "not found" when nobody chose words.
STOCK_ENDINGS = ("query does not exist.", "matches the given query.", "found matching the query")


@dataclasses.dataclass
class Refusal:
    status: int
    message: str
    extra: dict[str, Any] = dataclasses.field(default_factory=dict)
    headers: dict[str, str] = dataclasses.field(default_factory=dict)

    def response(self, style: str) -> Response:
        bodies: dict[str, dict[str, Any]] = {
            "bare": {"error": self.message},
            "both": {"success": False, "message": self.message, "error": self.message},
        }
        body = bodies.get(style, {"success": False, "message": self.message})
        return Response({**body, **self.extra}, status=self.status, headers=self.headers)


def rest_exception(exc: Exception, context: dict[str, Any]) -> Response:
    view, request = context.get("view"), context["request"]
    refusal = _of_rest(exc, request) if isinstance(exc, rest.APIException) else _of_django(exc, view)
    if refusal is None:
        log.error("%s %s failed", request.method, request.path, exc_info=exc)
        got_request_exception.send(sender=None, request=request)  # as Django does for those it catches itself
        return Response({"success": False, "error": _failure(exc)}, status=500)
    if refusal.status == 401:
        refusal.headers["WWW-Authenticate"] = authentication.CHALLENGE
    return refusal.response(getattr(view, "error_style", ""))


def _of_django(exc: Exception, view: object) -> Refusal | None:
    match exc:
        case exceptions.ValidationError():
            return _invalid(exc)
        case tokens.InvalidToken():
            return Refusal(401, str(exc))
        case Http404() | exceptions.ObjectDoesNotExist():
            return Refusal(404, _not_found(exc, view))
        case exceptions.PermissionDenied():
            return Refusal(403, str(exc) or FORBIDDEN)
        case limits.Throttled():
            return _too_fast(exc.retry_after, exc.message)
        case exceptions.SuspiciousOperation():
            return Refusal(400, "Bad request")
        case DataError():  # what no check foresaw and the database could not take: a fault of the input all the same
            log.warning("The database refused a value", exc_info=exc)
            return Refusal(400, "Invalid value")
    return None


def _of_rest(exc: rest.APIException, request: Any) -> Refusal:
    match exc:
        case rest.ValidationError():
            return Refusal(400, _first_problem(exc.detail))
        case rest.NotAuthenticated():
            return Refusal(401, authentication.refusal(request))
        case rest.PermissionDenied() if exc.detail == rest.PermissionDenied.default_detail:
            return Refusal(403, FORBIDDEN)
        case rest.Throttled():
            return _too_fast(getattr(exc, "wait", None) or 1, "Too many requests. Please try again later.")
    return Refusal(exc.status_code, str(exc.detail))


def _too_fast(seconds: float, message: str) -> Refusal:
    wait = math.ceil(seconds)
    return Refusal(429, message, {"retryAfter": wait}, {"Retry-After": str(wait)})


def _invalid(exc: exceptions.ValidationError) -> Refusal:
    """A domain's own refusal has no code, and its params are part of the answer; Django's have both, for forms."""
    problems = [problem for field in getattr(exc, "error_dict", {}).values() for problem in field] or exc.error_list
    first = problems[0]
    status = 409 if any(problem.code == "unique" for problem in problems) else 400
    return Refusal(status, first.messages[0], dict(first.params or {}) if first.code is None else {})


def _first_problem(detail: Any) -> str:
    """What is missing comes before what is malformed; the stock sentences of a field get its name."""
    problems = list(_problems(detail, "value"))
    text, _ = next((found for found in problems if found[1] in MISSING_CODES), problems[0])
    return text


def _problems(detail: Any, field: str) -> list[tuple[str, str]]:
    if isinstance(detail, dict):
        return [found for name, inner in detail.items() for found in _problems(inner, str(name))]
    if isinstance(detail, list):
        return [found for inner in detail for found in _problems(inner, field)]
    return [(str(detail).replace("This field", field), getattr(detail, "code", "invalid"))]


def _not_found(exc: Exception, view: object) -> str:
    said = str(exc)
    if said and not said.endswith(STOCK_ENDINGS):
        return said
    model = type(exc).__qualname__.rpartition(".")[0]  # "User.DoesNotExist"
    return f"{getattr(view, 'noun', model or 'Resource')} not found"


def _failure(exc: Exception) -> str:
    return str(exc) or type(exc).__name__ if settings.DEBUG else "Internal Server Error"


@csrf_exempt
def route_not_found(request: HttpRequest, exception: Exception | None = None, **_: Any) -> HttpResponse:
    """For paths nobody serves: JSON below `/api/`, a page elsewhere. Old clients may add a slash, so that is tried."""
    if not request.path.startswith("/api/"):
        return defaults.page_not_found(request, exception or Http404())
    if request.path_info.endswith("/") and (answer := _without_slash(request)):
        return answer
    message = f"Route {request.method} {request.path} not found"
    return JsonResponse({"success": False, "error": "Not Found", "message": message}, status=404)


def _without_slash(request: HttpRequest) -> HttpResponse | None:
    try:
        match = resolve(request.path_info.rstrip("/"))
    except Resolver404:
        return None
    if match.func is route_not_found or not getattr(match.func, "csrf_exempt", False):
        return None
    request.resolver_match = match
    answer: HttpResponse = match.func(request, *match.args, **match.kwargs)
    return answer


def server_error(request: HttpRequest) -> HttpResponse:
    """What fails outside REST framework; Django has logged it."""
    if not request.path.startswith("/api/"):
        return defaults.server_error(request)
    return JsonResponse({"success": False, "error": "Internal Server Error"}, status=500)
