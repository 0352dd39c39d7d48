"""What every HTTP request passes through before Django reads it: bounds of paths, queries and bodies."""

from collections.abc import Awaitable, Callable
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.http import parse_header_parameters

from rest import bodies

GUEST_HEADER = "Vitrine-Guest"  # The token of a guest, on pages of other origins: see accounts/guests.py.

Answer = HttpResponseBase | Awaitable[HttpResponseBase]


class Middleware:
    """Runs as Django does, with or without a loop, and never takes a request from one to the other."""

    sync_capable = async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.is_async = iscoroutinefunction(get_response)
        if self.is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Answer:
        return self._async(request) if self.is_async else self._sync(request)

    def _sync(self, request: HttpRequest) -> HttpResponseBase:
        return self.before(request) or self.after(request, self.get_response(request))

    async def _async(self, request: HttpRequest) -> HttpResponseBase:
        return self.before(request) or self.after(request, await self.get_response(request))

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        return None

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        return response


class RequestBounds(Middleware):
    """Refuses what would cost too much, or fail later and worse, before anything reads a request's body.

    That is NUL in a path or query (PostgreSQL would fail on it), an encoding other than UTF-8 (the client must not
    choose the decoder: some are quadratic), and a body that REST framework would read whole.
    """

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "%00" in query or "\0" in query:
            return self._refusal("NUL characters are not allowed", 400)
        if not self._is_utf8(request.META.get("CONTENT_TYPE", "")):
            return self._refusal("Request bodies must be UTF-8", 415)
        length = request.META.get("CONTENT_LENGTH") or "0"
        too_long = length.isdecimal() and int(length) > bodies.most(request.path_info)
        if too_long and request.path_info.startswith("/api/"):
            return self._refusal("Request body is too large", 413)
        return None

    @staticmethod
    def _is_utf8(content_type: str) -> bool:
        charset = parse_header_parameters(content_type)[1].get("charset", "utf-8")
        return charset.strip().lower() in ("utf-8", "utf8")

    @staticmethod
    def _refusal(message: str, status: int) -> HttpResponse:
        return JsonResponse({"success": False, "message": message, "error": message}, status=status)


class PrivateAnswers(Middleware):
    """Keeps answers that are somebody's own out of every cache; what anyone may read stays cacheable."""

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if not request.path_info.startswith("/api/"):
            return response
        patch_vary_headers(response, ["Authorization", "Cookie", GUEST_HEADER])
        is_named = "Authorization" in request.headers or GUEST_HEADER in request.headers
        is_own = is_named or settings.SESSION_COOKIE_NAME in request.COOKIES
        if is_own or request.method not in ("GET", "HEAD"):
            response.headers.setdefault("Cache-Control", "private, no-store")
        return response
