"""The rooms of shows and of their pictures, and the lobby of protocols that know only the current show."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError

from accounts import identity as identities
from realtime import database, rooms, wire
from realtime.models import Presence, Restriction
from rest import rendering
from rest.ids import CANONICAL
from signaling.models import Broadcast, Peer
from streams import serializers, signals
from streams.chat_broadcasts import MAX_QUESTIONS
from streams.events import shows
from streams.models import ChatMessage, Host, Stream, lobby
from streams.models.host import ADMIN, PUBLISHER
from streams.models.lobby import CUSTOMER
from streams.models.rehearsal import rehearses
from streams.models.stream_queryset import check_may_present
from streams.models.video import MAIN
from streams.wire import wrencos
from streams.wire.pins import Pin as PinOnWire

SUBSCRIBER = "subscriber"

# What other apps say of a show to somebody who missed too much of it, by the name under which it stands.
parts: dict[str, Callable[[str, identities.Identity], Any]] = {}

MAX_HISTORY = 50  # chat messages that a newcomer is shown


@database.cached(seconds=1.0)
def creator_of(stream_id: str) -> tuple[int, bool] | None:
    """The id of the user whose show it is, and whether it is a rehearsal; None where there is no such show."""
    return Stream.objects.filter(pk=stream_id).values_list("creator_id", "rehearsal").first()


@database.cached(seconds=1.0, max_entries=100)
def state_of(key: str, upto: int) -> dict[str, Any]:
    """A room as it is now. It is read once for all who come back together and have missed too much."""
    room = rooms.find(key)
    assert isinstance(room, ShowRoom | LobbyRoom)
    return room.state(upto)


class ShowRoom(rooms.Room):
    """Whoever knows a show's id may watch it, unless it is a rehearsal. Its log is kept as long, for replays."""

    kind = "show"
    ids = CANONICAL
    dialects = ("bazaar",)
    admin_page = "streams_stream_change"

    @classmethod
    def titles(cls, ids: Sequence[str]) -> dict[str, str]:
        return {str(pk): title for pk, title in Stream.objects.filter(pk__in=ids).values_list("pk", "title")}

    def admits(self, identity: identities.Identity) -> str:
        found = creator_of(self.id)
        if found is None:
            raise Stream.DoesNotExist("Session not found")
        creator, rehearsal = found
        if rehearsal:
            Stream.objects.seen_by(identity).find(UUID(self.id))
        return PUBLISHER if identity.owns(creator) else SUBSCRIBER

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return {**state_of(self.key, upto), **{name: read(self.id, identity) for name, read in parts.items()}}

    def state(self, upto: int) -> dict[str, Any]:
        """What REST answers for the show, with its viewers, its totals, and its newest chat messages, oldest first."""
        stream = Stream.objects.complete().get(pk=self.id)
        latest = stream.messages.visible().filter(seq__lte=upto).select_related("user").order_by("-seq")[:MAX_HISTORY]
        totals = serializers.ReactionsSerializer(stream).data
        state: dict[str, Any] = rendering.plain(
            {
                **serializers.SessionDetailSerializer(stream).data,
                "viewerCount": self.presence_count().count,
                "reactions": totals,
                "likes": stream.likes.count(),
                "pinnedProducts": [wire.plain(PinOnWire.of(pin)) for pin in stream.pins.in_order()],
                "questions": serializers.QuestionSerializer(stream.questions.shown()[:MAX_QUESTIONS], many=True).data,
                "messages": serializers.ChatMessageSerializer(list(reversed(latest)), many=True).data,
            }
        )
        return state

    def presence_count(self) -> shows.ViewersCounted:
        return shows.ViewersCounted(count=Presence.objects.live().filter(room=self.key, role=SUBSCRIBER).count())

    def entered(self, presences: Sequence[Presence]) -> None:
        if any(presence.role == PUBLISHER for presence in presences):
            Host.objects.come(self.id)
        if not rehearses(self.id):
            signals.viewers_entered.send(Stream, stream_id=self.id, presences=presences)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        if any(presence.role == PUBLISHER for presence in presences):
            Host.objects.go(self.id, at)
        signals.viewers_left.send(Stream, stream_id=self.id, presences=presences, at=at)  # of any that were counted


class ShopRoom(rooms.Room):
    """The room of everyone who has the shop front open, and hears what changes on it."""

    kind = "shop"
    dialects = ("bazaar",)
    retention = timedelta(days=1)

    def __init__(self, id: object = MAIN) -> None:
        super().__init__(id)

    def admits(self, identity: identities.Identity) -> str:
        if self.id != MAIN:
            raise Stream.DoesNotExist("Room not found")
        return CUSTOMER


class LobbyRoom(rooms.Room):
    """The room of everyone who follows the current show, whichever it is, and who wait for the next one in between."""

    kind = "lobby"
    ids = MAIN
    dialects = ("wrencos",)
    retention = timedelta(days=7)

    def __init__(self, id: object = MAIN, role: str = CUSTOMER, address: str = "") -> None:
        """`address` is the name by which `to=` reaches the session that a customer has proved to be."""
        super().__init__(id)
        self.role, self.address = role, address

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        return super().addresses(identity) | ({self.address} if self.address else frozenset())

    def admits(self, identity: identities.Identity) -> str:
        if self.id != MAIN:
            raise Stream.DoesNotExist("Room not found")
        if self.role == ADMIN and not identity.has_role("staff", "admin"):
            raise PermissionDenied("Authentication failed")
        if (current := Stream.objects.current()) is not None:  # everything about it is told here
            current.check_admits(identity)
        return self.role

    def presence_count(self) -> shows.CustomersCounted:
        return shows.CustomersCounted(count=lobby.count_customers())

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return state_of(self.key, upto)

    def state(self, upto: int) -> dict[str, Any]:
        """All that a newcomer is told, in one object; null or empty while no show is on."""
        viewers = lobby.count_customers()
        stream = Stream.objects.current()
        return {
            "viewerCount": viewers,
            "streamData": stream and wrencos.stream_data(stream, viewers, liked_by=[]),
            "messages": [wire.plain(message) for message in history(stream, upto)] if stream else [],
            "pinnedProducts": [wire.plain(PinOnWire.of(pin)) for pin in stream.pins.in_order()] if stream else [],
        }

    def greeting(self, session_id: str, likes: bool, upto: int) -> list[wire.ServerMessage]:
        """What a newcomer is told, in the protocol's order. The history ends where the log stood when they joined."""
        viewers = lobby.count_customers()
        greeting: list[wire.ServerMessage] = [
            wrencos.StreamUpdate(viewer_count=viewers),
            wrencos.Registered(session_id=session_id),
        ]
        stream = Stream.objects.current()
        if stream is None:
            return greeting
        own = [session_id] if likes else []
        greeting.append(wrencos.StreamStarted(stream_data=wrencos.stream_data(stream, viewers, own)))
        if messages := history(stream, upto):
            greeting.append(wrencos.ChatHistory(messages=messages))
        if pins := stream.pins.in_order():
            greeting.append(wrencos.Pinned(pinned_products=[PinOnWire.of(pin) for pin in pins]))
        return greeting


class BroadcastRoom(rooms.Room):
    """The room in which those who send a show's picture and those who see it are told of each other."""

    kind = "broadcast"
    ids = f"{MAIN}|{CANONICAL}"
    dialects = ("webrtc",)

    def __init__(self, id: object = MAIN, role: str = Peer.Role.VIEWER) -> None:
        super().__init__(id)
        self.role = role

    @classmethod
    def of(cls, show: UUID | None, user_type: str) -> "BroadcastRoom":
        """The room that a client names on the wire: that of a show or, with None, that of the current one."""
        return cls(show or MAIN, Peer.Role.BROADCASTER if user_type == "admin" else Peer.Role.VIEWER)

    def admits(self, identity: identities.Identity) -> str:
        current = self.id == MAIN
        stream = Stream.objects.current() if current else Stream.objects.seen_by(identity).find_or_none(self.id)
        if stream is None and self.id != MAIN:
            raise Stream.DoesNotExist("Session not found")
        if self.role == Peer.Role.BROADCASTER:
            check_may_broadcast(stream, identity)
        elif Broadcast.objects.is_full(self.channel()):
            raise PermissionDenied("All places of this broadcast are taken, and so are those in the line for one")
        if stream is not None:
            Restriction.check_may_enter(identity, stream.room_key)
        return self.role

    def keeps(self, identity: identities.Identity, role: str) -> str:
        """A viewer has the place already, which may be the last one."""
        return role if role != Peer.Role.BROADCASTER else self.admits(identity)

    def channel(self) -> str:
        """The channel of the broadcast that those who come here take part in."""
        current = Stream.objects.current() if self.id == MAIN else None
        return str(current.pk) if current else self.id

    def entered(self, presences: Sequence[Presence]) -> None:
        Broadcast.objects.lock(MAIN)  # the current show cannot change while this is locked
        arrivals = [
            Peer(room=self.key, connection=one.connection, identity=one.identity, name=one.handle, role=one.role)
            for one in presences
        ]
        channel = self.channel()
        Broadcast.objects.lock(channel).admit(arrivals)
        if channel != MAIN and any(presence.role == Peer.Role.BROADCASTER for presence in presences):
            Host.objects.come(channel)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        channel, connections = self.channel(), [presence.connection for presence in presences]
        on_air = Peer.objects.on_air().filter(room=self.key, connection__in=connections).exists()
        Broadcast.objects.lose(self.key, connections, since=at)
        if channel != MAIN and any(presence.role == Peer.Role.BROADCASTER for presence in presences):
            Host.objects.go(channel, at, on_air)


def check_may_broadcast(stream: Stream | None, identity: identities.Identity) -> None:
    """Raises for someone who may not send a show's picture. Where no show is on, those may who could start one."""
    if stream is None and identity.has_role("staff", "admin"):
        return
    if stream is None or not stream.is_controlled_by(identity):
        raise PermissionDenied("You don't have permission to broadcast this show")
    check_may_present(identity.user)
    if stream.status == Stream.Status.ENDED:
        raise ValidationError("This session has ended")


def history(stream: Stream, upto: int) -> list[wrencos.HistoryMessage]:
    """The newest messages that the lobby had been told when its log stood at `upto`, oldest first."""
    newest = ChatMessage.objects.history(stream, upto)[:MAX_HISTORY]
    return [wrencos.HistoryMessage.of(message) for message in reversed(newest)]
