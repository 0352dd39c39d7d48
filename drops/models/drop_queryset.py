"""Finding drops, announcing them, and what happens to them without anybody."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from drops import broadcasts, signals
from drops.bounds import MAX_AT_ONCE, MAX_DROPS
from drops.models.claim import Claim
from drops.models.ledger import Ledger
from drops.models.states import UNFINISHED, Outcome, State, Status
from realtime import event_log
from shopping import money
from shopping.models import Product, Variant
from streams.models import Stream

if TYPE_CHECKING:
    from drops.models.drop import Drop

CHUNK = 100  # drops that a periodic task takes care of at a time
RUNNING = models.Q(status__in=UNFINISHED)


def find_variant(product: Product, variant_id: uuid.UUID | None) -> Variant | None:
    """The form that is dropped; raises ValidationError where there is no such one, or it has to be chosen."""
    if variant_id is None:
        if product.variant_count:
            raise ValidationError("Choose a variant")
        return None
    variant = product.variants.filter(pk=variant_id).first()
    if variant is None:
        raise ValidationError("Unknown variant")
    return variant


class DropQuerySet(models.QuerySet["Drop"]):
    def find(self, stream_id: uuid.UUID, pk: uuid.UUID) -> "Drop":
        drop = self.filter(stream=stream_id, pk=pk).select_related("stream", "product", "variant").first()
        if drop is None:
            raise self.model.DoesNotExist("Drop not found")
        return drop

    def shown(self) -> Self:
        """In the order in which people see them: what goes on first, then what is over, the newest first."""
        first = models.Case(models.When(status=Status.CLOSED, then=1), default=0)
        return self.annotate(first=first).order_by("first", "-created_at", "-pk").select_related("product", "variant")

    def unfinished(self) -> Self:
        return self.filter(RUNNING)

    def locked(self, **which: Any) -> "list[Drop]":
        """Locks these in the order of their keys, with the database's clock; a plain FOR UPDATE would stop inserts."""
        found = self.filter(**which).annotate(now=Now()).order_by("pk")
        return list(found.select_for_update(no_key=True, of=("self",)))

    def lock(self, pk: uuid.UUID) -> "Drop":
        found = self.locked(pk=pk)
        if not found:
            raise self.model.DoesNotExist("Drop not found")
        return found[0]

    @event_log.verb
    def announce(
        self,
        stream: Stream,
        by: identities.Identity,
        product_id: uuid.UUID,
        variant_id: uuid.UUID | None = None,
        opens_in: int | None = None,
        price: Decimal | None = None,
        **rules: Any,
    ) -> "Drop":
        """A new drop of a product of the show, which opens in so many seconds, or by hand. Raises ValidationError.

        `rules` are fields of it: quantity, per_person, hold_seconds, open_seconds, extensions, mode, keyword.
        """
        if not stream.is_on:
            raise ValidationError("A drop is announced while the show is on", params={"currentStatus": stream.status})
        product = Product.objects.select_for_update(no_key=True).filter(listings__stream=stream, pk=product_id).first()
        if product is None:
            raise ValidationError("Product not found in this session's product list")
        variant = find_variant(product, variant_id)
        drop = self.model(stream=stream, product=product, variant=variant, creator=by.user, **rules)
        drop.title, drop.form = product.name, variant.name if variant else ""
        drop.currency = product.currency
        drop.price_minor = product.unit_price(variant) if price is None else money.to_minor(price, product.currency)
        self._check_room(stream, drop)
        drop.full_clean(exclude=["stream", "product", "variant", "creator"])
        drop.check_stock(drop.quantity)
        drop.opens_at = None if opens_in is None else Now() + timedelta(seconds=opens_in)
        drop.save(force_insert=True)
        drop.refresh_from_db(fields=["opens_at", "created_at"])
        broadcasts.drop_told(drop)
        signals.drop_changed.send(self.model, drop=drop, status=drop.status)
        return drop

    def _check_room(self, stream: Stream, drop: "Drop") -> None:
        mine = self.filter(stream=stream)
        if mine.count() >= MAX_DROPS:
            raise ValidationError(f"A session has at most {MAX_DROPS} drops")
        if mine.unfinished().count() >= MAX_AT_ONCE:
            raise ValidationError(f"At most {MAX_AT_ONCE} drops can go on at once")
        if self.unfinished().filter(product=drop.product_id, variant=drop.variant_id).exists():
            raise ValidationError("There is a drop of this product already: close it first")

    def due(self) -> Self:
        """The drops at which something has to be done by now."""
        now = Now()
        holds = models.Exists(Claim.objects.filter(drop=models.OuterRef("pk"), state=State.HELD, held_until__lte=now))
        is_due = models.Q(status=Status.ANNOUNCED, opens_at__lte=now) | models.Q(status=Status.OPEN, closes_at__lte=now)
        return self.filter(is_due | models.Q(holds, held__gt=0))

    def do_what_is_due(self) -> int:
        """Opens and closes drops, and ends holds that were not paid for; returns at how many drops."""
        due = list(self.due().values_list("pk", flat=True)[:CHUNK])
        for pk in due:
            self.model.look(pk)
        return len(due)

    def end_of(self, stream: Stream) -> None:
        """Closes what goes on, because the show is over: who holds a piece may still pay for it."""
        for drop in self.locked(stream=stream, status__in=UNFINISHED):
            ledger = Ledger.of(drop)
            ledger.look()
            if drop.status in UNFINISHED:
                ledger.close(Outcome.ENDED)
            ledger.save()

    def respect_stock_of(self, product: Product) -> None:
        """The shop says how much there is: no drop keeps more than that."""
        for drop in self.locked(product=product, status__in=UNFINISHED):
            drop.product = product
            left = drop.left_in_shop()
            if left is not None:
                drop.respect(left)

    def withdraw(self, product: Product) -> None:
        """The product is about to be deleted."""
        for drop in self.locked(product=product, status__in=UNFINISHED):
            drop.respect(0)
