"""Resuming a room after a loss: the client is told everything it missed, in order, or else a snapshot; never a part.

The position is the pair (epoch, seq) of Centrifugo's history recovery: another epoch means that the log is another.
"""

from typing import Annotated, Any, ClassVar

import msgspec
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError

from realtime import errors, metrics, rooms, wire
from realtime.delivery import hubs
from realtime.handlers import Client, ProtocolHandler, Reply
from realtime.runtime import threads


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


async def resume(client: Client, message: Resume) -> Reply:
    """Enters the room, tells what was missed, and only then lets through what has come since.

    A room that the client may not read answers as one that does not exist: RequestRefused `not_found`.
    """
    try:
        room, handler = _find(client, message)
        entered = await handler.rejoin(room)
    except (ObjectDoesNotExist, PermissionDenied, ValidationError):
        raise errors.RequestRefused("not_found", "Room not found") from None
    try:
        return await _catch_up(client, message, room, handler, entered)
    except Exception:
        # If it stayed in the room, it would take the next event for the one after `after` and have a gap for ever.
        await client.leave(room, handler)
        raise


async def _catch_up(
    client: Client, message: Resume, room: rooms.Room, handler: ProtocolHandler, entered: Reply
) -> Reply:
    hub, membership = hubs.current().rooms.get(room.key), client.memberships.get((room.key, handler.dialect))
    if hub is None or membership is None:
        raise errors.RequestRefused("gone", "The connection is closed")
    at = entered.ack["seq"]
    if message.after > at and message.epoch == hub.epoch and await hub.reaches(message.after):
        at = hub.rejoin(membership.subscription).seq
    missed = await hub.tail.between(message.after, at) if message.epoch == hub.epoch else None
    if missed is not None:
        await membership.subscription.replay(hub.tail.frames(missed, membership.subscription, hub.epoch))
        snapshot: tuple[wire.ServerMessage, ...] = ()
    else:
        state = await threads.in_db(room.snapshot, client.identity, handler.dialect, at)
        snapshot = (Snapshot(room=room.key, state=state),)
    metrics.resumes.add("recovered" if missed is not None else "snapshot")
    resumed = Resumed(room=room.key, recovered=missed is not None, seq=at, epoch=hub.epoch)
    return Reply(*entered.messages, *snapshot, resumed, recovered=missed is not None, **{**entered.ack, "seq": at})


def _find(client: Client, message: Resume) -> tuple[rooms.Room, ProtocolHandler]:
    """The room and the client's handler in whose dialect it is told; raises ObjectDoesNotExist."""
    room = rooms.find(message.room)
    for dialect in [message.dialect] if message.dialect else room.dialects:
        for handler in client.handlers:
            if handler.dialect == dialect and dialect in room.dialects:
                return room, handler
    raise ObjectDoesNotExist("Room not found")
