"""The few products that a show keeps in view: its pins."""

import uuid
from collections.abc import Sequence
from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from shopping.models import Product
from streams import broadcasts, signals
from streams.models.listing import MAX_DISPLAY_ORDER
from streams.models.stream import Stream


def _tell(stream: Stream) -> None:
    pins = list(stream.pins.in_order())
    broadcasts.pins_changed(stream, pins)
    stream.make_known(signals.pins_changed, product_ids=[pin.product_id for pin in pins])


class PinQuerySet(models.QuerySet["Pin"]):
    def in_order(self) -> Self:
        return self.order_by("display_order", "pk").select_related("product")

    @event_log.verb
    def pin(self, stream: Stream, product_id: uuid.UUID, display_order: int | None = None) -> "Pin":
        """Pins a product behind the others, or moves one that is pinned already."""
        stream.lock()
        pins = list(stream.pins.in_order())
        pinned = next((pin for pin in pins if pin.product_id == product_id), None)
        if pinned is None:
            if not Product.objects.filter(pk=product_id).exists():
                raise ValidationError("Product not found")
            if len(pins) >= settings.PINS_AT_ONCE:
                raise ValidationError(f"At most {settings.PINS_AT_ONCE} products can be pinned at once")
            last = min(pins[-1].display_order + 1, MAX_DISPLAY_ORDER) if pins else 0
            pinned = Pin(stream=stream, product_id=product_id, display_order=last)
        if display_order is not None:
            pinned.display_order = display_order
        pinned.save()
        _tell(stream)
        return pinned

    @event_log.verb
    def unpin(self, stream: Stream, product_id: uuid.UUID) -> None:
        stream.lock()
        gone, _ = self.filter(stream=stream, product=product_id).delete()
        if not gone:
            raise Pin.DoesNotExist("Product is not pinned")
        _tell(stream)

    @event_log.verb
    def arrange(self, stream: Stream, product_ids: Sequence[uuid.UUID]) -> None:
        """Puts the pins in this order; those that are not named come last."""
        stream.lock()
        wanted = {product_id: order for order, product_id in enumerate(product_ids)}
        pins = list(stream.pins.in_order())
        if not wanted.keys() <= {pin.product_id for pin in pins}:
            raise ValidationError("Product is not pinned")
        pins.sort(key=lambda pin: wanted.get(pin.product_id, len(wanted)))
        for order, pin in enumerate(pins):
            pin.display_order = order
        self.bulk_update(pins, ["display_order"])
        _tell(stream)

    @event_log.verb
    def replace(self, stream: Stream, product_ids: Sequence[uuid.UUID]) -> None:
        """Pins exactly these products, as many as fit. Those that do not exist are skipped."""
        stream.lock()
        known = set(Product.objects.filter(pk__in=product_ids).values_list("pk", flat=True))
        chosen = [product_id for product_id in dict.fromkeys(product_ids) if product_id in known]
        chosen = chosen[: settings.PINS_AT_ONCE]
        self.filter(stream=stream).delete()
        self.bulk_create(
            Pin(stream=stream, product_id=product_id, display_order=order) for order, product_id in enumerate(chosen)
        )
        _tell(stream)


class Pin(models.Model):
    """A product kept in view while the show goes on."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="pins", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    display_order = models.PositiveSmallIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    objects = PinQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "product"], name="pin_once")]

    def __str__(self) -> str:
        return f"{self.product} pinned on {self.stream}"
