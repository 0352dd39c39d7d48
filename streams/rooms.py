"""The rooms of shows: one for each show, and the lobby of a protocol that knows only the current one."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied

from accounts import identity as identities
from accounts import rendering
from realtime import rooms, shared, wire
from realtime.models import Presence
from streams import records, serializers, signals
from streams.models import ChatMessage, Pin, Stream
from streams.wire import wrencos
from streams.wire.pins import Pin as PinOnWire

PUBLISHER = "publisher"
SUBSCRIBER = "subscriber"
CUSTOMER = "customer"
ADMIN = "admin"

HISTORY = 50  # chat messages that a newcomer is shown


@shared.shared(seconds=1.0)
def creator_of(stream_id: str) -> int | None:
    """Whose show it is; None where there is none."""
    return Stream.objects.filter(pk=stream_id).values_list("creator_id", flat=True).first()


@shared.shared(seconds=1.0, kept=100)
def state_of(key: str, upto: int) -> dict[str, Any]:
    """A room as it is now, read once for all who come back together and missed too much."""
    room = rooms.find(key)
    assert isinstance(room, ShowRoom | LobbyRoom)
    return room.state(upto)


class ShowRoom(rooms.Room):
    """Whoever knows a show's id may watch it. Its log lives as long as the show: a replay is made of it."""

    kind = "show"
    dialects = ("bazaar",)

    def admits(self, identity: identities.Identity) -> str:
        creator = creator_of(self.id)
        if creator is None or self.id != str(UUID(self.id)):  # in another spelling of it nobody would be banned
            raise Stream.DoesNotExist("Session not found")
        return PUBLISHER if identity.verified and identity.user_id == creator else SUBSCRIBER

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return state_of(self.key, upto)

    def state(self, upto: int) -> dict[str, Any]:
        """What REST answers for the show, with its viewers, its totals and the newest of its chat, oldest first."""
        stream = Stream.objects.complete().get(pk=self.id)
        latest = stream.messages.visible().filter(seq__lte=upto).select_related("user").order_by("-seq")[:HISTORY]
        totals = serializers.ReactionsSerializer(stream).data
        state: dict[str, Any] = rendering.plain(
            {
                **serializers.SessionDetailSerializer(stream).data,
                "viewerCount": self.census().count,
                "reactions": totals,
                "likes": stream.likes.count(),
                "pinnedProducts": [wire.plain(PinOnWire.of(pin)) for pin in Pin.objects.of(stream)],
                "messages": serializers.ChatMessageSerializer(list(reversed(latest)), many=True).data,
            }
        )
        return state

    def census(self) -> records.ViewersCounted:
        return records.ViewersCounted(count=Presence.objects.live().filter(room=self.key, role=SUBSCRIBER).count())

    def entered(self, presences: Sequence[Presence]) -> None:
        signals.viewers_entered.send(Stream, stream_id=self.id, presences=presences)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        signals.viewers_left.send(Stream, stream_id=self.id, presences=presences, at=at)


class LobbyRoom(rooms.Room):
    """Everyone who follows the current show, whichever it is, and waits for the next one in between."""

    kind = "lobby"
    dialects = ("wrencos",)
    retention = timedelta(days=7)

    def __init__(self, id: object = "main", role: str = CUSTOMER) -> None:
        super().__init__(id)
        self.role = role

    def admits(self, identity: identities.Identity) -> str:
        if self.id != "main":
            raise Stream.DoesNotExist("Room not found")
        if self.role == ADMIN and not identity.has_role("staff", "admin"):
            raise PermissionDenied("Authentication failed")
        return self.role

    def census(self) -> records.CustomersCounted:
        return records.CustomersCounted(count=self.customers())

    def customers(self) -> int:
        """How many different handles are registered; one customer's tabs and reconnects are one."""
        here = Presence.objects.live().filter(room=self.key, role=CUSTOMER)
        return here.values("handle").distinct().count()

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return state_of(self.key, upto)

    def state(self, upto: int) -> dict[str, Any]:
        """What a newcomer hears, in one; null or nothing while there is no show."""
        viewers = self.customers()
        stream = Stream.objects.current()
        return {
            "viewerCount": viewers,
            "streamData": stream and wrencos.stream_data(stream, viewers, liked_by=[]),
            "messages": [wire.plain(line) for line in history(stream, upto)] if stream else [],
            "pinnedProducts": [wire.plain(PinOnWire.of(pin)) for pin in Pin.objects.of(stream)] if stream else [],
        }

    def greeting(self, session_id: str, likes: bool, upto: int) -> list[wire.Said]:
        """What a newcomer hears, in the protocol's order; its history ends where the log stood when it joined."""
        viewers = self.customers()
        said: list[wire.Said] = [
            wrencos.StreamUpdate(viewer_count=viewers),
            wrencos.Registered(session_id=session_id),
        ]
        stream = Stream.objects.current()
        if stream is None:
            return said
        own = [session_id] if likes else []
        said.append(wrencos.StreamStarted(stream_data=wrencos.stream_data(stream, viewers, own)))
        if lines := history(stream, upto):
            said.append(wrencos.ChatHistory(messages=lines))
        if pins := Pin.objects.of(stream):
            said.append(wrencos.Pinned(pinned_products=[PinOnWire.of(pin) for pin in pins]))
        return said


def history(stream: Stream, upto: int) -> list[wrencos.HistoryLine]:
    """The newest of a show's chat until the lobby's log stood at `upto`, oldest first."""
    newest = ChatMessage.objects.history(stream, upto)[:HISTORY]
    return [wrencos.HistoryLine.of(line) for line in reversed(newest)]
