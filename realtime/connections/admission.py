"""Decides who may open a socket (by its origin) and who it is: by token, ticket, page session, or as which guest."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings
from django.contrib.auth import get_user
from django.http import HttpRequest, parse_cookie
from django.utils.module_loading import import_string

from accounts import guests, tokens
from accounts import identity as identities
from accounts.models import Ticket, User
from realtime.delivery import outgoing
from realtime.runtime import threads
from rest import addresses

SUBPROTOCOL = "vitrine"

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Application = Callable[[Scope, Receive, outgoing.Send], Awaitable[None]]


def header(scope: Scope, name: bytes) -> str:
    return next((value.decode("latin-1") for key, value in scope.get("headers", ()) if key == name), "")


def same_origin(scope: Scope) -> bool:
    return urlsplit(header(scope, b"origin")).netloc == header(scope, b"host")


def sender(scope: Scope) -> str:
    """Whose address the client comes from, as limits count it."""
    return addresses.network_of(str((scope.get("client") or ["unknown"])[0]))


def base_url(scope: Scope) -> str:
    """How the client reached the server, as in `https://shop.example`."""
    secure = scope.get("scheme") in ("https", "wss")
    return f"{'https' if secure else 'http'}://{header(scope, b'host')}"


def origin_allowed(scope: Scope) -> bool:
    """Whether this socket's page may open it: our own and those of CORS_ORIGINS may, and so may other programs."""
    origin = header(scope, b"origin")
    if not origin or same_origin(scope) or settings.CORS_ALLOW_ALL_ORIGINS:
        return True
    return origin in settings.CORS_ALLOWED_ORIGINS or any(
        re.fullmatch(pattern, origin) for pattern in settings.CORS_ALLOWED_ORIGIN_REGEXES
    )


def cookies(scope: Scope) -> dict[str, str]:
    """The cookies of a handshake from our own pages; a page of another site must not act by them."""
    if header(scope, b"origin") and not same_origin(scope):
        return {}
    return parse_cookie(header(scope, b"cookie"))  # http.cookies would give up at the first cookie it cannot parse.


def with_visitor_cookie(application: Application) -> Application:
    """ASGI middleware: sets `scope["visitor"]`, and gives a client without our visitor cookie one in the handshake."""

    def middleware(scope: Scope, receive: Receive, send: outgoing.Send) -> Awaitable[None]:
        scope["visitor"] = guests.read(_offered(scope)[1]) or identities.read_visitor(cookies(scope))
        if scope["visitor"] is not None:
            return application(scope, receive, send)
        scope["visitor"], cookie = identities.new_visitor()
        scope["visitor_is_new"] = True
        given = (b"set-cookie", identities.visitor_header(cookie).encode())

        async def answer(message: dict[str, Any]) -> None:
            if message["type"] in ("websocket.accept", "http.response.start"):
                message = {**message, "headers": [*message.get("headers", ()), given]}
            await send(message)

        return application(scope, receive, answer)

    return middleware


def forget_handshake(scope: Scope, *but: bytes) -> None:
    """Drops all headers but those named in `but`: they would be kept in memory as long as the connection."""
    scope["headers"][:] = [(name, value) for name, value in scope["headers"] if name in but]


async def refuse_path(scope: Scope, receive: Receive, send: outgoing.Send) -> None:
    """Refuses a socket at a path without an endpoint, where Channels' own router would raise."""
    await receive()
    await send({"type": "websocket.close", "code": 4404})


def _offered(scope: Scope) -> tuple[str, str]:
    """The access token and the guest's token among the subprotocols of a handshake, each of which may be missing."""
    first, *rest = (scope.get("subprotocols") or [""])[:3]
    if first != SUBPROTOCOL:
        return "", ""
    token = next((each for each in rest if not each.startswith(guests.SUBPROTOCOL)), "")
    guest = next((each for each in rest if each.startswith(guests.SUBPROTOCOL)), "")
    return token, guest.removeprefix(guests.SUBPROTOCOL)


async def admit(scope: Scope, token: str = "", guest: object = None) -> identities.Identity:
    """Whom a handshake proves the client to be.

    `token` and `guest` are what came beside it, as Socket.IO's `auth.token` and `auth.guest`. Raises
    tokens.InvalidToken for a token or ticket that proves nothing.
    """
    offered, offered_guest = _offered(scope)
    token = offered or token
    visitor = guests.read(guest) or scope["visitor"]
    ticket = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("ticket", [""])[0]
    # Whoever brings a guest's token is that guest: our page in a frame must not act as who is logged in beside it.
    page = "" if offered_guest or guest else cookies(scope).get(settings.SESSION_COOKIE_NAME, "")
    proof = await threads.in_db(_verify, token, ticket, page) if token or ticket or page else None
    is_new = "visitor_is_new" in scope and visitor == scope["visitor"]
    somebody = identities.Identity(None, visitor, is_new=is_new, address_hash=addresses.hashed(sender(scope)))
    return somebody if proof is None else somebody.as_user(proof.user, proof.expires_at)


def _verify(token: str, ticket: str, page: str) -> tokens.Proof | None:
    """Whom a handshake proves. From then on nobody can declare to be this user; see `User.objects.declarable`."""
    proof = tokens.proof_of(token) if token else _redeem(ticket) if ticket else _owner_of_session(page)
    if proof is not None:
        proof.user.end_trust()
    return proof


def _redeem(key: str) -> tokens.Proof:
    ticket = Ticket.objects.redeem(key)
    if ticket is None:
        raise tokens.InvalidToken("Invalid or expired ticket")
    return tokens.Proof(ticket.user, ticket.proves_until.timestamp() if ticket.proves_until else None)


def _owner_of_session(key: str) -> tokens.Proof | None:
    request = HttpRequest()
    request.session = import_string(settings.SESSION_ENGINE + ".SessionStore")(key)
    found = get_user(request)
    if not isinstance(found, User) or not found.is_active:
        return None
    return tokens.Proof(found, request.session.get_expiry_date().timestamp())


def bearer(token: str) -> tokens.Proof:
    """Whom an access token proves that comes over a socket which is open already; raises tokens.InvalidToken."""
    proof = tokens.proof_of(token)
    proof.user.end_trust()
    return proof
