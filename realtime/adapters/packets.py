"""What comes in over Socket.IO, judged before python-socketio handles it.

The class of packets is a documented option of python-socketio (`serializer`), so both roads of the Engine.IO adapter
use it.
"""

import logging
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Self

from socketio import packet

from realtime import wire
from realtime.protocol import framing

logger = logging.getLogger(__name__)

MAX_POLLED = 500  # packets in one polling body; quick events share one
MAX_ATTACHMENTS = 10  # of one event
MAX_ATTACHED = wire.MAX_MESSAGE  # bytes of the attachments of an event that takes none; they are thrown away
LAST_TYPE = 6  # of Engine.IO's packets, protocol revision 4
OVERSIZE = sys.maxsize  # the size of an event that is larger than anybody may send, so that its client is cut off

try:
    from engineio.packet import Packet as EnginePacket
    from engineio.payload import Payload
except ImportError:  # An untried release may have moved them, and then it judges by itself.
    Payload = EnginePacket = None
else:
    # There is no option for this: the library's author tells people to set it so. By itself it loses all events of a
    # polling body of more than 16.
    Payload.max_decode_packets = MAX_POLLED


def is_readable(text: str) -> bool:
    """Whether a WebSocket message is an Engine.IO packet.

    Engine.IO raises at one that is none, past everything that ends a connection: its client would stay for ever.
    """
    if text[:1] == "4" and text[1:2].isdecimal():  # every Socket.IO packet; it is never read as a number
        return True
    return EnginePacket is None or _reads(lambda: [EnginePacket(encoded_packet=text)])


def is_readable_payload(body: bytes) -> bool:
    """Whether a polling body is a payload of Engine.IO packets; Engine.IO would drop all of another one."""
    return Payload is None or _reads(lambda: Payload(encoded_payload=body.decode()).packets)


def _reads(read: Callable[[], list[Any]]) -> bool:
    try:
        return all(each.packet_type <= LAST_TYPE for each in read())
    except Exception:  # It raises whatever what it calls raises: ValueError, KeyError, RecursionError.
        return False


class Unreadable(ValueError):
    """A client has sent a packet that is none. It is dropped, and the connection goes on."""


class EventName(str):
    """The name of a client's event, and what else is known of it.

    The events that python-socketio triggers by itself are plain strings, so no client can forge one.
    """

    size: int  # the bytes that the event came in, attachments included
    is_stripped = False  # It came with attachments that nobody takes, and they have been thrown away.
    is_acked = False  # Its sender waits for an ack.

    @classmethod
    def of(cls, name: str, size: int, is_acked: bool = False) -> Self:
        named = cls(name)
        named.size, named.is_acked = size, is_acked
        return named


class Packet(packet.Packet):
    """A Socket.IO packet (protocol revision 5) that trusts no client: python-socketio would hold what anybody attaches.

    Only one attachment is held, of an event whose message takes it; it may be as long as a message of its connection.
    Others are thrown away as they come, and their event is handed on without them, to be refused.

    An event with more attachments than anybody may send, or with text where an attachment is due, is handed on as one
    of size OVERSIZE, which ends the connection. Socket.IO's reference server ends it too.
    """

    attachable: frozenset[str] = frozenset()  # the names of events that take an attachment
    packet_type: int
    data: Any
    dropped = 0  # bytes of attachments that were thrown away
    left = 0  # attachments to come that will be

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        if "encoded_packet" in options and not options["encoded_packet"]:  # `decode` is not called for these.
            raise Unreadable("an empty packet")

    def decode(self, encoded_packet: Any) -> int:
        """Returns how many attachments are to follow; raises Unreadable."""
        if not isinstance(encoded_packet, str):
            raise Unreadable("a packet that is no text")
        try:
            count: int = super().decode(encoded_packet)
        except (ValueError, RecursionError) as error:
            raise Unreadable("not a Socket.IO packet") from error
        self.size = framing.size(encoded_packet)
        if self.packet_type in (packet.EVENT, packet.BINARY_EVENT):
            if not (isinstance(self.data, list) and self.data and isinstance(self.data[0], str)):
                raise Unreadable("an event without a name")
            self.data[0] = EventName.of(self.data[0], self.size, self.id is not None)
        elif self.packet_type not in (packet.CONNECT, packet.DISCONNECT, packet.ACK, packet.BINARY_ACK):
            raise Unreadable(f"a packet of type {self.packet_type}")
        return self._count_attachments(count)

    def _count_attachments(self, count: int) -> int:
        if count > MAX_ATTACHMENTS and self.packet_type == packet.BINARY_EVENT:
            self.packet_type = packet.EVENT
            self._refuse()
            return 0
        if self.packet_type in (packet.BINARY_EVENT, packet.BINARY_ACK):
            # A packet that waits for an attachment which has no place would take the next packet for it.
            numbers = [repr(number) for number in _placeholders(self.data)]
            if not 0 < count <= MAX_ATTACHMENTS or sorted(numbers) != sorted(map(repr, range(count))):
                raise Unreadable("attachments that have no place")
            if self.packet_type == packet.BINARY_EVENT and (count > 1 or str(self.data[0]) not in self.attachable):
                self.left = count
        return count

    def add_attachment(self, attachment: Any) -> bool:
        """Returns whether the packet is complete."""
        if not isinstance(attachment, bytes):
            return self._refuse()
        if self.left:
            return self._drop(attachment)
        attached = sum(map(len, self.attachments)) + len(attachment)
        if attached > (wire.LARGE_MESSAGE if self.packet_type == packet.BINARY_EVENT else MAX_ATTACHED):
            return self._refuse()
        try:
            complete = bool(super().add_attachment(attachment))
        except RecursionError:
            return self._refuse()
        if complete and self.packet_type == packet.BINARY_EVENT:
            self.data[0].size += attached
        return complete

    def _drop(self, attachment: bytes) -> bool:
        self.dropped += len(attachment)
        self.left -= 1
        if self.dropped > MAX_ATTACHED:
            return self._refuse()
        if not self.left:
            del self.data[1:]
            self.data[0].size += self.dropped
            self.data[0].is_stripped = True
        return not self.left

    def _refuse(self) -> bool:
        self.attachments.clear()
        self.data = [EventName.of("", OVERSIZE)]
        return True


def taking(names: Iterable[str]) -> type[Packet]:
    """The class of packets for an endpoint on which events of these names take an attachment."""
    return type("Packet", (Packet,), {"attachable": frozenset(names)})


def _placeholders(value: Any) -> Iterator[Any]:
    """The numbers of the attachments that `value` has places for."""
    left = [value]
    while left:
        each = left.pop()
        if isinstance(each, dict) and each.get("_placeholder") and "num" in each:
            yield each["num"]
        elif isinstance(each, dict):
            left.extend(each.values())
        elif isinstance(each, list):
            left.extend(each)


class _ClientsFaults(logging.Filter):
    """Takes out of Engine.IO's log what a client is to blame for: else anybody could fill it with tracebacks.

    Both libraries raise a bare ValueError for what they cannot read.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if type(error) not in (ValueError, Unreadable):
            return True
        logger.info("a packet could not be read: %s", error if isinstance(error, Unreadable) else type(error).__name__)
        return False


_clients_faults = _ClientsFaults()


def library_log() -> logging.Logger:
    log = logging.getLogger("engineio.server")
    log.setLevel(logging.ERROR)
    log.addFilter(_clients_faults)
    return log
