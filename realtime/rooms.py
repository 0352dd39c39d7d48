"""The kinds of rooms there are: who is admitted to one, and what it says of those who are in it."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, overload

from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from realtime import event_log, events
from realtime.models import Presence, Restriction, RoomEvent
from realtime.storage.outbox import PendingEvent

_kinds: dict[str, type["Room"]] = {}


class Room:
    """One room. A subclass is a kind of room, registered by its `kind`; its key on the wire is `<kind>:<id>`."""

    kind: ClassVar[str]
    dialects: ClassVar[tuple[str, ...]] = ()  # in which it can be told; the first is for those who name none
    retention: ClassVar[timedelta | None] = None  # how long its events are kept; None: as long as the room

    def __init_subclass__(cls) -> None:
        if _kinds.setdefault(cls.kind, cls) is not cls:
            raise TypeError(f"two kinds of rooms are called {cls.kind}")

    def __init__(self, id: object) -> None:
        self.id = str(id)

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    def admits(self, identity: identities.Identity) -> str:
        """The role in which `identity` may be here.

        Raises ObjectDoesNotExist for a room it may not know of, PermissionDenied for one it may know but not enter.
        """
        raise NotImplementedError

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        """By which names `to` and `but` mean `identity` here. Asked once it was admitted; no time for the database."""
        return frozenset({identity.key})

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        """The room as it is now, for someone who missed more than can be told.

        What the log tells after event `upto` will be told: lists of events end there.
        """
        return {}

    def presence_count(self) -> events.Latest | None:
        """A passing record of how many are here now, told whenever someone comes or goes; None tells nothing."""
        return None

    @property
    def is_counted(self) -> bool:
        return type(self).presence_count is not Room.presence_count

    def entered(self, presences: Sequence[Presence]) -> None:
        """Hears, inside the transaction, who has come."""

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        """Hears, inside the transaction, who has gone, and when if that was not just now."""

    @overload
    def tell(self, event: events.Transient, *, to: str = ..., but: str = ...) -> None: ...

    @overload
    def tell(self, event: events.Event, **how: Any) -> PendingEvent: ...

    @overload
    def tell(self, event: events.BaseEvent, **how: Any) -> PendingEvent | None: ...

    def tell(self, event: Any, **how: Any) -> PendingEvent | None:
        """Tells everyone here; see event_log.tell for `author`, `op`, `to` and `but`."""
        pending: PendingEvent | None = event_log.tell(self.key, event, **how)
        return pending

    def tell_latest(self, name: str, read: Callable[[], events.Latest], **how: Any) -> None:
        """Tells everyone here how something stands after this transaction; see log.gauge, also for `store`."""
        event_log.tell_latest(self.key, name, read, **how)


def known(key: str) -> Room | None:
    """The room of a key; None for a key of no kind of this release."""
    kind, _, name = key.partition(":")
    return _kinds[kind](name) if kind in _kinds else None


def find(key: str) -> Room:
    """The room of a key; raises ObjectDoesNotExist for a key of no kind."""
    room = known(key)
    if room is None:
        raise ObjectDoesNotExist("Room not found")
    return room


def enter(room: Room, identity: identities.Identity) -> str:
    """The role in which `identity` enters `room`, unless it is banned."""
    role = room.admits(identity)
    Restriction.check_may_enter(identity, room.key)
    return role


def prune() -> dict[str, int]:
    """Deletes what each kind of room does not keep any longer; returns how many events of each are gone."""
    forgotten = {}
    for kind, cls in sorted(_kinds.items()):
        if cls.retention is not None:
            forgotten[kind] = RoomEvent.objects.forget(f"{kind}:", cls.retention)
    return forgotten
