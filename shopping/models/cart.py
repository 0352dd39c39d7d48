"""The cart that a session's participants fill together, one operation after the other."""

from datetime import timedelta
from typing import Any, NamedTuple, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from realtime import database, event_log
from rest import ids
from shopping import broadcasts, signals
from shopping.models.participant import Participant
from shopping.models.product import Product, shop_currency
from shopping.models.session import ShoppingSession
from shopping.models.variant import Variant

MAX_QUANTITY = 99  # of one product
MAX_PRODUCTS = 100  # different ones in one cart
KEPT = timedelta(hours=1)  # operations


def sold(product_id: Any) -> Product:
    """The product of this id, if the shop sells it in its currency; raises ValidationError."""
    key = ids.uuid_of(str(product_id))
    product = Product.objects.filter(pk=key, currency=shop_currency()).first() if key else None
    if product is None:
        raise ValidationError("Unknown product")
    return product


def check_quantity(qty: Any, least: int = 1) -> int:
    if type(qty) is not int or not least <= qty <= MAX_QUANTITY:
        raise ValidationError("Invalid quantity")
    return qty


def check_price(seen: Any, price: int) -> None:
    if type(seen) is not int or seen != price:
        raise ValidationError("The price has changed again", params={"unitPrice": price})


class Wish(NamedTuple):
    """What is to be done in a cart, as a client says it; nothing of it is believed yet.

    `op` is `add`, `set`, `remove` or `confirm`; the last one agrees to `price`, in minor units.
    """

    op: str
    product_id: Any
    qty: Any = None
    variant_id: Any = None
    price: Any = None


class CartLineQuerySet(models.QuerySet["CartLine"]):
    def in_order(self) -> Self:
        """Sorts a session's lines by when their product was first there, its variants beside each other."""
        of_product = {"session": models.OuterRef("session"), "product": models.OuterRef("product")}
        first = CartLine.objects.filter(**of_product).order_by("pk").values("pk")[:1]
        lines = self.annotate(first=models.Subquery(first))
        order = ("first", "variant__place", "variant", "pk")
        return lines.order_by(*order).select_related("product", "variant", "adder")

    @event_log.verb
    def operate(
        self, participant: Participant, op_id: str, op: str, product_id: Any, qty: Any = None, **more: Any
    ) -> "CartOperation":
        """Does one thing in the cart, once for each `op_id` however often it comes; `Wish` says what and `more`.

        Returns the operation, whose `seq` is the number of the event that tells the cart. Raises ValidationError,
        RequestRefused for what is sold out, and Participant.DoesNotExist; a refused operation changes nothing.
        """
        session = participant.session
        session.lock_for(participant)
        done = session.operations.filter(op_id=op_id).first()
        if done is not None:
            return done
        wish = Wish(op, product_id, qty, **more)
        product = sold(product_id)
        variant = product.find_variant(wish.variant_id)
        lines = self.filter(session=session, product=product, variant=variant).order_by("-pk")
        _Share(participant, product, variant, list(lines)).do(wish)
        operation = CartOperation(session=session, op_id=op_id, seq=broadcasts.cart_changed(session).seq)
        event_log.insert(operation)
        return operation


class _Share:
    """The lines that a session has of one product in one form, for a participant who changes them."""

    def __init__(
        self, participant: Participant, product: Product, variant: Variant | None, lines: list["CartLine"]
    ) -> None:
        self.participant, self.product, self.variant, self.lines = participant, product, variant, lines
        self.total = sum(line.qty for line in lines)

    def do(self, wish: Wish) -> None:
        if wish.op == "confirm":
            self.confirm(wish.price)
        elif wish.op == "add":
            self.grow(check_quantity(wish.qty))
        elif wish.op == "set":
            self.grow(check_quantity(wish.qty, least=0) - self.total)
        else:
            self.grow(-min(self.total, MAX_QUANTITY if wish.qty is None else check_quantity(wish.qty)))

    def confirm(self, price: Any) -> None:
        """Agrees to the price as it is now, which must be the one that was seen."""
        check_price(price, self.product.unit_price(self.variant))
        for line in self.lines:
            line.agreed_minor = price
            line.save(update_fields=["agreed_minor"])

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
        self.product.check_may_add(self.variant, self.total + by)
        known = CartLine.objects.filter(session=self.participant.session_id)
        if not self.lines and known.values("product", "variant").distinct().count() >= MAX_PRODUCTS:
            raise ValidationError("Cart is full")
        own = next((line for line in self.lines if line.adder_id == self.participant.pk), None)
        line = own or CartLine(
            session_id=self.participant.session_id,
            product=self.product,
            variant=self.variant,
            adder=self.participant,
            agreed_minor=self.product.unit_price(self.variant),
        )
        line.qty += by
        line.save()
        signals.cart_filled.send(CartLine, participant=self.participant, product=self.product, quantity=by)


class Goods(models.Model):
    """So many of a product in one form, at the price that was seen when they were put there."""

    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    variant = models.ForeignKey(Variant, models.CASCADE, null=True, blank=True, related_name="+")
    qty = models.PositiveSmallIntegerField(default=0)
    agreed_minor = models.PositiveBigIntegerField(null=True, blank=True, help_text="empty: the price as it is")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.qty} of {self.product}"

    @property
    def unit_price(self) -> int:
        return self.product.unit_price(self.variant)

    @property
    def is_available(self) -> bool:
        return self.product.can_be_bought(self.variant)

    @property
    def price_before(self) -> int | None:
        """The price that was agreed to, where it is another one now; it does not count until that is agreed to."""
        return None if self.agreed_minor in (None, self.unit_price) else self.agreed_minor


class CartLine(Goods):
    """How many of a product one participant has put into the cart."""

    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="lines", db_index=False)
    adder = models.ForeignKey(Participant, models.CASCADE, related_name="lines")

    objects = CartLineQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "product", "adder"],
                condition=models.Q(variant=None),
                name="cart_line_once",
            ),
            models.UniqueConstraint(fields=["session", "variant", "adder"], name="cart_line_variant_once"),
            models.CheckConstraint(condition=models.Q(qty__gte=1, qty__lte=MAX_QUANTITY), name="cart_line_qty"),
        ]

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
