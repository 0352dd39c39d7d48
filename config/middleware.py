"""What every answer tells the browser about itself: where its scripts, pictures and connections may come from."""

import math

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from accounts.hashers import Busy
from accounts.login_attempts import TooManyAttempts
from realtime import errors
from rest import middleware

PAGES = {
    "default-src": "'self'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self' data: https: http:",  # sellers give the addresses of their own product pictures
    "connect-src": "'self'",
    "media-src": "'self' blob: https:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
}

# The first prefix that fits decides. The admin's Alpine.js compiles its attributes; it and Swagger UI set styles.
POLICIES = (
    ("/admin/", PAGES | {"script-src": "'self' 'unsafe-eval'", "style-src": "'self' 'unsafe-inline'"}),
    ("/api/docs/", PAGES | {"style-src": "'self' 'unsafe-inline'"}),
    ("/", PAGES),
)

HEADERS = {
    "Referrer-Policy": "same-origin",  # an invitation's link is its key: no other site may read it
    "X-Content-Type-Options": "nosniff",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()",
}


MONITORED = ("/health", "/livez", "/readyz", "/metrics")


class TooManyAttemptsPage(middleware.Middleware):
    """Answers a log-in, or a new password, that was not tried, where no view does it itself: the admin's."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyAttempts | Busy):
            return None
        wait = math.ceil(exception.wait or 1)
        answer = render(request, "429.html", {"wait": wait}, status=503 if isinstance(exception, Busy) else 429)
        answer.headers["Retry-After"] = str(wait)
        return answer


class BusyPage(middleware.Middleware):
    """Answers a page whose view could not ask the database: in plain words, for a template may ask it too."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if (refusal := errors.as_busy(exception)) is None:
            return None
        wait = str(math.ceil(refusal.retry_after or 1))
        return HttpResponse(refusal.message, "text/plain", 503, headers={"Retry-After": wait})


class SecurityHeaders(middleware.Middleware):
    """Outermost, so that refusals and static files carry them too; a view's own header stands.

    Monitors may ask under any name: an orchestrator knows a process by nothing but its address of the moment.
    """

    def before(self, request: HttpRequest) -> HttpResponseBase | None:
        if request.path_info in MONITORED:
            request.get_host = lambda: "localhost"  # type: ignore[method-assign]
        return None

    def after(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if not (settings.DEBUG and response.status_code == 500):  # Django's page about a fault is written all inline
            response.headers.setdefault("Content-Security-Policy", content_security_policy(request))
        return response


def content_security_policy(request: HttpRequest) -> str:
    # HTTP has an address without a slash: OPTIONS * asks about the server as a whole.
    rules = next((rules for prefix, rules in POLICIES if request.path_info.startswith(prefix)), PAGES)
    reached = {"connect-src": own_sockets(request)}
    for name, sources in getattr(request, "reaches", {}).items():  # a page that shows a picture may reach its carrier
        reached[name] = [*reached.get(name, []), *sources]
    rules = rules | {name: " ".join([rules[name], *sources]) for name, sources in reached.items()}
    if framed_by := getattr(request, "framed_by", None):  # a page that is meant for the pages of a shop
        rules = rules | {"frame-ancestors": " ".join(framed_by)}
    return "; ".join(f"{name} {sources}" for name, sources in rules.items())


def own_sockets(request: HttpRequest) -> list[str]:
    """This server's sockets, which older browsers do not count as 'self'."""
    try:
        host = request.get_host()
    except DisallowedHost:
        return []
    return [f"wss://{host}"] if request.is_secure() else [f"ws://{host}"]
