"""The cart that a session's participants fill together, one operation after the other."""

import uuid
from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from shopping import signals
from shopping.models.participant import Participant
from shopping.models.product import Product, shop_currency
from shopping.models.session import ShoppingSession

MOST = 99  # of one product
MOST_PRODUCTS = 100  # different ones


def sold(product_id: Any) -> Product:
    """A product of the catalogue, in the currency of carts."""
    try:
        key = uuid.UUID(product_id) if isinstance(product_id, str) else None
    except ValueError:
        key = None
    product = Product.objects.filter(pk=key, currency=shop_currency()).first() if key else None
    if product is None:
        raise ValidationError("Unknown product")
    return product


def check_quantity(qty: Any, least: int = 1) -> int:
    if type(qty) is not int or not least <= qty <= MOST:
        raise ValidationError("Invalid quantity")
    return qty


class CartLineQuerySet(models.QuerySet["CartLine"]):
    def of(self, session: ShoppingSession) -> Self:
        """A session's lines, each product's together, in the order in which products and people were first there."""
        first = CartLine.objects.filter(session=session, product=models.OuterRef("product")).order_by("pk")
        lines = self.filter(session=session).annotate(first=models.Subquery(first.values("pk")[:1]))
        return lines.order_by("first", "pk").select_related("product", "adder")

    @event_log.verb
    def operate(self, seat: Participant, op_id: str, op: str, product_id: Any, qty: Any) -> "CartOperation":
        """Does what `op_id` asks for, once, however often it comes; what is refused leaves the cart as it was."""
        session = seat.take_turn()
        done = session.operations.filter(op_id=op_id).first()
        if done is not None:
            return done
        product = sold(product_id)
        share = _Share(seat, product, list(self.filter(session=session, product=product).order_by("-pk")))
        if op == "add":
            share.grow(check_quantity(qty))
        elif op == "set":
            share.grow(check_quantity(qty, least=0) - share.total)
        else:
            share.grow(-min(share.total, MOST if qty is None else check_quantity(qty)))
        operation = CartOperation(session=session, op_id=op_id)
        signals.cart_changed.send(CartLine, session=session, operation=operation)
        event_log.insert(operation)
        return operation


class _Share:
    """What a session has of one product, and whose hand changes it."""

    def __init__(self, seat: Participant, product: Product, lines: list["CartLine"]) -> None:
        self.seat, self.product, self.lines = seat, product, lines
        self.total = sum(line.qty for line in lines)

    def grow(self, by: int) -> None:
        """What is added is the hand's own; what is taken is its own first, then what was added last."""
        if by > 0:
            self._add(by)
        for line in sorted(self.lines, key=lambda line: line.adder_id != self.seat.pk) if by < 0 else ():
            taken = min(line.qty, -by)
            by += taken
            line.give_up(taken)

    def _add(self, by: int) -> None:
        if self.total + by > MOST:
            raise ValidationError("Invalid quantity")
        known = CartLine.objects.filter(session=self.seat.session_id)
        if not self.lines and known.values("product").distinct().count() >= MOST_PRODUCTS:
            raise ValidationError("Cart is full")
        own = next((line for line in self.lines if line.adder_id == self.seat.pk), None)
        line = own or CartLine(session_id=self.seat.session_id, product=self.product, adder=self.seat)
        line.qty += by
        line.save()


class CartLine(models.Model):
    """So many of a product, put there by one participant."""

    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="lines", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    adder = models.ForeignKey(Participant, models.CASCADE, related_name="lines")
    qty = models.PositiveSmallIntegerField(default=0)

    objects = CartLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "product", "adder"], name="cart_line_once"),
            models.CheckConstraint(condition=models.Q(qty__gte=1, qty__lte=MOST), name="cart_line_qty"),
        ]

    def __str__(self) -> str:
        return f"{self.qty} of {self.product}"

    def give_up(self, qty: int) -> None:
        if qty == self.qty:
            self.delete()
        elif qty:
            self.qty -= qty
            self.save(update_fields=["qty"])


class CartOperation(models.Model):
    """An operation that was done; `seq` is the number of the event that told the cart as it was then."""

    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="operations", db_index=False)
    op_id = models.CharField(max_length=64)
    seq = models.BigIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "op_id"], name="cart_operation_once")]

    def __str__(self) -> str:
        return self.op_id
