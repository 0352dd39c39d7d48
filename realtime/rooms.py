"""Kinds of rooms: whom a room admits, what it tells, and what it hears of those who come and go."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, overload

from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from realtime import event_log, events
from realtime.models import Presence, Restriction, RoomEvent
from realtime.storage.outbox import PendingEvent

_kinds: dict[str, type["Room"]] = {}


class Room:
    """One room. A subclass is a kind of room, registered by its `kind`; its key on the wire is `<kind>:<id>`."""

    kind: ClassVar[str]
    ids: ClassVar[str] = r"[\w.-]{1,64}"  # A regular expression: a room has one spelling, any other one is unknown.
    dialects: ClassVar[tuple[str, ...]] = ()  # Its events can be rendered in these; the first is the default.
    retention: ClassVar[timedelta | None] = None  # Its events are kept so long; None keeps them as long as the room.
    only_resumable: ClassVar[bool] = False  # No more events are kept than settings.RECOVERY_EVENTS.
    admin_page: ClassVar[str] = ""  # The name of the admin's address, where `titles` has any.

    def __init_subclass__(cls) -> None:
        if _kinds.setdefault(cls.kind, cls) is not cls:
            raise TypeError(f"two kinds of rooms are called {cls.kind}")

    def __init__(self, id: object) -> None:
        self.id = str(id)

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.id}"

    @classmethod
    def titles(cls, ids: Sequence[str]) -> dict[str, str] | None:
        """What staff call those rooms of these ids that there are; None for a kind whose rooms have no names."""
        return None

    def admits(self, identity: identities.Identity) -> str:
        """The role in which `identity` may be here.

        Raises ObjectDoesNotExist for a room it may not know of, PermissionDenied for one it may know but not enter.
        """
        raise NotImplementedError

    def keeps(self, identity: identities.Identity, role: str) -> str:
        """The role in which someone stays who is here in `role`, now that another `identity` is all they can prove.

        Raises as `admits` does for someone who may stay no longer.
        """
        return self.admits(identity)

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        """The names by which `to` and `but` mean `identity` here; by default its proven address.

        It is called after `admits`, on the event loop: it must not ask the database.
        """
        return frozenset({identity.address})

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        """The room as it is now, as JSON, for someone who missed more than the log can replay.

        Events after `upto` will still be told, so lists of events must end there.
        """
        return {}

    def presence_count(self) -> events.Latest | None:
        """How many are here, told whenever someone comes or goes; a room that does not override it tells nothing."""
        return None

    @property
    def is_counted(self) -> bool:
        return type(self).presence_count is not Room.presence_count

    def entered(self, presences: Sequence[Presence]) -> None:
        """Called with those who have come, inside the transaction that stores them."""

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        """Called with those who have gone, inside the transaction; `at` is when, if that was not just now."""

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
        """Tells everyone here how something stands after this transaction; see event_log.tell_latest."""
        event_log.tell_latest(self.key, name, read, **how)


def known(key: str) -> Room | None:
    """The room of a key, or None where this release has no such kind of room, or the kind spells no id so."""
    kind, _, name = key.partition(":")
    cls = _kinds.get(kind)
    return cls(name) if cls is not None and re.fullmatch(cls.ids, name, re.ASCII) else None


def find(key: str) -> Room:
    """The room of a key; raises ObjectDoesNotExist where there can be no such room."""
    room = known(key)
    if room is None:
        raise ObjectDoesNotExist("Room not found")
    return room


def enter(room: Room, identity: identities.Identity) -> str:
    """The role in which `identity` enters `room`; raises what `Room.admits` raises, and models.Banned."""
    role = room.admits(identity)
    Restriction.check_may_enter(identity, room.key)
    return role


def remain(room: Room, identity: identities.Identity, role: str) -> str:
    """As `enter`, for someone who is there in `role` and has become `identity`."""
    kept = room.keeps(identity, role)
    Restriction.check_may_enter(identity, room.key)
    return kept


def prune() -> dict[str, int]:
    """Deletes events that are older than their kind's retention; returns how many of each kind."""
    deleted = {}
    for kind, cls in sorted(_kinds.items()):
        if cls.retention is not None:
            deleted[kind] = RoomEvent.objects.forget(f"{kind}:", cls.retention)
    return deleted


def trim() -> dict[str, int]:
    """Deletes events that nobody can resume any more, in the kinds of rooms that keep no others; returns how many."""
    return {
        kind: RoomEvent.objects.trim(f"{kind}:", settings.RECOVERY_EVENTS)
        for kind, cls in sorted(_kinds.items())
        if cls.only_resumable
    }
