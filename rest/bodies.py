"""Requests' bodies as they come, at the ASGI layer: counted, timed, and refused before anything keeps them."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]

LENGTHS = (b"content-length", b"transfer-encoding")  # headers that say of a request that it has a body
IDLE_SECONDS = 30.0  # between two pieces of a body
LINGER_SECONDS = 2.0  # for which what a refused client still sends is thrown away, so that it can read the answer


class Disconnected(Exception):
    """The client went before its body had come."""


class Refused(Exception):
    """A request that is answered before the application sees it; the connection ends with the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status, self.message = status, message

    async def answer(self, receive: Receive, send: Send) -> None:
        """Answers, and then lingers: a connection that is closed over unread bytes is reset, and the answer lost."""
        await send({"type": "http.response.start", "status": self.status, "headers": headers(self.message)})
        await send({"type": "http.response.body", "body": body(self.message), "more_body": True})
        try:
            async with asyncio.timeout(LINGER_SECONDS):
                while (await receive()).get("more_body"):
                    pass
        except TimeoutError:
            pass
        await send({"type": "http.response.body", "body": b""})


async def refuse(refused: Refused, scope: Scope, receive: Receive, send: Send) -> None:
    """Answers a request or a WebSocket's handshake that is not to be served."""
    if scope["type"] == "http":
        await refused.answer(receive, send)
        return
    await receive()
    if "websocket.http.response" in scope.get("extensions", ()):
        start = {"status": refused.status, "headers": headers(refused.message)}
        await send({"type": "websocket.http.response.start", **start})
        await send({"type": "websocket.http.response.body", "body": body(refused.message)})
    else:  # The server answers 403.
        await send({"type": "websocket.close", "code": 1013})


def body(message: str) -> bytes:
    """A refusal in the forms of all our protocols."""
    return json.dumps({"success": False, "message": message, "error": message}).encode()


def headers(message: str) -> list[tuple[bytes, bytes]]:
    return [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body(message))).encode()),
        (b"connection", b"close"),
    ]


def has_one(scope: Scope) -> bool:
    """Whether a request says that it has a body."""
    return any(name in LENGTHS for name, _ in scope["headers"])


def length(scope: Scope) -> int:
    """How long the body is to be by the headers of its request; 0 where they do not say."""
    for name, value in scope["headers"]:
        if name == b"content-length" and value.isdigit():
            return int(value[:20])
    return 0


async def read(scope: Scope, receive: Receive, most: int) -> bytes:
    """The whole body, of at most so many bytes. Raises Refused, or Disconnected."""
    if length(scope) > most:
        raise Refused(413, "Request body is too large")
    pieces, size, more = [], 0, True
    while more:
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                message = await receive()
        except TimeoutError:
            raise Refused(408, "Request body did not come") from None
        if message["type"] == "http.disconnect":
            raise Disconnected
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
        more = message.get("more_body", False)
        if size > most:
            raise Refused(413, "Request body is too large")
    return b"".join(pieces)


def replayed(whole: bytes, receive: Receive) -> Receive:
    """A `receive` that gives the whole body first."""
    given = False

    async def replay() -> dict[str, Any]:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": whole, "more_body": False}

    return replay


def with_length(scope: Scope, length: int) -> Scope:
    """The scope of a request whose body has this length: applications take one without a length for empty."""
    kept = [(name, value) for name, value in scope["headers"] if name not in LENGTHS]
    return {**scope, "headers": [*kept, (b"content-length", str(length).encode())]}
