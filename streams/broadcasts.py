"""Who is told when something happens to a show."""

from collections.abc import Iterable
from typing import Any

from django.dispatch import receiver

from realtime import event_log, rooms, wire
from realtime.events import BaseEvent
from shopping import signals as shopping_signals
from shopping.models import Product
from shopping.wire import Product as ProductOnWire
from signaling import signals as signaling_signals
from signaling.models import Peer
from streams import events, signals
from streams.models import ChatMessage, Pin, Stream
from streams.rooms import LobbyRoom, ShowRoom
from streams.wire import wrencos
from streams.wire.pins import Pin as PinOnWire

MOST_ERASED = 1000  # lines of a chat that one event takes back
MOST_MARKED = 1000  # the newest likers of a show, who are marked when it becomes the current one


def rooms_of(stream: Stream) -> list[rooms.Room]:
    """Where a show's facts are told: in its room and, of the current show, in the lobby too."""
    return [ShowRoom(stream.pk), LobbyRoom()] if stream.is_current else [ShowRoom(stream.pk)]


def tell(stream: Stream, event: BaseEvent) -> None:
    for room in rooms_of(stream):
        room.tell(event)


@receiver(signals.stream_started)
def tell_started(sender: object, stream: Stream, **_: Any) -> None:
    assert stream.started_at is not None
    at = wire.iso(stream.started_at)
    ShowRoom(stream.pk).tell(events.Started(stream_id=str(stream.pk), channel_name=stream.channel_name, at=at))


@receiver(signals.stream_headlined)
def tell_headlined(sender: object, stream: Stream, **_: Any) -> None:
    """The lobby turns to this show: its facts, its pins, and who likes it already."""
    lobby = LobbyRoom()
    lobby.tell(events.Headlined(data=wrencos.stream_data(stream, lobby.customers(), liked_by=[])))
    lobby.tell(pinned(stream, Pin.objects.of(stream)))
    newest = stream.likes.order_by("-at").values_list("liker", flat=True)[:MOST_MARKED]
    lobby.tell(events.Likers(likes=dict.fromkeys(newest, True), everyone=True))
    lobby.tell(events.LikesCounted(stream_id=str(stream.pk), count=stream.likes.count()))


@receiver(signals.stream_paused)
def tell_paused(sender: object, stream: Stream, **_: Any) -> None:
    tell(stream, events.Paused(stream_id=str(stream.pk)))


@receiver(signals.stream_resumed)
def tell_resumed(sender: object, stream: Stream, **_: Any) -> None:
    tell(stream, events.Resumed(stream_id=str(stream.pk)))


@receiver(signals.stream_ended)
def tell_ended(sender: object, stream: Stream, **_: Any) -> None:
    assert stream.ended_at is not None
    ended = events.Ended(stream_id=str(stream.pk), at=wire.iso(stream.ended_at))
    ShowRoom(stream.pk).tell(ended)
    if stream.headlined:
        LobbyRoom().tell(ended)


@receiver(signals.product_showcased)
def tell_showcased(sender: object, stream: Stream, product: Product, **_: Any) -> None:
    ShowRoom(stream.pk).tell(events.Showcased(stream_id=str(stream.pk), product=ProductOnWire.of(product)))


@receiver(signals.showcase_cleared)
def tell_cleared(sender: object, stream: Stream, **_: Any) -> None:
    ShowRoom(stream.pk).tell(events.Cleared(stream_id=str(stream.pk)))


@receiver(shopping_signals.product_changed)
def tell_changed(sender: object, product: Product, **_: Any) -> None:
    """A price that changes while it is on the screen must change there too."""
    for stream in Stream.objects.showing(product):
        tell_showcased(sender, stream, product)
    for stream in Stream.objects.pinning(product):
        tell_pins(sender, stream, Pin.objects.of(stream))


@receiver(shopping_signals.product_removed)
def tell_removed(sender: object, product: Product, **_: Any) -> None:
    for stream in Stream.objects.showing(product):
        tell_cleared(sender, stream)
    for stream in Stream.objects.pinning(product):
        tell_pins(sender, stream, Pin.objects.of(stream).exclude(product=product))


@receiver(signals.chat_posted)
def tell_chat(sender: object, message: ChatMessage, **_: Any) -> None:
    said = events.Chatted(
        id=str(message.pk),
        stream_id=str(message.stream_id),
        text=message.text,
        name=message.name,
        user_id=message.user_id,
        at=wire.iso(message.created_at),
        by_staff=message.by_staff,
        extra=message.extra,
    )
    ShowRoom(message.stream_id).tell(said, author=message.author, op=message.op, row=message)
    if message.stream.is_current:
        # Without its op, which is the show's: a client may count from 1 in the next show of the lobby.
        LobbyRoom().tell(said, author=message.author, row=message, field="lobby_seq")


@receiver(signals.chat_deleted)
def tell_chat_deleted(sender: object, message: ChatMessage, **_: Any) -> None:
    shown_as = message.extra.get("id", str(message.pk))
    for room, seq in ((ShowRoom(message.stream_id), message.seq), (LobbyRoom(), message.lobby_seq)):
        if seq:
            room.tell(
                events.ChatDeleted(id=str(message.pk), stream_id=str(message.stream_id), seq=seq, shown_as=shown_as)
            )


@receiver(signals.chat_erased)
def tell_chat_erased(sender: object, stream: Stream, lobby_seqs: list[int], **_: Any) -> None:
    """In the lobby; the show's own room is gone with it."""
    for begin in range(0, len(lobby_seqs), MOST_ERASED):
        seqs = lobby_seqs[begin : begin + MOST_ERASED]
        LobbyRoom().tell(events.ChatErased(seqs=seqs, shown=stream.headlined))


@receiver(signals.likes_changed)
def tell_likes(sender: object, stream: Stream, changes: dict[str, bool], **_: Any) -> None:
    if stream.is_current:
        LobbyRoom().tell(events.Likers(likes=changes))
    for room in rooms_of(stream):
        room.tell_latest("likes", lambda: events.LikesCounted(stream_id=str(stream.pk), count=stream.likes.count()))


@receiver(signals.pins_changed)
def tell_pins(sender: object, stream: Stream, pins: Iterable[Pin], **_: Any) -> None:
    tell(stream, pinned(stream, pins))


def pinned(stream: Stream, pins: Iterable[Pin]) -> events.PinsChanged:
    return events.PinsChanged(stream_id=str(stream.pk), pins=[PinOnWire.of(pin) for pin in pins])


# --- a show's picture: who sends it and who sees it


@receiver(signaling_signals.broadcast_offered)
def tell_offered(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    tell_peers(viewers, events.BroadcastOffered(broadcaster=broadcaster.name))


@receiver(signaling_signals.viewers_admitted)
def tell_seated(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    for viewer in viewers:
        tell_peers([broadcaster], events.ViewerSeated(viewer=viewer.name))


@receiver(signaling_signals.viewers_queued)
def tell_queued(sender: object, viewers: Iterable[Peer], slots: int, **_: Any) -> None:
    tell_peers(viewers, events.BroadcastFull(places=slots))


@receiver(signaling_signals.viewers_departed)
def tell_departed(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    for viewer in viewers:
        tell_peers([broadcaster], events.ViewerDeparted(viewer=viewer.name))


@receiver(signaling_signals.broadcast_stopped)
def tell_no_longer(sender: object, broadcaster: Peer, viewers: Iterable[Peer], reason: str, **_: Any) -> None:
    """The broadcaster hears so too where it was not its own doing."""
    stopped = events.BroadcastStopped(broadcaster=broadcaster.name, reason=reason)
    tell_peers(viewers, stopped)
    if reason in ("replaced", "ended"):
        tell_peers([broadcaster], stopped)


def tell_peers(peers: Iterable[Peer], event: BaseEvent) -> None:
    for peer in peers:
        event_log.tell(peer.room, event, to=peer.connection)
