"""What one person means to buy, whether they have an account or not: their own bag, beside the carts of parties."""

import uuid
from datetime import timedelta
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import database, event_log
from shopping.models.cart import MAX_QUANTITY, Goods, check_price, check_quantity, sold

MAX_LINES = 100  # of one bag
KEPT = timedelta(days=30)  # since a line was changed


class Origin(NamedTuple):
    """Where a product was put into the bag: a show, and how far into it, in milliseconds."""

    show_id: uuid.UUID | None = None
    moment_ms: int | None = None


NOWHERE = Origin()


class BagLineQuerySet(models.QuerySet["BagLine"]):
    def of(self, identity: identities.Identity) -> Self:
        """The bag of this person; what they took as a guest is theirs once they have logged in."""
        return self.filter(owner__in=identity.proven).order_by("pk").select_related("product", "variant")

    def find(self, identity: identities.Identity, pk: int) -> "BagLine":
        line = self.of(identity).filter(pk=pk).first()
        if line is None:
            raise BagLine.DoesNotExist("It is not in the bag")
        return line

    @event_log.verb
    def put(
        self, identity: identities.Identity, product_id: Any, variant_id: Any, qty: Any, origin: Origin = NOWHERE
    ) -> "BagLine":
        """Puts so many more of a product into the bag. Raises ValidationError, and RequestRefused for what is sold out.

        The last show in which it was put there is the one that counts.
        """
        product = sold(product_id)
        variant = product.find_variant(variant_id)
        mine = self.of(identity)
        line = mine.filter(product=product, variant=variant).select_for_update(of=("self",), no_key=True).first()
        if line is None:
            if mine.count() >= MAX_LINES:
                raise ValidationError("The bag is full")
            agreed = product.unit_price(variant)
            line = BagLine(owner=identity.address, product=product, variant=variant, agreed_minor=agreed)
        line.become(line.qty + check_quantity(qty))
        if origin.show_id is not None:
            line.show_id, line.moment_ms = str(origin.show_id), origin.moment_ms
        line.save()
        return line

    def erase(self, identity: str) -> int:
        """Empties the bag of `identity`, an Identity's key; returns how many lines it had."""
        return database.delete(self.filter(owner=identity))

    def forget(self) -> int:
        """Deletes what nobody has touched for long; returns how much."""
        return database.delete(self.filter(changed_at__lt=Now() - KEPT))


class BagLine(Goods):
    """So many of a product in somebody's bag."""

    owner = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    show_id = models.CharField(max_length=36, blank=True, default="", help_text="the show that it was seen in")
    moment_ms = models.PositiveBigIntegerField(null=True, blank=True, help_text="ms into the show")
    changed_at = models.DateTimeField(auto_now=True, db_index=True)

    objects = BagLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "product"], condition=models.Q(variant=None), name="bag_line_once"
            ),
            models.UniqueConstraint(fields=["owner", "variant"], name="bag_line_variant_once"),
            models.CheckConstraint(condition=models.Q(qty__gte=1, qty__lte=MAX_QUANTITY), name="bag_line_qty"),
        ]

    @property
    def can_be_paid(self) -> bool:
        """Whether the seller's shop has a page of it, it is there, and its price is the one that was agreed to."""
        return bool(self.product.page(self.variant)) and self.is_available and self.price_before is None

    def become(self, qty: int) -> None:
        """Checks that there are so many, where they are more than before; raises ValidationError and RequestRefused."""
        if qty > MAX_QUANTITY:
            raise ValidationError("Invalid quantity")
        if qty > self.qty:
            self.product.check_may_add(self.variant, qty)
        self.qty = qty

    @event_log.verb
    def revise(self, qty: Any = None, price: Any = None) -> None:
        """Sets how many there are, 0 for none, and agrees to a price that has changed: the one that was seen."""
        if price is not None:
            check_price(price, self.unit_price)
            self.agreed_minor = price
        if qty == 0 and type(qty) is int:
            self.delete()
            return
        if qty is not None:
            self.become(check_quantity(qty))
        self.save()
