"""What the log stores: one internal record per fact, which each protocol renders in its own words."""

from collections.abc import Collection, Iterable
from typing import Any, ClassVar

import msgspec

from realtime import wire


class Event(msgspec.Struct, tag_field="fact"):
    """One fact, as the log and the channel layer carry it.

    A subclass gives its tag and a method per dialect that has words for it, named as the dialect:
    `def bazaar(self) -> wire.ServerMessage`. A dialect without a method hears nothing of this fact.
    """

    durable: ClassVar[bool] = True  # False: told to those who are there, neither logged nor resumed
    marking: ClassVar[bool] = False  # True: `marks` is asked for each member
    final: ClassVar[bool] = False  # True: whoever hears it is in the room no longer
    gauge: ClassVar[bool] = False  # True: says how something stands, so that an older one need not be told. Passing

    def redacts(self) -> Collection[int]:
        """The numbers of the earlier events of the same room that this one takes back."""
        return ()

    def marks(self, personal_key: str) -> bool | None:
        """Whether personal messages mean the member of this name from now on; None changes nothing. Passing records."""
        return None

    def capped(self, room: str) -> "Event | None":
        """What of it the members of `room` may be told by a process that has told them what it had itself.

        Passing records only.
        """
        return self

    def pace(self) -> float:
        """Seconds between two of this kind in one room, the newest winning; 0 tells each. Passing records only."""
        return 0.0


_decoders: dict[str, msgspec.json.Decoder[Any]] = {}


class _Tag(msgspec.Struct):
    fact: str


_read_tag = msgspec.json.Decoder(_Tag).decode


def _tree(cls: type[Event]) -> Iterable[type[Event]]:
    for child in cls.__subclasses__():
        yield child
        yield from _tree(child)


def encode(event: Event) -> str:
    return msgspec.json.encode(event).decode()


def decode(body: str) -> Event:
    """Raises KeyError for a fact this version of the server does not know."""
    tag = _read_tag(body).fact
    if tag not in _decoders:
        _decoders.update({str(cls.__struct_config__.tag): msgspec.json.Decoder(cls) for cls in _tree(Event)})
    event: Event = _decoders[tag].decode(body)
    return event


def render(event: Event, dialect: str) -> tuple[wire.ServerMessage, ...]:
    """The messages that tell `record` in `dialect`; none where that protocol has no words for it."""
    speak = getattr(event, dialect, None)
    said = speak() if speak else None
    if said is None:
        return ()
    return (said,) if isinstance(said, wire.ServerMessage) else tuple(said)
