"""How a guest is known again: by a cookie or, on pages of other origins, by a token of theirs."""

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from accounts import guests, identity
from rest.middleware import Middleware


class VisitorCookie(Middleware):
    """Knows a guest by their token or by a signed cookie, and gives one with the first page, not to programs."""

    def before(self, request: HttpRequest) -> None:
        visitor = guests.of_request(request) or identity.read_visitor(request.COOKIES)
        fresh, value = ("", "") if visitor else identity.new_visitor()
        request.visitor = visitor or fresh  # type: ignore[attr-defined]
        request.visitor_cookie = value  # type: ignore[attr-defined]

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        value: str = request.visitor_cookie  # type: ignore[attr-defined]
        if getattr(request, "starts_over", False):
            response.delete_cookie(identity.COOKIE, samesite="Lax")
            response["Clear-Site-Data"] = '"storage"'  # what scripts keep: drafts, names, tokens, seats
        elif value and response.get("Content-Type", "").startswith("text/html"):
            response.set_cookie(
                identity.COOKIE,
                value,
                max_age=identity.COOKIE_AGE,
                secure=not settings.DEBUG,
                httponly=True,
                samesite="Lax",
            )
            patch_vary_headers(response, ["Cookie"])
        return response
