"""Who really sends a request that comes through a reverse proxy, for HTTP and sockets on any ASGI server."""

import functools
import ipaddress
import logging
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from django.conf import settings

logger = logging.getLogger(__name__)

Scope = dict[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

MAX_HOPS = 10  # proxies in a row that are looked through
SCHEMES = {"http": {"http": "http", "https": "https"}, "websocket": {"http": "ws", "https": "wss"}}


class TrustedProxies:
    """Puts the client's own address and scheme into the scope where a trusted proxy reports them.

    X-Forwarded-For is read from its end: each proxy appends whom it saw, so the first address from there that is not a
    trusted proxy is the client, and what stands before it is the client's own claim. From anyone else the header is
    ignored, and that is logged once, for it is how a missing setting shows.
    """

    def __init__(self, application: Application, trusted: Iterable[str]) -> None:
        self.application = application
        self.trusted = _networks(tuple(trusted))
        self.warned = False

    async def __call__(self, scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] in SCHEMES:
            self._resolve(scope)
        await self.application(scope, receive, send)

    def _resolve(self, scope: Scope) -> None:
        peer = str((scope.get("client") or ("", 0))[0])
        forwarded = ",".join(_values(scope, b"x-forwarded-for"))
        if not self._trusts(peer):
            if forwarded and not self.warned:
                self.warned = True
                logger.warning("X-Forwarded-For of an address that is not among TRUSTED_PROXIES is ignored")
            return
        if forwarded:
            scope["client"] = (self._client(peer, forwarded), 0)
        proto = next(iter(_values(scope, b"x-forwarded-proto")), "").rpartition(",")[2].strip().lower()
        if (scheme := SCHEMES[scope["type"]].get(proto)) is not None:
            scope["scheme"] = scheme

    def _client(self, peer: str, forwarded: str) -> str:
        client = peer
        for hop in reversed(forwarded.split(",")[-MAX_HOPS:]):
            if _address(hop.strip()) is None:
                break
            client = hop.strip()
            if not self._trusts(client):
                break
        return client

    def _trusts(self, address: str) -> bool:
        """A peer without an address speaks through a Unix socket, which only this machine can open."""
        if not address:
            return bool(self.trusted)
        return _is_in(address, self.trusted)


def is_trusted(address: str) -> bool:
    """Whether a peer is a proxy, so that its connections are those of many clients."""
    return _is_in(address, _networks(tuple(settings.TRUSTED_PROXIES)))


@functools.cache
def _networks(trusted: tuple[str, ...]) -> list[Network]:
    return [ipaddress.ip_network(each.strip(), strict=False) for each in trusted]


def _is_in(address: str, networks: list[Network]) -> bool:
    parsed = _address(address) if networks else None
    return parsed is not None and any(parsed in network for network in networks)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _values(scope: Scope, name: bytes) -> Iterator[str]:
    return (value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name)
