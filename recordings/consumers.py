"""ShopAloud on sockets."""

import dataclasses
import time
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, ClassVar

import msgspec
from msgspec.structs import asdict

from accounts import guests
from accounts import identity as identities
from realtime import consumers, database, errors, handlers, limits
from recordings import wire
from recordings.feed import Feed, encoded
from recordings.models import Consent, Participant
from recordings.rooms import RecordingRoom

NOBODY = "Say user:connected first"
NOT_YOURS = "This connection records somebody else"


class Shopaloud(handlers.ProtocolHandler):
    """ShopAloud's events. A connection records one participant, and only they, or who can prove to be them, feed it."""

    dialect = "shopaloud"
    vocabulary: ClassVar[ModuleType] = wire

    def __init__(self, client: handlers.Client) -> None:
        super().__init__(client)
        self.feed: Feed | None = None
        self.visitor = ""  # whom a ticket proved the client to be
        self.position: dict[str, Any] = {}  # where the room's log stood when the client joined

    @property
    def identity(self) -> identities.Identity:
        identity = self.connection.identity
        return dataclasses.replace(identity, visitor=self.visitor) if self.visitor else identity

    async def closed(self) -> None:
        feed, self.feed = self.feed, None  # Each keeps the other.
        if feed is not None:
            await feed.close()

    # --- who it is, and whether they agree

    @handlers.on(wire.UserConnected)
    async def user_connected(self, message: wire.UserConnected) -> handlers.Reply:
        self.visitor = guests.read(message.ticket) or self.visitor
        feed = await self._bind(message.username)
        recording = await self._recording(feed)
        ticket, _ = guests.issue(self.identity.visitor)
        part = feed.part if recording else None
        return handlers.Reply(recording=recording, part=part, ticket=ticket, **self.position)

    @handlers.on(wire.Consent)
    async def recording_consent(self, message: wire.Consent) -> handlers.Reply:
        at = None if message.at is None else datetime.fromtimestamp(message.at / 1000, UTC)
        participant = None if self.feed is None else self.feed.participant
        if self.feed is not None and message.declined:
            await self.feed.settle(forget=True)
        await database.in_db(Consent.objects.record, self.identity, message.version, at, message.declined, participant)
        if self.feed is None:
            return handlers.Reply(recording=None)
        self.feed.reconsider(message.declined)
        recording = None if message.declined else await self._recording(self.feed)
        return handlers.Reply(recording=recording, part=self.feed.part if recording else None)

    async def _recording(self, feed: Feed) -> str | None:
        """The recording that goes on or begins now. An old client begins it with the first thing that it sends."""
        if self.connection.framing is not None and not await database.in_db(feed.is_expected):
            return None
        try:
            return await feed.begin()
        except errors.RequestRefused as refusal:
            if refusal.code != "consent_required":
                raise
            return None

    async def _bind(self, username: str | None) -> Feed:
        """Who is recorded here. The first name decides; another one is somebody else's recording."""
        feed = self.feed
        if feed is None:
            if username is None:
                raise errors.RequestRefused("not_found", NOBODY)
            participant = await database.in_db(Participant.objects.claim, username, self.identity)
            room = RecordingRoom.of(participant, self.identity)
            if room.is_proved:
                self.position = (await self.connection.join(room, self)).ack
            await self.connection.allow_large()
            feed = self.feed = Feed(participant, lambda: self.identity, self._tell_refused)
        if username not in (None, feed.participant.pk):
            raise errors.RequestRefused("forbidden", NOT_YOURS)
        return feed

    # --- what is recorded

    @handlers.on_binary(wire.RecordingStart)
    async def recording_start(self, message: wire.RecordingStart) -> handlers.Reply | handlers.Later:
        feed = await self._admit(message)
        recording = await feed.begin()
        at_ms = int(time.time() * 1000 if message.timestamp is None else message.timestamp)
        part = feed.part if message.part is None else message.part
        reply = handlers.Reply(recording=recording, part=part)
        if not message.data:
            return reply
        if message.number is None:
            return handlers.Later(await feed.hear(message.data, part, at_ms), reply)
        piece = {"kind": "audio", "data": message.data, "first_ms": at_ms, "last_ms": at_ms, "part": part}
        return handlers.Later(await feed.store(number=message.number, **piece), reply)

    @handlers.on(wire.Events)
    async def recording_events(self, message: wire.Events) -> handlers.Later | None:
        feed = await self._admit(message)
        await feed.see_page(message.url or "")
        told = wire.summary(message.events)
        if told is None:
            return None
        events = bytes(message.events)
        return handlers.Later(await feed.store(kind="events", data=events, number=message.number, **asdict(told)))

    @handlers.on(wire.VideoStream)
    async def videostream_start(self, message: wire.VideoStream) -> handlers.Later | None:
        feed = await self._admit(message)
        if not feed.url:
            await feed.see_page(wire.page(message.data))
        return await self._record(feed, "videoStream:start", message.data)

    @handlers.on(wire.DomMutation)
    async def dom_mutation(self, message: wire.DomMutation) -> handlers.Later | None:
        return await self._record(await self._admit(message), "dom:mutation", message.data)

    @handlers.on(wire.MousePosition)
    async def mouse_position(self, message: wire.MousePosition) -> handlers.Later | None:
        return await self._record(await self._admit(message), "mouse:position", message.data)

    @handlers.on(wire.ScrollPosition)
    async def scroll_position(self, message: wire.ScrollPosition) -> handlers.Later | None:
        return await self._record(await self._admit(message), "scroll:position", message.data)

    @handlers.on(wire.ClickEvent)
    async def click_event(self, message: wire.ClickEvent) -> handlers.Later | None:
        return await self._record(await self._admit(message), "click:event", message.data)

    @handlers.on_any(wire.Other)
    async def other(self, message: wire.Other) -> handlers.Later | None:
        assert self.feed is not None  # or `takes` would not have taken it
        self._throttle()
        payload = message.args[0] if len(message.args) == 1 else message.args or None
        return await self._record(self.feed, message.name, encoded(payload))

    def takes(self, name: str) -> bool:
        """On a raw socket names in capitals are Shop with Friends'."""
        return self.feed is not None and (self.connection.framing is not None or not name.isupper())

    @handlers.on(wire.RecordingEnd)
    async def recording_end(self, message: wire.RecordingEnd) -> None:
        feed = await self._bind(message.username)
        await feed.end()

    async def _record(self, feed: Feed, kind: str, data: bytes | msgspec.Raw) -> handlers.Later | None:
        stored = await feed.add(kind, data, self.connection.is_acked)
        return None if stored is None else handlers.Later(stored)

    async def _admit(self, message: wire.Recorded) -> Feed:
        self._throttle()
        if self.feed is not None and message.username in (None, self.feed.participant.pk):
            return self.feed
        return await self._bind(message.username)

    def _throttle(self) -> None:
        limits.take("record", self.connection.subjects)

    def _tell_refused(self, refusal: errors.RequestRefused) -> None:
        self.connection.send(self, self.refuse(refusal))

    def refuse(self, refusal: errors.RequestRefused) -> wire.Error:
        return wire.Error(message=refusal.message, code=refusal.code)


class RecordingsConsumer(consumers.SocketConsumer):
    """Recordings alone, as capture.js on any page uses it."""

    protocols = (consumers.CoreHandler, Shopaloud)
