"""The rooms of shows and of their pictures, and the lobby of protocols that know only the current show."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError

from accounts import identity as identities
from realtime import database, rooms, wire
from realtime.models import Presence, Restriction
from rest import rendering
from signaling.models import Broadcast, Peer
from streams import events, serializers, signals
from streams.models import ChatMessage, Pin, Stream
from streams.wire import wrencos
from streams.wire.pins import Pin as PinOnWire

PUBLISHER = "publisher"
SUBSCRIBER = "subscriber"
CUSTOMER = "customer"
ADMIN = "admin"

MAIN = "main"  # of those who follow the current show, whichever it is

HISTORY = 50  # chat messages that a newcomer is shown


@database.cached(seconds=1.0)
def creator_of(stream_id: str) -> int | None:
    """Whose show it is; None where there is none."""
    return Stream.objects.filter(pk=stream_id).values_list("creator_id", flat=True).first()


@database.cached(seconds=1.0, max_entries=100)
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
                "viewerCount": self.presence_count().count,
                "reactions": totals,
                "likes": stream.likes.count(),
                "pinnedProducts": [wire.plain(PinOnWire.of(pin)) for pin in Pin.objects.of(stream)],
                "messages": serializers.ChatMessageSerializer(list(reversed(latest)), many=True).data,
            }
        )
        return state

    def presence_count(self) -> events.ViewersCounted:
        return events.ViewersCounted(count=Presence.objects.live().filter(room=self.key, role=SUBSCRIBER).count())

    def entered(self, presences: Sequence[Presence]) -> None:
        signals.viewers_entered.send(Stream, stream_id=self.id, presences=presences)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        signals.viewers_left.send(Stream, stream_id=self.id, presences=presences, at=at)


class LobbyRoom(rooms.Room):
    """Everyone who follows the current show, whichever it is, and waits for the next one in between."""

    kind = "lobby"
    dialects = ("wrencos",)
    retention = timedelta(days=7)

    def __init__(self, id: object = MAIN, role: str = CUSTOMER) -> None:
        super().__init__(id)
        self.role = role

    def admits(self, identity: identities.Identity) -> str:
        if self.id != MAIN:
            raise Stream.DoesNotExist("Room not found")
        if self.role == ADMIN and not identity.has_role("staff", "admin"):
            raise PermissionDenied("Authentication failed")
        if (current := Stream.objects.current()) is not None:  # of which everything is told here
            current.check_admits(identity)
        return self.role

    def presence_count(self) -> events.CustomersCounted:
        return events.CustomersCounted(count=self.customers())

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

    def greeting(self, session_id: str, likes: bool, upto: int) -> list[wire.ServerMessage]:
        """What a newcomer hears, in the protocol's order; its history ends where the log stood when it joined."""
        viewers = self.customers()
        said: list[wire.ServerMessage] = [
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


class BroadcastRoom(rooms.Room):
    """Where those who send and see a show's picture hear of each other."""

    kind = "broadcast"
    dialects = ("webrtc",)

    def __init__(self, id: object = MAIN, role: str = Peer.Role.VIEWER) -> None:
        super().__init__(id)
        self.role = role

    @classmethod
    def of(cls, show: UUID | None, user_type: str) -> "BroadcastRoom":
        """As the wire says it."""
        return cls(show or MAIN, Peer.Role.BROADCASTER if user_type == "admin" else Peer.Role.VIEWER)

    def admits(self, identity: identities.Identity) -> str:
        stream = Stream.objects.known(self.id) if self.id != MAIN else Stream.objects.current()
        if stream is None and self.id != MAIN:
            raise Stream.DoesNotExist("Session not found")
        if self.role == Peer.Role.BROADCASTER:
            check_may_broadcast(stream, identity)
        elif Broadcast.objects.is_full(self.channel()):
            raise PermissionDenied("All places of this broadcast are taken, and so are those in the line for one")
        if stream is not None:
            Restriction.check_may_enter(identity, stream.room_key)
        return self.role

    def channel(self) -> str:
        """Which broadcast those who come here are led to."""
        current = Stream.objects.current() if self.id == MAIN else None
        return str(current.pk) if current else self.id

    def entered(self, presences: Sequence[Presence]) -> None:
        Broadcast.objects.lock(MAIN)  # so that the current show does not change meanwhile
        arrivals = [
            Peer(room=self.key, connection=one.connection, identity=one.identity, name=one.handle, role=one.role)
            for one in presences
        ]
        Broadcast.objects.lock(self.channel()).admit(arrivals)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        Broadcast.objects.leave(self.key, [presence.connection for presence in presences])


def check_may_broadcast(stream: Stream | None, identity: identities.Identity) -> None:
    """Where no show is on, those may who may start one for everybody."""
    if stream is None and identity.has_role("staff", "admin"):
        return
    if stream is None or not stream.is_controlled_by(identity):
        raise PermissionDenied("You don't have permission to broadcast this show")
    if stream.status == Stream.Status.ENDED:
        raise ValidationError("This session has ended")


def history(stream: Stream, upto: int) -> list[wrencos.HistoryLine]:
    """The newest of a show's chat until the lobby's log stood at `upto`, oldest first."""
    newest = ChatMessage.objects.history(stream, upto)[:HISTORY]
    return [wrencos.HistoryLine.of(line) for line in reversed(newest)]
