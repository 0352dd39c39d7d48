"""Who is told when something happens to a show.

Verbs of the models call these functions inside the transaction that makes the event true. The module stands below the
models: it knows them only by their types, reads what it needs through an instance's related managers, and addresses
rooms by their keys.
"""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from accounts import identity as identities
from realtime import event_log, wire
from realtime.events import BaseEvent
from shopping.wire import Product as ProductOnWire
from streams.events import chat, products, shop_calls, shows, video
from streams.wire import wrencos
from streams.wire.pins import Pin as PinOnWire

if TYPE_CHECKING:
    from realtime.models.restriction import Restraint
    from shopping.models import Product
    from signaling.models import Peer
    from streams.models import Pin, ShopCall, Stream

LOBBY = "lobby:main"  # the key of the room in which the current show is followed
SHOP = "shop:main"  # the key of the room in which the shop front is followed
AGENTS = "agents:main"  # the key of the room of the staff who take calls

MAX_LIKERS = 1000  # the newest likers of a show, whom the lobby is told of when the show is featured


def room_key(stream_id: object) -> str:
    """The key of a show's own room."""
    return f"show:{stream_id}"


def room_keys(stream: "Stream") -> list[str]:
    """The rooms that hear of a show: its own and, while it is the current show, the lobby."""
    return [stream.room_key, LOBBY] if stream.is_current else [stream.room_key]


def tell(stream: "Stream", event: BaseEvent) -> None:
    for key in room_keys(stream):
        event_log.tell(key, event)


# --- the course of a show


def stream_started(stream: "Stream") -> None:
    """The show has gone live for the first time. The lobby hears of it by `stream_featured`, if at all."""
    assert stream.started_at is not None
    at = wire.iso(stream.started_at)
    event_log.tell(stream.room_key, shows.Started(stream_id=str(stream.pk), channel_name=stream.channel_name, at=at))


def shop_changed() -> None:
    """Shows or products have come to the shop front or gone from it."""
    event_log.tell(SHOP, products.ShopChanged())


def stream_revised(stream: "Stream") -> None:
    event = shows.Revised(
        stream_id=str(stream.pk),
        title=stream.title,
        description=stream.description,
        category=stream.category,
        tags=stream.tags,
        slow_mode=stream.slow_mode,
        guest_chat=stream.guest_chat,
        frozen=stream.frozen,
        links_by_moderators=stream.links_by_moderators,
        hold_messages=stream.hold_messages,
        account_minutes=stream.account_minutes,
        reaction_kinds=stream.reaction_kinds,
        starts_at=None if stream.starts_at is None else wire.iso(stream.starts_at),
        time_zone=stream.time_zone,
        cover=stream.cover,
        language=stream.language,
    )
    event_log.tell(stream.room_key, event)
    shop_changed()


def stream_featured(stream: "Stream", customers: int) -> None:
    """The lobby turns to this show: `customers` are in it, who hear of its facts, its pins and its likes."""
    event_log.tell(LOBBY, shows.Featured(data=wrencos.stream_data(stream, customers, liked_by=[])))
    event_log.tell(LOBBY, _pins_event(stream, stream.pins.in_order()))
    newest = stream.likes.order_by("-at", "-pk").values_list("liker", flat=True)[:MAX_LIKERS]
    event_log.tell(LOBBY, shows.Likers(likes=dict.fromkeys(newest, True), everyone=True))
    event_log.tell(LOBBY, shows.LikesCounted(stream_id=str(stream.pk), count=stream.likes.count()))


def stream_paused(stream: "Stream") -> None:
    tell(stream, shows.Paused(stream_id=str(stream.pk)))


def stream_resumed(stream: "Stream") -> None:
    tell(stream, shows.Resumed(stream_id=str(stream.pk)))


def stream_ended(stream: "Stream") -> None:
    """The show is over, so it is no longer the current one; the lobby hears of the end if it was."""
    assert stream.ended_at is not None
    ended = shows.Ended(stream_id=str(stream.pk), at=wire.iso(stream.ended_at))
    event_log.tell(stream.room_key, ended)
    if stream.featured:
        event_log.tell(LOBBY, ended)


def host_away(stream_id: object, away: bool) -> None:
    event_log.tell(room_key(stream_id), shows.HostAway(stream_id=str(stream_id), away=away))


def speech_changed(room: str, identity: str, restriction: "Restraint | None") -> None:
    """Tells a person in a show's room how they are restricted now."""
    until = None if restriction is None or restriction.until is None else wire.iso(restriction.until)
    event = chat.SpeechChanged(stream_id=room.partition(":")[2], allowed=restriction is None, until=until)
    event_log.tell(room, event, to=identity)


# --- its products


def lineup_changed(stream: "Stream", added: "Product | None" = None, without: "Product | None" = None) -> None:
    """The products of a show are others than before; `without` one that is about to be deleted."""
    listed = stream.listings.in_order()
    if without is not None:
        listed = listed.exclude(product=without)
    event = products.LineupChanged(
        stream_id=str(stream.pk),
        product_ids=[str(key) for key in listed.values_list("product_id", flat=True)],
        added=None if added is None else ProductOnWire.of(added),
    )
    event_log.tell(stream.room_key, event)
    shop_changed()


def product_revised(product: "Product", streams: "Iterable[Stream]") -> None:
    """Tells the shop front, and these shows, which have the product."""
    event = products.ProductRevised(product=ProductOnWire.of(product))
    event_log.tell(SHOP, event)
    for stream in streams:
        event_log.tell(stream.room_key, event)


def product_showcased(stream: "Stream", product: "Product") -> None:
    event = products.Showcased(stream_id=str(stream.pk), product=ProductOnWire.of(product))
    event_log.tell(stream.room_key, event)


def showcase_cleared(stream: "Stream") -> None:
    event_log.tell(stream.room_key, products.Cleared(stream_id=str(stream.pk)))


def pins_changed(stream: "Stream", pins: "Iterable[Pin]") -> None:
    tell(stream, _pins_event(stream, pins))


def _pins_event(stream: "Stream", pins: "Iterable[Pin]") -> products.PinsChanged:
    return products.PinsChanged(stream_id=str(stream.pk), pins=[PinOnWire.of(pin) for pin in pins])


# --- its likes


def likes_changed(stream: "Stream", changes: dict[str, bool]) -> None:
    """Tells who has just begun (True) or stopped (False) to like the show, and how many like it now."""
    if stream.is_current:
        event_log.tell(LOBBY, shows.Likers(likes=changes))
    for key in room_keys(stream):
        event_log.tell_latest(
            key, "likes", lambda: shows.LikesCounted(stream_id=str(stream.pk), count=stream.likes.count())
        )


# --- calls to the shop


def shop_available(available: bool, rooms: Iterable[str]) -> None:
    """Tells the shop front, and the shows that somebody watches, whether the shop can be called."""
    for key in (SHOP, *rooms):
        event_log.tell(key, shop_calls.ShopAvailable(available=available))


def shop_call_room(pk: int) -> str:
    """The key of the room in which whoever makes this call is told of it; nobody else is there."""
    return f"shop-call:{pk}"


def agent_rung(call: "ShopCall") -> None:
    _tell_agent(call, call.ringing())


def agent_released(call: "ShopCall", reason: str) -> None:
    """Tells the one at whom it has rung, on all pages of theirs."""
    _tell_agent(call, shop_calls.AgentReleased(call_id=call.pk, reason=reason))


def _tell_agent(call: "ShopCall", event: BaseEvent) -> None:
    if call.agent_id is not None:
        event_log.tell(AGENTS, event, to=identities.user_key(call.agent_id))


def shop_call_over(call: "ShopCall") -> None:
    """Tells whoever calls that it rings no longer, and why."""
    if (verdict := call.verdict()) is not None:
        event_log.tell(shop_call_room(call.pk), verdict)


# --- its picture: each peer is told at its own connection


def broadcast_offered(broadcaster: "Peer", viewers: "Iterable[Peer]") -> None:
    _tell_peers(viewers, video.BroadcastOffered(broadcaster=broadcaster.name))


def viewers_admitted(broadcaster: "Peer", viewers: "Iterable[Peer]") -> None:
    for viewer in viewers:
        _tell_peers([broadcaster], video.ViewerSeated(viewer=viewer.name))


def viewers_queued(viewers: "Iterable[Peer]", slots: int) -> None:
    _tell_peers(viewers, video.BroadcastFull(places=slots))


def viewers_departed(broadcaster: "Peer", viewers: "Iterable[Peer]") -> None:
    for viewer in viewers:
        _tell_peers([broadcaster], video.ViewerDeparted(viewer=viewer.name))


def broadcast_stopped(broadcaster: "Peer", viewers: "Iterable[Peer]", reason: str) -> None:
    """The broadcaster is told as well where they did not stop it themselves."""
    stopped = video.BroadcastStopped(broadcaster=broadcaster.name, reason=reason)
    _tell_peers(viewers, stopped)
    if reason in ("replaced", "ended"):
        _tell_peers([broadcaster], stopped)


def _tell_peers(peers: "Iterable[Peer]", event: BaseEvent) -> None:
    for peer in peers:
        event_log.tell(peer.room, event, to=peer.connection)
