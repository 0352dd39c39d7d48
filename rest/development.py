"""A server with development defaults serves its own machine alone: anybody could sign tokens with its public key."""

import ipaddress
from collections.abc import Awaitable, Callable

from django.conf import settings

from rest import bodies

Application = Callable[[bodies.Scope, bodies.Receive, bodies.Send], Awaitable[None]]

REFUSAL = (
    "This server runs with development defaults (DEBUG, or the development SECRET_KEY), so it serves this machine "
    "alone. Set DEBUG=0 and a SECRET_KEY of your own, or ALLOW_DEVELOPMENT_ON_NETWORK=1 where nobody else can reach it."
)


def must_stay_local() -> bool:
    has_defaults = settings.DEBUG or settings.SECRET_KEY == settings.DEVELOPMENT_KEY
    return has_defaults and not settings.ALLOW_DEVELOPMENT_ON_NETWORK


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address; of a name only `localhost` is known to be one."""
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return host == "localhost"
    mapped = getattr(address, "ipv4_mapped", None)  # what an IPv6 listener calls an IPv4 peer's way to it
    return (mapped or address).is_loopback


def kept_local(application: Application) -> Application:
    """ASGI middleware: `manage.py serve` does not even listen, but other servers know nothing of these settings."""

    async def middleware(scope: bodies.Scope, receive: bodies.Receive, send: bodies.Send) -> None:
        here = (scope.get("server") or ("", None))[0]
        is_elsewhere = scope["type"] in ("http", "websocket") and _is_address(here) and not is_loopback(here)
        if is_elsewhere and must_stay_local():
            await bodies.refuse(bodies.Refused(403, REFUSAL), scope, receive, send)
        else:
            await application(scope, receive, send)

    return middleware


def _is_address(host: str) -> bool:
    """Test clients name a server that does not listen anywhere, and a Unix socket has a path."""
    return bool(host) and (":" in host or host.replace(".", "").isdecimal())
