"""What every request and WebSocket passes before an application sees it, on any ASGI server."""

import asyncio
from collections.abc import Awaitable, Callable

from django.conf import settings

from rest import addresses, bodies

Application = Callable[[bodies.Scope, bodies.Receive, bodies.Send], Awaitable[None]]

MAX_HEADERS = 64 * 1024  # bytes of a request's address and headers; uvicorn's adapter bounds them while they come


class Guard:
    """Bounds what is open at once, by sender and altogether, and reads bodies, which it bounds in size and time.

    An application is given each body whole: one without a length is empty to Django, and a long one is spooled to disk
    before anything can refuse it. Only at the address `reader` the application bounds and reads bodies by itself.
    """

    def __init__(self, application: Application, reader: str = "") -> None:
        self.application = application
        self.reader = reader and reader + "/"
        self.open = addresses.OpenConnections()
        self.total = 0

    async def __call__(self, scope: bodies.Scope, receive: bodies.Receive, send: bodies.Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.application(scope, receive, send)
            return
        sender = addresses.network_of(str((scope.get("client") or ("", 0))[0]))
        try:
            self._check(scope, sender)
        except bodies.Refused as refused:
            await bodies.refuse(refused, scope, receive, send)
            return
        self.open.add(sender)
        self.total += 1
        try:
            await (
                self._serve(scope, receive, send) if scope["type"] == "http" else self.application(scope, receive, send)
            )
        finally:
            self.open.discard(sender)
            self.total -= 1

    def _check(self, scope: bodies.Scope, sender: str) -> None:
        size = sum(len(name) + len(value) for name, value in scope["headers"])
        if size + len(scope["path"]) + len(scope.get("query_string", b"")) > MAX_HEADERS:
            raise bodies.Refused(431, "Request headers are too large")
        if sender and self.open.is_full(sender):
            raise bodies.Refused(429, "Too many connections from this address")
        if 0 < settings.MAX_CONNECTIONS <= self.total:
            raise bodies.Refused(503, "The server has too many connections, try again")

    async def _serve(self, scope: bodies.Scope, receive: bodies.Receive, send: bodies.Send) -> None:
        is_read_later = self.reader and (scope["path"] + "/").startswith(self.reader)
        if bodies.has_one(scope) and not is_read_later:
            try:
                body = await bodies.read(scope, receive, settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
            except bodies.Refused as refused:
                await bodies.refuse(refused, scope, receive, send)
                return
            except bodies.Disconnected:
                return
            scope, receive = bodies.with_length(scope, len(body)), bodies.replayed(body, receive)
        exchange = _Exchange(receive, send)
        await self.application(scope, exchange.receive, exchange.send)


class _Exchange:
    """A request whose client is not said to be gone because it has its answer.

    Django listens for that until it cancels it. It would raise what only the garbage collector could take away, for
    each request.
    """

    __slots__ = ("_is_answered", "_receive", "_send")

    def __init__(self, receive: bodies.Receive, send: bodies.Send) -> None:
        self._receive, self._send, self._is_answered = receive, send, False

    async def receive(self) -> dict[str, object]:
        message = await self._receive()
        if self._is_answered and message["type"] == "http.disconnect":
            await asyncio.get_running_loop().create_future()
        return message

    async def send(self, message: dict[str, object]) -> None:
        if message["type"] == "http.response.body" and not message.get("more_body", False):
            self._is_answered = True
        await self._send(message)
