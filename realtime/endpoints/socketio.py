"""Socket.IO connections: python-socketio does the transport and nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any

import socketio

from accounts import tokens
from realtime import consumers, errors, wire
from realtime.adapters import engineio, packets
from realtime.connections import admission
from realtime.connections.receiving import EventConnection

Application = Callable[..., Awaitable[None]]

PATH = "/socket.io"
PING_INTERVAL = 25  # seconds, as the old servers documented them
PING_TIMEOUT = 60
MAX_MESSAGE = 8 * 1024 * wire.KIB  # bytes of one event or polling body: recordings send whole pages


class _Clients(socketio.AsyncNamespace):
    """The default namespace: an EventConnection for each client."""

    server: engineio.PlainServer

    def __init__(self, consumer: type[consumers.SocketConsumer]) -> None:
        super().__init__("/")
        self.routes = consumer.routes
        self.clients: dict[str, EventConnection] = {}

    async def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
        """python-socketio's one way in: clients' events, whose names know their size, and two of its own."""
        client = self.clients.get(sid)
        if isinstance(event, packets.EventName):
            payload = args[0] if args else None
            return None if client is None else await client.receive_event(str(event), payload, event.size)
        if event == "connect":
            await self._open(sid, *args)
        elif event == "disconnect" and client is not None:
            del self.clients[sid]
            client.closed_by_client = args[:1] == (self.server.reason.CLIENT_DISCONNECT,)
            await client.end()
        return None

    async def _open(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            await self._admit(sid, environ, auth)
        except Exception as error:
            if errors.as_busy(error) is None:
                raise
            await self.server.drop(sid)  # A client that is refused does not come back by itself; a lost one does.
            raise socketio.exceptions.ConnectionRefusedError(errors.BUSY) from None

    async def _admit(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        scope = environ["asgi.scope"]
        offer = auth if isinstance(auth, dict) else {}
        token = offer.get("token")
        try:
            identity = await admission.admit(scope, token if isinstance(token, str) else "", offer.get("guest"))
        except tokens.InvalidToken as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from None
        client = EventConnection(self.routes, scope, self.server.send_queue(sid), identity)
        self.clients[sid] = client
        try:
            await client.begin()
            self.server.watch_pongs(sid, client.watch_pongs)
            if self.server.is_gone(sid):
                raise socketio.exceptions.ConnectionRefusedError("gone")
        except BaseException:
            del self.clients[sid]
            await client.end()
            raise
        client.recover = bool(offer.get("recover"))


def _bounded(receive: Callable[[], Awaitable[dict[str, Any]]]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Ends a polling body that is too long: Engine.IO reads it to its end before it looks at its size."""
    left = MAX_MESSAGE

    async def limited() -> dict[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return limited


def _is_too_long(scope: admission.Scope) -> bool:
    """Whether a request says that its body is longer than MAX_MESSAGE.

    Engine.IO would close the session, and end the request when the client has fetched that, which it cannot any more.
    """
    length = admission.header(scope, b"content-length")
    return length.isdecimal() and int(length[:20]) > MAX_MESSAGE


def endpoint(consumer: type[consumers.SocketConsumer], other: Application) -> Application:
    """An ASGI application that serves Socket.IO at its path, and everything else by `other`."""
    server = engineio.server(
        async_mode="asgi",
        async_handlers=False,  # one event of a client after the other
        cors_allowed_origins=lambda origin, environ: admission.origin_allowed(environ["asgi.scope"]),
        max_http_buffer_size=MAX_MESSAGE,
        ping_interval=PING_INTERVAL,
        ping_timeout=PING_TIMEOUT,
        logger=False,
    )
    server.register_namespace(_Clients(consumer))
    engine = admission.with_visitor_cookie(server.handle_request)

    async def application(scope: admission.Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or not (scope["path"] + "/").startswith(PATH + "/"):
            await other(scope, receive, send)
        elif scope["type"] == "http" and _is_too_long(scope):
            await send({"type": "http.response.start", "status": 413, "headers": []})
            await send({"type": "http.response.body", "body": b""})
        else:
            await engine(scope, _bounded(receive) if scope["type"] == "http" else receive, send)

    return application
