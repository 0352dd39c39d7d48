"""The cart that a session's participants fill together, one operation after the other."""

from datetime import timedelta
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import database, event_log
from rest import ids
from shopping import broadcasts, signals
from shopping.models.participant import Participant
from shopping.models.product import Product, shop_currency
from shopping.models.session import ShoppingSession

MAX_QUANTITY = 99  # of one product
MAX_PRODUCTS = 100  # different ones in one cart
KEPT = timedelta(hours=1)  # operations


def sold(product_id: Any) -> Product:
    """The product of this id, if the shop sells it in its currency; raises ValidationError."""
    key = ids.uuid_of(product_id)
    product = Product.objects.filter(pk=key, currency=shop_currency()).first() if key else None
    if product is None:
        raise ValidationError("Unknown product")
    return product


def check_quantity(qty: Any, least: int = 1) -> int:
    if type(qty) is not int or not least <= qty <= MAX_QUANTITY:
        raise ValidationError("Invalid quantity")
    return qty


class CartLineQuerySet(models.QuerySet["CartLine"]):
    def in_order(self) -> Self:
        """Sorts a session's lines by when their product was first there, and then by when they were themselves."""
        of_product = {"session": models.OuterRef("session"), "product": models.OuterRef("product")}
        first = CartLine.objects.filter(**of_product).order_by("pk").values("pk")[:1]
        lines = self.annotate(first=models.Subquery(first))
        return lines.order_by("first", "pk").select_related("product", "adder")

    @event_log.verb
    def operate(self, participant: Participant, op_id: str, op: str, product_id: Any, qty: Any) -> "CartOperation":
        """Adds, sets or removes so many of a product, once for each `op_id` however often it comes.

        Returns the operation, whose `seq` is the number of the event that tells the cart. Raises ValidationError, and
        Participant.DoesNotExist; a refused operation leaves the cart as it was.
        """
        session = participant.session
        session.lock_for(participant)
        done = session.operations.filter(op_id=op_id).first()
        if done is not None:
            return done
        product = sold(product_id)
        share = _Share(participant, product, list(self.filter(session=session, product=product).order_by("-pk")))
        if op == "add":
            share.grow(check_quantity(qty))
        elif op == "set":
            share.grow(check_quantity(qty, least=0) - share.total)
        else:
            share.grow(-min(share.total, MAX_QUANTITY if qty is None else check_quantity(qty)))
        operation = CartOperation(session=session, op_id=op_id, seq=broadcasts.cart_changed(session).seq)
        event_log.insert(operation)
        return operation


class _Share:
    """The lines that a session has of one product, for a participant who changes them."""

    def __init__(self, participant: Participant, product: Product, lines: list["CartLine"]) -> None:
        self.participant, self.product, self.lines = participant, product, lines
        self.total = sum(line.qty for line in lines)

    def grow(self, by: int) -> None:
        """Adds to the participant's own line, or takes from it first and then from the lines that were added last."""
        if by > 0:
            self._add(by)
        for line in sorted(self.lines, key=lambda line: line.adder_id != self.participant.pk) if by < 0 else ():
            taken = min(line.qty, -by)
            by += taken
            line.reduce(taken)

    def _add(self, by: int) -> None:
        if self.total + by > MAX_QUANTITY:
            raise ValidationError("Invalid quantity")
        known = CartLine.objects.filter(session=self.participant.session_id)
        if not self.lines and known.values("product").distinct().count() >= MAX_PRODUCTS:
            raise ValidationError("Cart is full")
        own = next((line for line in self.lines if line.adder_id == self.participant.pk), None)
        line = own or CartLine(session_id=self.participant.session_id, product=self.product, adder=self.participant)
        line.qty += by
        line.save()
        signals.cart_filled.send(CartLine, participant=self.participant, product=self.product, quantity=by)


class CartLine(models.Model):
    """How many of a product one participant has put into the cart."""

    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    adder = models.ForeignKey(Participant, models.CASCADE, related_name="lines")
    qty = models.PositiveSmallIntegerField(default=0)

    objects = CartLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "product", "adder"], name="cart_line_once"),
            models.CheckConstraint(condition=models.Q(qty__gte=1, qty__lte=MAX_QUANTITY), name="cart_line_qty"),
        ]

    def __str__(self) -> str:
        return f"{self.qty} of {self.product}"

    def reduce(self, qty: int) -> None:
        """Takes `qty` away; a line of nothing is deleted."""
        if qty == self.qty:
            self.delete()
        elif qty:
            self.qty -= qty
            self.save(update_fields=["qty"])


class CartOperationQuerySet(models.QuerySet["CartOperation"]):
    def forget(self) -> int:
        """Deletes those whose clients will not send them again, but each session's last; returns how many."""
        later = CartOperation.objects.filter(session=models.OuterRef("session"), seq__gt=models.OuterRef("seq"))
        return database.delete(self.filter(models.Exists(later), at__lt=Now() - KEPT))


class CartOperation(models.Model):
    """An operation that was done. `seq` is the number of the event that told the cart after it."""

    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="operations", db_index=False)
    op_id = models.CharField(max_length=64)
    seq = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    objects = CartOperationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "op_id"], name="cart_operation_once")]

    def __str__(self) -> str:
        return self.op_id
