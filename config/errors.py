"""Refusals as the JSON answers that REST clients expect, once for all apps; `realtime.errors` finds out what they are.

A view says what it speaks of and how: `noun = "Session"` for "Session not found"; `error_style = "bare"` for
`{error}`, `"both"` for `{success, message, error}`, else it is `{success, message}`; `error_details = True` adds
`details`, the problems of each field, for forms.
"""

import logging
import math
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import Resolver404, resolve
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt
from rest_framework import exceptions as rest
from rest_framework.response import Response

from accounts import authentication
from realtime import errors

logger = logging.getLogger(__name__)

MISSING_CODES = {"required", "null", "blank"}
STATUSES = {
    "validation": 400,
    "unauthorized": 401,
    "forbidden": 403,
    "not_found": 404,
    "too_big": 413,
    "rate_limited": 429,
    "busy": 503,
}
CONFLICT = 409  # the status of all other codes: the request is fine, but does not fit how things are now


def rest_exception(exc: Exception, context: dict[str, Any]) -> Response:
    """REST framework's EXCEPTION_HANDLER: an answer for every exception, in the style of the view that raised it."""
    view, request = context.get("view"), context["request"]
    if isinstance(exc, rest.APIException):
        status, refusal = _of_rest(exc, request)
        if isinstance(exc, rest.ValidationError) and getattr(view, "error_details", False):
            refusal.extra["details"] = exc.detail
    elif (refused := errors.translate(exc, _missing(exc, view))) is not None:
        status, refusal = STATUSES.get(refused.code, CONFLICT), refused
    else:
        logger.error("%s %s failed", request.method, request.path, exc_info=exc)
        got_request_exception.send(sender=None, request=request)  # as Django does for those it catches itself
        return Response({"success": False, "error": _failure(exc)}, status=500)
    return _render(refusal, status, getattr(view, "error_style", ""))


def _render(refusal: errors.RequestRefused, status: int, style: str) -> Response:
    message, headers = refusal.first_message, {}
    bodies: dict[str, dict[str, Any]] = {
        "bare": {"error": message},
        "both": {"success": False, "message": message, "error": message},
    }
    body = bodies.get(style, {"success": False, "message": message}) | refusal.extra
    if status == 401:
        headers["WWW-Authenticate"] = authentication.CHALLENGE
    if refusal.retry_after is not None:
        body["retryAfter"] = seconds = math.ceil(refusal.retry_after)
        headers["Retry-After"] = str(seconds)
    return Response(body, status=status, headers=headers)


def _of_rest(exc: rest.APIException, request: Any) -> tuple[int, errors.RequestRefused]:
    """REST framework's own exceptions know their status, and have the words that clients were promised."""
    message, retry_after = str(exc.detail), None
    match exc:
        case rest.ValidationError():
            message = _first_problem(exc.detail)
        case rest.NotAuthenticated():
            return 401, errors.RequestRefused("unauthorized", authentication.refusal(request))
        case rest.PermissionDenied() if exc.detail == rest.PermissionDenied.default_detail:
            message = errors.FORBIDDEN
        case rest.Throttled():
            message, retry_after = "Too many requests. Please try again later.", getattr(exc, "wait", None) or 1
    return exc.status_code, errors.RequestRefused(exc.default_code, message, retry_after)


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


def _missing(exc: Exception, view: object) -> str:
    """What is said of an object that does not exist, where the exception has no words of its own."""
    model = type(exc).__qualname__.rpartition(".")[0]  # "User" of "User.DoesNotExist"
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
