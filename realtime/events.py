"""What the log stores: one internal record per fact, which each protocol renders in its own words."""

from collections.abc import Collection, Iterable
from typing import Any

import msgspec

from realtime import wire


class BaseEvent(msgspec.Struct, tag_field="fact"):
    """Something that happened, as the log and the broker carry it; see its subclasses.

    A subclass gives its tag, its fields, and a method for each dialect that has words for it, named as the dialect:
    `def bazaar(self) -> wire.ServerMessage`. A dialect without a method is told nothing of the event. Tags and field
    names are stored, so renaming one needs a migration of the log.
    """


class Event(BaseEvent):
    """A durable event: it is stored in the room's log, numbered, and told again to clients that resume."""

    def redacts(self) -> Collection[int]:
        """The numbers of the earlier events of the same room that this one takes back."""
        return ()


class Final(Event):
    """A durable event after which its addressees have left the room."""


class Redacted(Event, tag="redacted"):
    """Takes back earlier events of the room and has no words of its own."""

    seqs: list[int]

    def redacts(self) -> list[int]:
        return self.seqs


class Transient(BaseEvent):
    """Told to those who are connected now, neither stored nor resumed: reactions, pointers, WebRTC signals."""

    def capped(self, room: str) -> "Transient | None":
        """What the subscribers of `room` in this process may see of an event from another process, or None."""
        return self

    def min_interval(self) -> float:
        """The least number of seconds between two such events in one room; the newest wins, and 0 tells each."""
        return 0.0


class Latest(Transient):
    """A value of which only the newest matters, such as a count: an older reading is never told after a newer."""


class Personalisation(Transient):
    """Changes to whom personal messages apply; it has no words of its own."""

    def applies_to(self, personal_key: str) -> bool | None:
        """Whether personal messages apply to the subscriber with this key from now on; None changes nothing."""
        return None


_decoders: dict[str, msgspec.json.Decoder[Any]] = {}


class _Tag(msgspec.Struct):
    fact: str


_read_tag = msgspec.json.Decoder(_Tag).decode


def _tree(cls: type[BaseEvent]) -> Iterable[type[BaseEvent]]:
    for child in cls.__subclasses__():
        yield child
        yield from _tree(child)


def encode(event: BaseEvent) -> str:
    return msgspec.json.encode(event).decode()


def decode(body: str) -> BaseEvent:
    """Raises KeyError for a fact this version of the server does not know."""
    tag = _read_tag(body).fact
    if tag not in _decoders:
        _decoders.update({str(cls.__struct_config__.tag): msgspec.json.Decoder(cls) for cls in _tree(BaseEvent)})
    event: BaseEvent = _decoders[tag].decode(body)
    return event


def render(event: BaseEvent, dialect: str) -> tuple[wire.ServerMessage, ...]:
    """The messages that tell `event` in `dialect`; none where that protocol has no words for it."""
    speak = getattr(event, dialect, None)
    messages = speak() if speak else None
    if messages is None:
        return ()
    return (messages,) if isinstance(messages, wire.ServerMessage) else tuple(messages)
