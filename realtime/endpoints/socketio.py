"""Socket.IO connections: python-socketio does the transport and nothing else."""

from collections.abc import Awaitable, Callable
from typing import Any

import socketio
from engineio.payload import Payload

from accounts import tokens
from realtime import consumers, wire
from realtime.adapters import engineio
from realtime.connections import admission
from realtime.connections.receiving import EventConnection

Application = Callable[..., Awaitable[None]]

PATH = "/socket.io"
PING_INTERVAL = 25  # seconds, as the old servers documented them
PING_TIMEOUT = 60
MAX_MESSAGE = 8 * 1024 * wire.KIB  # bytes of one event or polling body: recordings send whole pages
MAX_POLLED = 500  # packets in one polling body; 20 quick events are one
OWN_EVENTS = ("connect", "disconnect")  # names that python-socketio gives to what happens to a client

Payload.max_decode_packets = MAX_POLLED


class _Clients(socketio.AsyncNamespace):
    """The default namespace: an EventConnection for each client."""

    server: engineio.PlainServer

    def __init__(self, consumer: type[consumers.SocketConsumer]) -> None:
        super().__init__("/")
        self.routes = consumer.routes
        self.clients: dict[str, EventConnection] = {}

    async def trigger_event(self, event: Any, sid: str, *args: Any) -> Any:
        """python-socketio's one way in. A client may forge the names of the two events that are not its own."""
        connected = self.server.manager.is_connected(sid, self.namespace)
        client = self.clients.get(sid)
        if event == "connect" and client is None and not connected:
            await self._open(sid, *args)
        elif event == "disconnect" and not connected:
            if client is not None:
                del self.clients[sid]
                client.closed_by_client = args[:1] == (self.server.reason.CLIENT_DISCONNECT,)
                await client.end()
        elif client is not None and isinstance(event, str) and event not in OWN_EVENTS:
            size = self.server.size_of(sid, event, args)
            return await client.receive_event(event, args[0] if args else None, size)
        return None

    async def _open(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        scope = environ["asgi.scope"]
        offer = auth if isinstance(auth, dict) else {}
        token = offer.get("token")
        try:
            identity = await admission.admit(scope, token if isinstance(token, str) else "")
        except tokens.InvalidToken as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from None
        client = EventConnection(self.routes, scope, self.server.send_queue(sid), identity)
        self.clients[sid] = client
        try:
            await client.begin()
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
        engineio_logger=False,
    )
    server.register_namespace(_Clients(consumer))
    engine = admission.with_visitor_cookie(server.handle_request)

    async def application(scope: admission.Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or not (scope["path"] + "/").startswith(PATH + "/"):
            await other(scope, receive, send)
        else:
            await engine(scope, _bounded(receive) if scope["type"] == "http" else receive, send)

    return application
