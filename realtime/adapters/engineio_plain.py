"""Socket.IO by python-socketio's public interface: each frame is an `emit`, and the queues are the library's own."""

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

import msgspec
import socketio

from realtime.adapters import packets, pongs
from realtime.delivery import outgoing
from realtime.protocol import framing

SESSION = "vitrine.session"  # the key of an ASGI scope under which its Engine.IO session stands, once that matters
LARGE = "large"  # the key of an Engine.IO session that stands there where its client may send large messages


class PlainSendQueue(outgoing.SendQueue):
    """Sends each frame by the public `emit`, which encodes it once more.

    Engine.IO's queue has no bound, so a client that does not read is cut off only when it misses a ping.
    """

    def __init__(self, server: "PlainServer", sid: str) -> None:
        super().__init__(_never)
        self.server, self.sid = server, sid
        self.start()

    async def put(self, frame: framing.Frame) -> None:
        name, *arguments = msgspec.json.decode(frame.payload.removeprefix(b"42"))
        await self.server.emit(name, tuple(arguments), to=self.sid)

    async def allow_large(self) -> None:
        await self.server.allow_large(self.sid)

    async def close(self, code: int) -> None:
        """Disconnects the client after what is already waiting; Socket.IO tells it no `code`."""
        self.closing = True
        await self.flush()
        self.stop()
        await self.server.disconnect(self.sid)


class PlainServer(socketio.AsyncServer):
    """python-socketio by its public interface alone. Its queues are as unbounded as the library's own."""

    def __init__(self, attachable: Iterable[str] = (), **options: Any) -> None:
        """`attachable` are the names of the events that take an attachment."""
        serializer = packets.taking(attachable)
        super().__init__(serializer=serializer, engineio_logger=packets.library_log(), **options)

    def send_queue(self, sid: str) -> outgoing.SendQueue:
        """The way out of the client that is connecting as `sid`."""
        return PlainSendQueue(self, sid)

    async def drop(self, sid: str) -> None:
        """Ends the transport under a client that is connecting as `sid`, as a lost network would.

        Engine.IO leaves a WebSocket open then, so its client misses the next ping instead, after a minute and a half.
        """
        await self.eio.disconnect(str(self.manager.eio_sid_from_sid(sid, "/")))

    async def allow_large(self, sid: str) -> None:
        """Lets a client send large messages from now on."""
        eio_sid = str(self.manager.eio_sid_from_sid(sid, "/"))
        self.get_environ(sid)["asgi.scope"][SESSION] = eio_sid  # A WebSocket from the start names no session.
        (await self.eio.get_session(eio_sid))[LARGE] = True

    async def is_large(self, scope: dict[str, Any]) -> bool:
        """Whether a request or WebSocket belongs to a client that may send large messages."""
        named = parse_qs(scope.get("query_string", b"").decode("latin-1")).get("sid", [""])
        try:
            session = await self.eio.get_session(scope.get(SESSION) or named[0])
        except KeyError:
            return False
        return LARGE in session

    def watch_pongs(self, sid: str, watch: Callable[[float], pongs.Watch]) -> None:
        """Has a client's pongs watched. The public interface tells of none: here `ping_timeout` is all there is."""

    def is_full(self, sender: str) -> bool:
        """Whether a sender may open no more sessions. A session that has said CONNECT is counted elsewhere too."""
        return False

    def is_gone(self, sid: str) -> bool:
        """Whether the client has gone while it was being admitted, of which python-socketio tells nobody."""
        try:
            self.transport(sid)
        except KeyError:
            return True
        return False


async def _never(event: dict[str, Any]) -> None:
    raise AssertionError("Socket.IO frames leave through Engine.IO")
