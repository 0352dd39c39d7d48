"""Socket.IO connections: python-socketio does the transport and nothing else."""

import functools
import logging
import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import socketio
from engineio.async_drivers import asgi
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet
from engineio.payload import Payload
from socketio import exceptions

from accounts import tokens
from realtime import consumers, wire
from realtime.adapters import slots
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import admission
from realtime.connections.receiving import EventConnection
from realtime.delivery import outgoing
from realtime.protocol import framing

logger = logging.getLogger(__name__)

Application = Callable[..., Awaitable[None]]

PATH = "/socket.io"
PING_INTERVAL = 25  # seconds, as the old servers documented them
PING_TIMEOUT = 60
MAX_MESSAGE = 8 * 1024 * wire.KIB  # bytes of one event or polling body: recordings send whole pages
ASKED_AGAIN = (b"cookie", b"host", b"origin")  # headers, when a client says CONNECT
MAX_POLLED = 500  # packets in one polling body; 20 quick events are one
OUTLET = "outlet"  # where an Engine.IO socket keeps the way out of its client
HEAR = "hear"  # and what takes its events
OWN_EVENTS = ("connect", "disconnect")  # names that python-socketio gives to what happens to a client
QUEUED = 100  # packets that wait in Engine.IO; behind them frames wait in the outlet, which is bounded

# An Engine.IO message that is a Socket.IO event of the default namespace: its id, if it wants an ack, and its content.
_EVENT = re.compile(r"42(\d{0,15})(\[.*\])", re.DOTALL)
_read_list = msgspec.json.Decoder(list[Any]).decode

Payload.max_decode_packets = MAX_POLLED


class _Queue(slots.Queue):
    """Packets of one client: Engine.IO's own queue knows no bound, this one says when it may be filled.

    Once the client's WebSocket carries everything nothing is queued any more: packets are written into its `line`.
    """

    __slots__ = ("has_room", "line")

    def __init__(self) -> None:
        super().__init__()
        self.line: uvicorn_adapter.WebSocketProtocol | None = None
        self.has_room = slots.Flag()

    def put_nowait(self, item: Packet | None) -> None:
        super().put_nowait(item)
        if len(self.items) >= QUEUED:
            self.has_room.clear()

    def get_nowait(self) -> Packet | None:
        item: Packet | None = super().get_nowait()
        if len(self.items) < QUEUED:
            self.has_room.set()
        return item

    async def put(self, item: Packet | None) -> None:
        if self.line is None or item is None:  # None ends whoever waits for packets
            self.put_nowait(item)
        elif self.line.waiting() > outgoing.MAX_WAITING:
            self.line.abort()
        elif not self.line.disconnected:
            encoded = item.encode()
            kind = framing.TEXT if isinstance(encoded, str) else framing.BINARY
            self.line.put(framing.framed(encoded.encode() if isinstance(encoded, str) else encoded, kind))

    def task_done(self) -> None:
        """Engine.IO counts, for `join`."""

    async def join(self) -> None:
        """Does not wait: Engine.IO would, at the end of a request, for a client that may never fetch what is left."""


class _WebSocket(asgi.WebSocket):
    """Engine.IO's WebSocket, which is left out of the way as soon as what was queued before has gone through it."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        self.socket = handler.__self__
        self.line: uvicorn_adapter.WebSocketProtocol | None = None
        self.socket.poll = self._poll

    async def __call__(self, environ: dict[str, Any]) -> Any:
        self.line = uvicorn_adapter.transport_of(environ["asgi.scope"])
        _forget_handshake(environ)
        return await super().__call__(environ)

    async def wait(self) -> str | bytes:
        """The next packet that Engine.IO has to see. Events of a settled client are none: they are heard here."""
        while True:
            packet: str | bytes = await super().wait()
            hear = self.socket.session.get(HEAR)
            if hear is None or self.socket.queue.line is None or not await hear(packet):
                return packet

    async def _poll(self) -> list[Packet]:
        """The next packets to send; it is asked for them when those before have been sent."""
        socket, queue = self.socket, self.socket.queue
        if self.line is None or not socket.upgraded:
            packets: list[Packet] = await AsyncSocket.poll(socket)
            return packets
        if queue.empty() and queue.line is None:
            queue.line = self.line
            if (send_queue := socket.session.get(OUTLET)) is not None:
                send_queue.use_transport(self.line)
        packet = await queue.get()  # without Engine.IO's deadline, which counts on its pings passing through here
        return [] if packet is None else [packet]


class SendQueue(outgoing.SendQueue):
    """Frames as Engine.IO packets: one object for all members, whose encoding is cached."""

    def __init__(self, server: "Server", sid: str, eio_sid: str) -> None:
        super().__init__(server.never)
        self.server, self.sid, self.eio_sid = server, sid, eio_sid
        self.start()
        if (socket := server.eio.sockets.get(eio_sid)) is not None:
            socket.session[OUTLET] = self
            if socket.queue.line is not None:
                self.use_transport(socket.queue.line)

    async def put(self, frame: framing.Frame) -> None:
        socket = self.server.eio.sockets[self.eio_sid]
        if frame.cached is None:
            frame.cached = Packet(MESSAGE, data=frame.text[1:])
        await socket.queue.has_room.wait()
        await socket.send(frame.cached)

    async def close(self, code: int) -> None:
        self.closing = True
        self.stop()
        if code == outgoing.TRY_AGAIN_LATER:  # it does not read, so there is no use in telling it
            if (socket := self.server.eio.sockets.get(self.eio_sid)) is not None:
                await socket.close(wait=False, abort=True)
        else:
            await self.server.disconnect(self.sid)


class Server(socketio.AsyncServer):
    """python-socketio, told to handle one event of a client after the other, and to remember how large each was."""

    def __init__(self) -> None:
        super().__init__(
            async_mode="asgi",
            async_handlers=False,
            cors_allowed_origins=lambda origin, environ: admission.origin_allowed(environ["asgi.scope"]),
            max_http_buffer_size=MAX_MESSAGE,
            ping_interval=PING_INTERVAL,
            ping_timeout=PING_TIMEOUT,
            logger=False,
            engineio_logger=False,
        )
        self.eio.create_queue = lambda *args, **kwargs: _Queue()
        self.eio._async = {**self.eio._async, "websocket": _WebSocket}
        self.sizes: dict[str, int] = {}

    async def never(self, event: dict[str, Any]) -> None:
        raise AssertionError("Socket.IO frames leave through Engine.IO")

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        if isinstance(data, str):
            self._binary_packet.pop(eio_sid, None)  # text is no attachment: the packet that waits for one is given up
        attached = self.sizes.get(eio_sid, 0) if eio_sid in self._binary_packet else 0
        self.sizes[eio_sid] = attached + framing.size(data)
        try:
            await super()._handle_eio_message(eio_sid, data)
        except (ValueError, RecursionError):
            logger.info("a packet of %s could not be read", eio_sid)

    async def _handle_event(self, eio_sid: str, namespace: str | None, id: int | None, data: Any) -> None:
        if not (isinstance(data, list) and data and isinstance(data[0], str)):
            raise ValueError("an event has a name")
        await super()._handle_event(eio_sid, namespace, id, data)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        self.sizes.pop(eio_sid, None)
        await super()._handle_eio_disconnect(eio_sid, reason)
        if reason == self.reason.CLIENT_DISCONNECT and (socket := self.eio.sockets.get(eio_sid)) is not None:
            await socket.queue.put(None)  # ends the poll that is still open, else it would wait for a ping's time


class _Clients(socketio.AsyncNamespace):
    """The default namespace: an EventConnection for each client."""

    def __init__(self, consumer: type[consumers.SocketConsumer]) -> None:
        super().__init__("/")
        self.routes = consumer.routes
        self.clients: dict[str, EventConnection] = {}

    async def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
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
        elif client is not None and event not in OWN_EVENTS:
            size = self.server.sizes.get(self.server.manager.eio_sid_from_sid(sid, self.namespace), 0)
            return await client.receive_event(event, args[0] if args else None, size)
        return None

    async def _open(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        scope = environ["asgi.scope"]
        offer = auth if isinstance(auth, dict) else {}
        token = offer.get("token")
        try:
            identity = await admission.admit(scope, token if isinstance(token, str) else "")
        except tokens.InvalidToken as error:
            raise exceptions.ConnectionRefusedError(str(error)) from None
        eio_sid = self.server.manager.eio_sid_from_sid(sid, self.namespace)
        client = EventConnection(self.routes, scope, SendQueue(self.server, sid, eio_sid), identity)
        self.clients[sid] = client
        try:
            await client.begin()
            socket = self.server.eio.sockets.get(eio_sid)
            if socket is None or socket.closing:  # python-socketio tells nobody of a client that goes before it is in
                raise exceptions.ConnectionRefusedError("gone")
            socket.session[HEAR] = functools.partial(self._hear, client, socket)
        except BaseException:
            del self.clients[sid]
            await client.end()
            raise
        client.recover = bool(offer.get("recover"))

    async def _hear(self, client: EventConnection, socket: AsyncSocket, packet: str | bytes) -> bool:
        """Takes a packet if it is a plain event: between Engine.IO and `trigger_event()` are a task and 170 calls.

        What is anything else, or cannot be read, is left to them.
        """
        found = _EVENT.fullmatch(packet) if isinstance(packet, str) else None
        if found is None or socket.sid in self.server._binary_packet:
            return False
        number, content = found.groups()
        try:
            name, *arguments = _read_list(content)
        except (msgspec.DecodeError, ValueError, RecursionError):
            return False
        if not isinstance(name, str) or name in OWN_EVENTS:
            return False
        ack = await client.receive_event(name, arguments[0] if arguments else None, framing.size(packet))
        if number and not client.send_queue.closing:
            await socket.queue.put(Packet(MESSAGE, f"3{number}[{msgspec.json.encode(ack).decode()}]"))
        return True


def _forget_handshake(environ: dict[str, Any]) -> None:
    """Of a request that lasts as long as its WebSocket; Engine.IO has made a class for its body, which is none."""
    admission.forget_handshake(environ["asgi.scope"], *ASKED_AGAIN)
    del environ["wsgi.input"]
    for name in [name for name in environ if name.startswith(("HTTP_ACCEPT", "HTTP_SEC_", "HTTP_USER_AGENT"))]:
        del environ[name]


def _bounded(receive: Callable[[], Awaitable[dict[str, Any]]]) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Engine.IO reads a polling body to its end before it looks at its size."""
    left = MAX_MESSAGE

    async def limited() -> dict[str, Any]:
        nonlocal left
        message = await receive()
        left -= len(message.get("body", b""))
        return message if left >= 0 else {"type": "http.disconnect"}

    return limited


def door(consumer: type[consumers.SocketConsumer], other: Application) -> Application:
    """An ASGI application that serves Socket.IO at its path, and everything else by `other`."""
    server = Server()
    server.register_namespace(_Clients(consumer))
    engine = admission.with_visitor_cookie(server.handle_request)

    async def application(scope: admission.Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or not (scope["path"] + "/").startswith(PATH + "/"):
            await other(scope, receive, send)
        else:
            await engine(scope, _bounded(receive) if scope["type"] == "http" else receive, send)

    return application
