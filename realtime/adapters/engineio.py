"""Socket.IO over python-socketio and python-engineio, past their writers.

Every frame of a broadcast is already a Socket.IO packet, encoded once for all clients. python-socketio's public
interface knows only `emit`, which encodes again for each client and puts the packet into an unbounded queue. The fast
road puts one shared Engine.IO packet into a bounded queue instead and, once a client's WebSocket carries everything,
writes the frame into the server's transport (decision 0002). It reads and replaces what the two libraries do not
document: `AsyncServer._handle_eio_connect`, `_handle_eio_message`, `_handle_eio_disconnect`, `environ`, `manager` and
`eio`; of Engine.IO's server `_async` (`websocket` and `translate_request` in it), `start_background_task`,
`create_queue` and `sockets`; of its sockets `_send_ping`, `schedule_ping`, `poll`, `queue`, `session`, `connected`,
`upgrading`, `upgraded`, `closed` and `close`.

`engineio_plain` is the plain road. What comes in takes one way on both: `packets.Packet` judges it.
"""

import asyncio
import weakref
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from realtime.adapters import pongs, releases, slots
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.adapters.engineio_plain import LARGE, PlainSendQueue, PlainServer
from realtime.connections import admission
from realtime.delivery import outgoing
from realtime.protocol import framing
from rest import addresses

try:
    from engineio.async_drivers.asgi import WebSocket
    from engineio.async_socket import AsyncSocket
    from engineio.packet import MESSAGE, NOOP
    from engineio.packet import Packet as EnginePacket
except ImportError:  # An untried release may have moved them, and then the fast road below is never taken.
    WebSocket = AsyncSocket = EnginePacket = object
    MESSAGE, NOOP = 4, 6

QUEUED = 100  # packets that wait in Engine.IO; behind them frames wait in the send queue, which is bounded in bytes
SEND_QUEUE = "send_queue"  # the key of an Engine.IO socket's session under which its client's send queue stands
PING = "ping"  # the key there of the task that waits to ping
SENDER = "vitrine.sender"  # the key of a WSGI environment under which the sender of the session's first request stands
NEEDED_LATER = (b"cookie", b"host", b"origin")  # headers that are read again when a client says CONNECT


class FastServer(PlainServer):
    """python-socketio, whose frames go out past it."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.eio.create_queue = lambda *args, **kwargs: _Queue()
        self.eio._async = {**self.eio._async, "websocket": _WebSocket, "translate_request": _environment}
        self.eio.start_background_task = self._start
        self.sessions = addresses.OpenConnections()

    def send_queue(self, sid: str) -> outgoing.SendQueue:
        return FastSendQueue(self, sid, str(self.manager.eio_sid_from_sid(sid, "/")))

    def watch_pongs(self, sid: str, watch: Callable[[float], pongs.Watch]) -> None:
        socket = self.eio.sockets.get(str(self.manager.eio_sid_from_sid(sid, "/")))
        if socket is not None:
            socket.schedule_ping = _AfterPong(socket, watch(self.eio.ping_interval))

    async def drop(self, sid: str) -> None:
        socket = self.eio.sockets.get(str(self.manager.eio_sid_from_sid(sid, "/")))
        await super().drop(sid)
        if socket is not None:
            await socket.queue.put(None)  # This ends whoever sends its packets, and with it a WebSocket.

    async def handle_request(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        try:
            await super().handle_request(scope, receive, send)
        finally:  # Engine.IO looks only once a minute for sessions that have ended.
            for sid in parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sid", ()):
                if (socket := self.eio.sockets.get(sid)) is not None and socket.closed:
                    del self.eio.sockets[sid]

    def _start(self, target: Any, *args: Any) -> "asyncio.Task[Any]":
        """Engine.IO's way to start a task. One that waits to ping would keep a client until then that has gone."""
        task: asyncio.Task[Any] = asyncio.ensure_future(target(*args))
        if getattr(target, "__name__", "") == "_send_ping":
            target.__self__.session[PING] = task
        return task

    def is_full(self, sender: str) -> bool:
        return self.sessions.is_full(sender)

    async def _handle_eio_connect(self, eio_sid: str, environ: dict[str, Any]) -> None:
        await super()._handle_eio_connect(eio_sid, environ)
        self.sessions.add(environ[SENDER])

    async def _handle_eio_message(self, eio_sid: str, data: Any) -> None:
        """Of a session that has ended meanwhile nothing more is handled: python-socketio would fail at it."""
        if eio_sid in self.environ:
            await super()._handle_eio_message(eio_sid, data)

    async def _handle_eio_disconnect(self, eio_sid: str, reason: str) -> None:
        if (environ := self.environ.get(eio_sid)) is not None:
            self.sessions.discard(environ[SENDER])
        if (socket := self.eio.sockets.get(eio_sid)) is not None:
            ping = socket.session.pop(PING, None)
            if ping is not None and ping is not asyncio.current_task():
                ping.cancel()
        await super()._handle_eio_disconnect(eio_sid, reason)
        if reason == self.reason.CLIENT_DISCONNECT and (socket := self.eio.sockets.get(eio_sid)) is not None:
            await socket.queue.put(None)  # This ends the poll that is still open, which would wait for a ping's time.


class FastSendQueue(PlainSendQueue):
    """Sends frames as Engine.IO packets: one object for all clients, whose encoding Engine.IO caches."""

    def __init__(self, server: FastServer, sid: str, eio_sid: str) -> None:
        super().__init__(server, sid)
        self.eio_sid = eio_sid
        if (socket := server.eio.sockets.get(eio_sid)) is not None:
            socket.session[SEND_QUEUE] = self
            if socket.queue.transport is not None:
                self.use_transport(socket.queue.transport)

    async def put(self, frame: framing.Frame) -> None:
        socket = self.server.eio.sockets[self.eio_sid]
        if frame.cached is None:
            frame.cached = EnginePacket(MESSAGE, data=frame.text[1:])
        await socket.queue.has_room.wait()
        await socket.send(frame.cached)

    async def release(self) -> None:
        socket = self.server.eio.sockets.get(self.eio_sid)
        if socket is not None and not socket.upgraded:
            await socket.send(EnginePacket(NOOP))

    async def close(self, code: int) -> None:
        socket = self.server.eio.sockets.get(self.eio_sid)
        if code != outgoing.TRY_AGAIN_LATER:
            await super().close(code)
            if socket is not None and socket.upgraded:  # Its WebSocket would be read on, and nobody would count it.
                await socket.queue.put(None)
            return
        self.closing = True
        self.stop()
        if socket is not None:
            await socket.close(wait=False, abort=True)  # The client does not read, so there is no use in telling it.


class _AfterPong:
    """The `schedule_ping` of an Engine.IO socket, which Engine.IO calls for each pong."""

    __slots__ = ("socket", "watch")

    def __init__(self, socket: AsyncSocket, watch: pongs.Watch) -> None:
        self.socket, self.watch = weakref.ref(socket), watch

    def __call__(self) -> None:
        self.watch.pong()
        if (socket := self.socket()) is not None:
            AsyncSocket.schedule_ping(socket)


class _Queue(slots.Queue):
    """Packets of one client. Engine.IO's own queue has no bound; this one says when it may be filled.

    Once the client's WebSocket carries everything, nothing is queued any more: packets are written into `transport`.
    """

    __slots__ = ("has_room", "transport")

    def __init__(self) -> None:
        super().__init__()
        self.transport: uvicorn_adapter.WebSocketProtocol | None = None
        self.has_room = slots.Flag()

    def put_nowait(self, item: EnginePacket | None) -> None:
        super().put_nowait(item)
        if len(self.items) >= QUEUED:
            self.has_room.clear()

    def get_nowait(self) -> EnginePacket | None:
        item: EnginePacket | None = super().get_nowait()
        if len(self.items) < QUEUED:
            self.has_room.set()
        return item

    async def put(self, item: EnginePacket | None) -> None:
        if self.transport is None or item is None:  # None ends whoever waits for packets.
            self.put_nowait(item)
        elif self.transport.waiting() > outgoing.MAX_WAITING:
            self.transport.abort()
        elif not self.transport.disconnected:
            encoded = item.encode()
            kind = framing.TEXT if isinstance(encoded, str) else framing.BINARY
            self.transport.put(framing.framed(encoded.encode() if isinstance(encoded, str) else encoded, kind))

    def task_done(self) -> None:
        """Engine.IO counts finished items for `join`, which does not wait here."""

    async def join(self) -> None:
        """Returns at once: at the end of a request Engine.IO would wait for a client that may never fetch the rest."""


class _WebSocket(WebSocket):
    """Engine.IO's WebSocket, which is no longer written to once what was queued before has gone through it."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        self.socket = handler.__self__
        self.transport: uvicorn_adapter.WebSocketProtocol | None = None
        self.socket.poll = self._poll

    async def __call__(self, environ: dict[str, Any]) -> Any:
        self.transport = uvicorn_adapter.transport_of(environ["asgi.scope"])
        _forget_handshake(environ)
        is_failed = True
        try:
            answer = await super().__call__(environ)
            is_failed = False
            return answer
        finally:
            await self._end(is_failed)

    async def _end(self, is_failed: bool) -> None:
        """Ends the client with its WebSocket, however that ended. One that was not upgraded to it may go on polling."""
        socket, self.socket = self.socket, None
        del socket.poll  # Each would keep the other.
        if is_failed or socket.upgraded or not socket.connected:
            await socket.close(wait=False, abort=True, reason=socket.server.reason.TRANSPORT_ERROR)
            socket.server.sockets.pop(socket.sid, None)
        socket.upgrading = False

    async def wait(self) -> str | bytes | None:
        """The next message, or None at the end: an exception would keep frames that keep it."""
        if self.transport is not None and LARGE in self.socket.session:
            self.transport.allow_large()
        event = await self.asgi_receive()
        text: str | None = event.get("text")
        return event.get("bytes") if text is None else text

    async def _poll(self) -> list[EnginePacket]:
        """The next packets to send. Engine.IO asks again only when those before have been sent."""
        socket, queue = self.socket, self.socket.queue
        if self.transport is None or not socket.upgraded:
            packets: list[EnginePacket] = await AsyncSocket.poll(socket)
            return packets
        if queue.empty() and queue.transport is None:
            queue.transport = self.transport
            if (send_queue := socket.session.get(SEND_QUEUE)) is not None:
                send_queue.use_transport(self.transport)
        packet = await queue.get()  # Engine.IO's own deadline counts on its pings passing through here.
        return [] if packet is None else [packet]


class _Body:
    """The body of a request, which has been read already."""

    def __init__(self, body: bytes) -> None:
        self.body = body

    async def read(self, length: int | None = None) -> bytes:
        return self.body[:length]


async def _environment(scope: dict[str, Any], receive: Any, send: Any) -> dict[str, Any]:
    """The WSGI environment of a request, of which Engine.IO's own makes a class each time: garbage that is collected.

    It also keeps a first request's `receive` and `send` as long as the session, and they keep what uvicorn knew of it.
    """
    first = await receive()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.get("method", "GET"),
        "QUERY_STRING": scope.get("query_string", b"").decode("latin-1"),
        "PATH_INFO": scope["path"],
        "wsgi.url_scheme": scope.get("scheme", "http"),
        "wsgi.input": _Body(first.get("body", b"")),
        "asgi.receive": receive,
        "asgi.send": send,
        "asgi.scope": scope,
        SENDER: addresses.network_of(str((scope.get("client") or ("", 0))[0])),
    }
    for name, value in scope["headers"]:
        key = name.decode("latin-1").upper().replace("-", "_")
        if key not in ("CONTENT_TYPE", "CONTENT_LENGTH"):
            key = f"HTTP_{key}"
        text = value.decode("latin-1")
        environ[key] = f"{environ[key]},{text}" if key in environ else text
    return environ


def _forget_handshake(environ: dict[str, Any]) -> None:
    """Drops what the environment keeps of the request as long as its WebSocket lasts: a third of an idle connection."""
    admission.forget_handshake(environ["asgi.scope"], *NEEDED_LATER)
    del environ["wsgi.input"]
    for name in [name for name in environ if name.startswith(("HTTP_ACCEPT", "HTTP_SEC_", "HTTP_USER_AGENT"))]:
        del environ[name]


def server(**options: Any) -> PlainServer:
    """A Socket.IO server on the fast road where the installed releases are known, else on the plain one."""
    return FastServer(**options) if releases.is_fast("engineio") else PlainServer(**options)
