"""Coming back to a room: what was missed, in order, or the room as it is now; never a part of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import msgspec
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError

from realtime import errors, rooms, wire
from realtime.delivery import hubs
from realtime.handlers import ProtocolHandler, Reply
from realtime.runtime import threads

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

UNKNOWN = errors.RequestRefused("not_found", "Room not found")  # also of a room that one may not read


class Resume(wire.ClientMessage, tag="resume"):
    """Enters `room` again, where `after` was the last event seen of the log called `epoch`.

    `dialect` says in whose words to be told; the room's own first one where it is left out.
    """

    limit: ClassVar[str] = "join"
    room: wire.Name
    epoch: wire.Key
    after: Annotated[int, msgspec.Meta(ge=-1, le=2**62)]
    dialect: wire.Key | None = None


class Resumed(wire.ServerMessage, tag="resumed"):
    """Everything missed has been told; where `recovered` is false, the `snapshot` before this says how things are."""

    room: str
    recovered: bool
    seq: int
    epoch: str


class Snapshot(wire.ServerMessage, tag="snapshot"):
    """A room as it is now, in the words of the room's protocol."""

    room: str
    state: dict[str, Any]


async def resume(connection: Connection, message: Resume) -> Reply:
    """Enters the room, tells what was missed, and only then lets through what has come since."""
    room, handler = _place(connection, message)
    try:
        entered = await handler.rejoin(room)
    except (ObjectDoesNotExist, PermissionDenied, ValidationError):
        raise UNKNOWN from None
    try:
        return await _catch_up(connection, message, room, handler, entered)
    except Exception:
        # Inside, it would hear what comes next, take it for the next after `after`, and have a hole for ever.
        await connection.leave(room, handler)
        raise


async def _catch_up(
    connection: Connection, message: Resume, room: rooms.Room, handler: ProtocolHandler, entered: Reply
) -> Reply:
    hub, membership = hubs.current().rooms.get(room.key), connection.memberships.get((room.key, handler.dialect))
    if hub is None or membership is None:
        raise errors.RequestRefused("gone", "The connection is closed")
    at = entered.ack["seq"]
    if message.after > at and message.epoch == hub.epoch and await hub.reaches(message.after):
        at = hub.rejoin(membership.subscription).seq
    missed = await hub.tail.between(message.after, at) if message.epoch == hub.epoch else None
    if missed is not None:
        await membership.subscription.replay(hub.tail.frames(missed, membership.subscription, hub.epoch))
        said: tuple[wire.ServerMessage, ...] = ()
    else:
        state = await threads.in_db(room.snapshot, connection.identity, handler.dialect, at)
        said = (Snapshot(room=room.key, state=state),)
    resumed = Resumed(room=room.key, recovered=missed is not None, seq=at, epoch=hub.epoch)
    return Reply(*entered.messages, *said, resumed, recovered=missed is not None, **{**entered.ack, "seq": at})


def _place(connection: Connection, message: Resume) -> tuple[rooms.Room, ProtocolHandler]:
    """The room, and the part of this connection in whose words it is told."""
    try:
        room = rooms.find(message.room)
    except ObjectDoesNotExist:
        raise UNKNOWN from None
    for dialect in [message.dialect] if message.dialect else room.dialects:
        for handler in connection.handlers:
            if handler.dialect == dialect and dialect in room.dialects:
                return room, handler
    raise UNKNOWN
