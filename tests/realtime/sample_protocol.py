"""A small protocol and rooms of no domain, for tests of the kernel itself."""

from typing import Annotated, ClassVar

import msgspec
from django.core.exceptions import ObjectDoesNotExist

from accounts import identity as identities
from realtime import consumers, errors, events, handlers, rooms, wire
from realtime.connections import core
from realtime.models import Presence


class Noted(events.Event, tag="test-noted"):
    """Something durable."""

    n: int
    text: str = ""

    def plain(self) -> "Note":
        return Note(n=self.n)


class Loud(events.Event, tag="test-loud"):
    """Something long."""

    n: int
    text: str

    def plain(self) -> "LongNote":
        return LongNote(n=self.n, text=self.text)


class Retracted(events.Event, tag="test-retracted"):
    """An earlier event taken back."""

    taken_back: int

    def redacts(self) -> list[int]:
        return [self.taken_back]


class Passed(events.Transient, tag="test-passed"):
    """Something for those who are there; `every` is its pace."""

    n: int
    every: float = 0.0

    def min_interval(self) -> float:
        return self.every

    def plain(self) -> "Note":
        return Note(n=self.n)


class Counted(events.Latest, tag="test-counted"):
    n: int

    def plain(self) -> "Note":
        return Note(n=self.n)


class Unspeakable(events.Event, tag="test-unspeakable"):
    """A record whose rendering fails."""

    def plain(self) -> "Note":
        raise ZeroDivisionError("no words")


class TestRoom(rooms.Room):
    """Open to all but one."""

    kind = "test"
    __test__ = False

    def admits(self, identity: identities.Identity) -> str:
        if self.id == "unknown":
            raise ObjectDoesNotExist("Room not found")
        return "member"

    def presence_count(self) -> Counted:
        return Counted(n=Presence.objects.live().filter(room=self.key).count())


class Note(wire.ServerMessage, tag="note"):
    n: int


class LongNote(wire.ServerMessage, tag="note"):
    n: int
    text: str


class Enter(wire.ClientMessage, tag="enter"):
    room: wire.Key


class Echo(wire.ClientMessage, tag="echo"):
    bare: ClassVar[str | None] = "n"
    n: Annotated[int, msgspec.Meta(ge=0)]


class Fail(wire.ClientMessage, tag="fail"):
    """Makes its handler raise something that nobody foresaw."""


class Sorry(wire.ServerMessage, tag="sorry"):
    code: str


class Plain(handlers.ProtocolHandler):
    """The test protocol."""

    dialect = "plain"

    @handlers.on(Enter)
    async def enter(self, message: Enter) -> handlers.Reply:
        return await self.connection.join(TestRoom(message.room), self)

    @handlers.on(Echo)
    async def echo(self, message: Echo) -> handlers.Reply:
        return handlers.Reply(Note(n=message.n))

    @handlers.on(Fail)
    async def fail(self, message: Fail) -> None:
        raise ZeroDivisionError("nobody foresaw this")

    def refuse(self, refusal: errors.RequestRefused) -> Sorry:
        return Sorry(code=refusal.code)


class Endpoint(consumers.SocketConsumer):
    protocols = (core.CoreHandler, Plain)
