"""What happens in other apps and is told in shows: products and calls change, and browsers send a show's picture."""

from collections.abc import Iterable, Sequence
from typing import Any

from django.dispatch import receiver

from accounts import identity as identities
from realtime import event_log
from realtime import signals as realtime_signals
from realtime.models import Presence, Restriction
from shopping import signals as shopping_signals
from shopping.models import Product
from signaling import signals as signaling_signals
from signaling.models import Call, Peer
from streams import broadcasts
from streams.models import Stream, Switchboard

BATCH = 500  # products that are looked for in shows at once
MAX_TOLD = 200  # shows that are told of one change: a product is not on more that are not over, nor a person in more


@receiver(shopping_signals.product_offered)
def tell_product_offered(sender: object, **_: Any) -> None:
    broadcasts.shop_changed()


@receiver(shopping_signals.product_changed)
def tell_product_changed(sender: object, product: Product, **_: Any) -> None:
    """A price that changes while people look at the product must change before their eyes."""
    broadcasts.product_revised(product, Stream.objects.listing(product)[:MAX_TOLD])
    for stream in Stream.objects.showing(product):
        broadcasts.product_showcased(stream, product)
    for stream in Stream.objects.pinning(product):
        broadcasts.pins_changed(stream, stream.pins.in_order())


@receiver(shopping_signals.catalogue_changed)
def tell_catalogue_changed(sender: object, products: Sequence[Product], **_: Any) -> None:
    """Those that are in a show are told one by one; pages of the shop read it again."""
    broadcasts.shop_changed()
    for begin in range(0, len(products), BATCH):
        part = {product.pk: product for product in products[begin : begin + BATCH]}
        in_shows = Product.objects.filter(pk__in=part, listings__stream__in=Stream.objects.open()).distinct()
        for pk in in_shows.values_list("pk", flat=True):
            tell_product_changed(sender, part[pk])


@receiver(shopping_signals.product_removed)
def tell_product_removed(sender: object, product: Product, **_: Any) -> None:
    broadcasts.shop_changed()
    for stream in Stream.objects.listing(product)[:MAX_TOLD]:
        broadcasts.lineup_changed(stream, without=product)
    for stream in Stream.objects.showing(product):
        broadcasts.showcase_cleared(stream)
    for stream in Stream.objects.pinning(product):
        broadcasts.pins_changed(stream, stream.pins.in_order().exclude(product=product))


@receiver(realtime_signals.speech_changed)
def tell_speech_changed(sender: object, identity: str, room: str, **_: Any) -> None:
    """Each person whom the restriction meant hears how they are restricted now: by that one or by another."""
    shows = broadcasts.room_key("")
    told: dict[tuple[str, str], identities.Identity | str] = {}
    if room.startswith(shows) and identities.KEY.fullmatch(identity):
        told[room, identity] = identity  # who is away hears it when they resume
    here = Presence.objects.meant_by(identity).filter(**({"room": room} if room else {"room__startswith": shows}))
    for presence in here.order_by("-pk")[:MAX_TOLD]:
        told[presence.room, presence.identity] = presence.as_identity()
    with event_log.transaction():
        for (key, address), who in told.items():
            broadcasts.speech_changed(key, address, Restriction.objects.against(who, key))


@receiver(signaling_signals.call_changed)
def tell_shop_available(sender: object, call: Call, **_: Any) -> None:
    """Whoever of the staff is in a call takes no other one."""
    Switchboard.objects.follow(call)


@receiver(signaling_signals.broadcast_offered)
def tell_broadcast_offered(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    broadcasts.broadcast_offered(broadcaster, viewers)


@receiver(signaling_signals.viewers_admitted)
def tell_viewers_admitted(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    broadcasts.viewers_admitted(broadcaster, viewers)


@receiver(signaling_signals.viewers_queued)
def tell_viewers_queued(sender: object, viewers: Iterable[Peer], slots: int, **_: Any) -> None:
    broadcasts.viewers_queued(viewers, slots)


@receiver(signaling_signals.viewers_departed)
def tell_viewers_departed(sender: object, broadcaster: Peer, viewers: Iterable[Peer], **_: Any) -> None:
    broadcasts.viewers_departed(broadcaster, viewers)


@receiver(signaling_signals.broadcast_stopped)
def tell_broadcast_stopped(sender: object, broadcaster: Peer, viewers: Iterable[Peer], reason: str, **_: Any) -> None:
    broadcasts.broadcast_stopped(broadcaster, viewers, reason)
