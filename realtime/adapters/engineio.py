"""Socket.IO over python-socketio and python-engineio: as they come, and past their writers.

Every frame of a broadcast is already a Socket.IO packet, encoded once for all clients. python-socketio's public
interface knows only `emit`, which encodes again for each client and puts the packet into an unbounded queue. The fast
road puts one shared Engine.IO packet into a bounded queue instead and, once a client's WebSocket carries everything,
writes the frame into the server's transport (decision 0002). It reads and replaces what the two libraries do not
document: `AsyncServer._handle_eio_message`, `_handle_event`, `_handle_eio_disconnect`, `_binary_packet`; of Engine.IO's
server `_async`, `create_queue` and `sockets`; of its sockets `poll`, `queue`, `session`, `upgraded`, `closing`, `send`
and `close`.
"""

import json
import logging
from typing import Any

import msgspec
import socketio
from engineio.async_drivers import asgi
from engineio.async_socket import AsyncSocket
from engineio.packet import MESSAGE, Packet
from socketio.packet import Packet as SocketIOPacket

from realtime.adapters import releases, slots
from realtime.adapters import uvicorn as uvicorn_adapter
from realtime.connections import admission
from realtime.delivery import outgoing
from realtime.protocol import framing

logger = logging.getLogger(__name__)

MAX_ATTACHMENTS = 10  # of one event
MAX_ATTACHED = 256 * 1024  # bytes of the attachments of one event, which wait until the last has come
QUEUED = 100  # packets that wait in Engine.IO; behind them frames wait in the send queue, which is bounded in bytes
SEND_QUEUE = "send_queue"  # the key of an Engine.IO socket's session under which its client's send queue stands
NEEDED_LATER = (b"cookie", b"host", b"origin")  # headers that are read again when a client says CONNECT


class TooMuchAttached(ValueError):
    """A packet announces or brings more attachments than anybody may have held for them."""


class BoundedPacket(SocketIOPacket):
    """A Socket.IO packet with a bound on what waits for it: python-socketio holds whatever a client attaches.

    The bounds hold on both roads, for the class of packets is a documented option (`serializer`).
    """

    def decode(self, encoded_packet: str) -> int:
        count: int = super().decode(encoded_packet)
        if count > MAX_ATTACHMENTS:
            raise TooMuchAttached(f"{count} attachments")
        return count

    def add_attachment(self, attachment: bytes) -> bool:
        if sum(map(len, self.attachments)) + len(attachment) > MAX_ATTACHED:
            self.attachments.clear()
            raise TooMuchAttached("attachments are too large")
        return bool(super().add_attachment(attachment))


class PlainSendQueue(outgoing.SendQueue):
    """Sends each frame by the public `emit`, which encodes it once more."""

    def __init__(self, server: socketio.AsyncServer, sid: str) -> None:
        super().__init__(_never)
        self.server, self.sid = server, sid
        self.start()

    async def put(self, frame: framing.Frame) -> None:
        name, *arguments = msgspec.json.decode(frame.payload.removeprefix(b"42"))
        await self.server.emit(name, tuple(arguments), to=self.sid)

    async def close(self, code: int) -> None:
        self.closing = True
        self.stop()
        await self.server.disconnect(self.sid)


class PlainServer(socketio.AsyncServer):
    """python-socketio by its public interface alone. Its queues are as unbounded as the library's own."""

    def send_queue(self, sid: str) -> outgoing.SendQueue:
        """The way out of the client that is connecting as `sid`."""
        return PlainSendQueue(self, sid)

    def size_of(self, sid: str, event: str, arguments: tuple[Any, ...]) -> int:
        """Bytes of the event that is being handled; attachments count."""
        attached: list[bytes] = []
        text = json.dumps([event, *arguments], default=lambda attachment: None, ensure_ascii=False)
        _collect_bytes(arguments, attached)
        return framing.size(text) + sum(map(len, attached))

    def is_gone(self, sid: str) -> bool:
        """Whether the client has gone while it was being admitted, of which python-socketio tells nobody."""
        try:
            self.transport(sid)
        except KeyError:
            return True
        return False


def _collect_bytes(value: Any, found: list[bytes]) -> None:
    if isinstance(value, bytes):
        found.append(value)
    elif isinstance(value, dict):
        for inner in value.values():
            _collect_bytes(inner, found)
    elif isinstance(value, list | tuple):
        for inner in value:
            _collect_bytes(inner, found)


async def _never(event: dict[str, Any]) -> None:
    raise AssertionError("Socket.IO frames leave through Engine.IO")


# --- the fast road


class FastServer(PlainServer):
    """python-socketio, whose frames go out past it, and which survives packets that make no sense."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.eio.create_queue = lambda *args, **kwargs: _Queue()
        self.eio._async = {**self.eio._async, "websocket": _WebSocket}
        self.sizes: dict[str, int] = {}  # of the message that each Engine.IO socket sent last, with its attachments

    def send_queue(self, sid: str) -> outgoing.SendQueue:
        return FastSendQueue(self, sid, self._eio_sid(sid))

    def size_of(self, sid: str, event: str, arguments: tuple[Any, ...]) -> int:
        return self.sizes.get(self._eio_sid(sid), 0)

    def is_gone(self, sid: str) -> bool:
        socket = self.eio.sockets.get(self._eio_sid(sid))
        return socket is None or bool(socket.closing)

    def _eio_sid(self, sid: str) -> str:
        return str(self.manager.eio_sid_from_sid(sid, "/"))

    async def _handle_eio_message(self, eio_sid: str, data: str | bytes) -> None:
        if isinstance(data, str):
            self._binary_packet.pop(eio_sid, None)  # Text is no attachment: the packet that waits for one is given up.
        attached = self.sizes.get(eio_sid, 0) if eio_sid in self._binary_packet else 0
        self.sizes[eio_sid] = attached + framing.size(data)
        try:
            await super()._handle_eio_message(eio_sid, data)
        except TooMuchAttached as error:
            logger.info("a packet of %s was refused: %s", eio_sid, error)
            self._binary_packet.pop(eio_sid, None)
            await self.eio.disconnect(eio_sid)
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
            await socket.queue.put(None)  # This ends the poll that is still open, which would wait for a ping's time.


class FastSendQueue(outgoing.SendQueue):
    """Sends frames as Engine.IO packets: one object for all clients, whose encoding Engine.IO caches."""

    def __init__(self, server: FastServer, sid: str, eio_sid: str) -> None:
        super().__init__(_never)
        self.server, self.sid, self.eio_sid = server, sid, eio_sid
        self.start()
        if (socket := server.eio.sockets.get(eio_sid)) is not None:
            socket.session[SEND_QUEUE] = self
            if socket.queue.transport is not None:
                self.use_transport(socket.queue.transport)

    async def put(self, frame: framing.Frame) -> None:
        socket = self.server.eio.sockets[self.eio_sid]
        if frame.cached is None:
            frame.cached = Packet(MESSAGE, data=frame.text[1:])
        await socket.queue.has_room.wait()
        await socket.send(frame.cached)

    async def close(self, code: int) -> None:
        self.closing = True
        self.stop()
        if code == outgoing.TRY_AGAIN_LATER:  # The client does not read, so there is no use in telling it.
            if (socket := self.server.eio.sockets.get(self.eio_sid)) is not None:
                await socket.close(wait=False, abort=True)
        else:
            await self.server.disconnect(self.sid)


class _Queue(slots.Queue):
    """Packets of one client. Engine.IO's own queue has no bound; this one says when it may be filled.

    Once the client's WebSocket carries everything, nothing is queued any more: packets are written into `transport`.
    """

    __slots__ = ("has_room", "transport")

    def __init__(self) -> None:
        super().__init__()
        self.transport: uvicorn_adapter.WebSocketProtocol | None = None
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


class _WebSocket(asgi.WebSocket):
    """Engine.IO's WebSocket, which is no longer written to once what was queued before has gone through it."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        self.socket = handler.__self__
        self.transport: uvicorn_adapter.WebSocketProtocol | None = None
        self.socket.poll = self._poll

    async def __call__(self, environ: dict[str, Any]) -> Any:
        self.transport = uvicorn_adapter.transport_of(environ["asgi.scope"])
        _forget_handshake(environ)
        return await super().__call__(environ)

    async def _poll(self) -> list[Packet]:
        """The next packets to send. Engine.IO asks again only when those before have been sent."""
        socket, queue = self.socket, self.socket.queue
        if self.transport is None or not socket.upgraded:
            packets: list[Packet] = await AsyncSocket.poll(socket)
            return packets
        if queue.empty() and queue.transport is None:
            queue.transport = self.transport
            if (send_queue := socket.session.get(SEND_QUEUE)) is not None:
                send_queue.use_transport(self.transport)
        packet = await queue.get()  # Engine.IO's own deadline counts on its pings passing through here.
        return [] if packet is None else [packet]


def _forget_handshake(environ: dict[str, Any]) -> None:
    """Drops what the environment keeps of the request as long as its WebSocket lasts: a third of an idle connection."""
    admission.forget_handshake(environ["asgi.scope"], *NEEDED_LATER)
    del environ["wsgi.input"]  # Engine.IO has made a class for the body of a request that has none.
    for name in [name for name in environ if name.startswith(("HTTP_ACCEPT", "HTTP_SEC_", "HTTP_USER_AGENT"))]:
        del environ[name]


def server(**options: Any) -> PlainServer:
    """A Socket.IO server on the fast road where the installed releases are known, else on the plain one."""
    options["serializer"] = BoundedPacket
    return FastServer(**options) if releases.is_fast("engineio") else PlainServer(**options)
