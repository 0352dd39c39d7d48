"""ALLOWED_HOSTS and HTTPS for what Django does not serve: WebSockets, and Socket.IO over HTTP."""

from collections.abc import Awaitable, Callable

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from rest import bodies

Application = Callable[[bodies.Scope, bodies.Receive, bodies.Send], Awaitable[None]]

IN_DEVELOPMENT = [".localhost", "127.0.0.1", "[::1]"]  # as Django has it, where DEBUG is on and no host is named


def checked(application: Application) -> Application:
    """ASGI middleware that refuses what Django would: hosts that are not ours, and connections that are not encrypted.

    Django redirects the latter to HTTPS; a WebSocket cannot be redirected.
    """

    async def middleware(scope: bodies.Scope, receive: bodies.Receive, send: bodies.Send) -> None:
        if scope["type"] in ("http", "websocket") and (refused := _refusal(scope)) is not None:
            await bodies.refuse(refused, scope, receive, send)
        else:
            await application(scope, receive, send)

    return middleware


def _refusal(scope: bodies.Scope) -> bodies.Refused | None:
    host = next((value.decode("latin-1") for name, value in scope["headers"] if name == b"host"), "")
    domain, _ = split_domain_port(host)
    allowed = settings.ALLOWED_HOSTS or (IN_DEVELOPMENT if settings.DEBUG else [])
    if not domain or not validate_host(domain, allowed):
        return bodies.Refused(400, "This host is not served here")
    if getattr(settings, "SECURE_SSL_REDIRECT", False) and scope.get("scheme") not in ("https", "wss"):
        return bodies.Refused(403, "Only encrypted connections (https, wss) are served here")
    return None
