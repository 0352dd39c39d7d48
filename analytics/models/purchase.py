"""What was bought, as the shop and its pages report it, and which show it came from."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from analytics import references, signals
from analytics.models import claims
from analytics.models.click import ProductClick
from realtime import database, errors, event_log
from shopping.models import Product
from streams.models import Stream

MAX_ID = 100  # characters of an order's or a refund's id
MAX_ITEMS = 200  # different ones of an order
MAX_ITEMS_BYTES = 32 * 1024  # of all of them, as JSON
MAX_NAME = 100  # characters of an item's id, and of its name
MAX_QUANTITY = 100_000
MAX_VALUE = 2**53 - 1  # in minor units: JavaScript's numbers are exact up to there
MAX_REFUNDS = 100  # of one purchase
CONFLICT = "conflict"


class Order(NamedTuple):
    """What is reported of a purchase. Values are integers in minor units of `currency`."""

    id: str
    currency: str
    value: int
    items: list[dict[str, Any]]
    at: datetime | None = None
    reference: references.Reference | None = None  # with which the buyer was led to the shop

    @property
    def product_ids(self) -> list[UUID]:
        return [UUID(item["productId"]) for item in self.items if item.get("productId")]


def last_look(viewers: Collection[str], product_ids: Collection[UUID], at: datetime) -> ProductClick | None:
    """The look at a product in a show that a purchase of `at` is put down to: the buyer's last one before it.

    Only looks at what was bought count, where the order names products of ours, and none older than the window.
    """
    looks = ProductClick.objects.filter(
        viewer__in=viewers, at__lte=at, at__gt=at - settings.PURCHASES.window
    ).select_related("stream", "product")
    if product_ids:
        looks = looks.filter(product__in=product_ids)
    return looks.order_by("-at", "-pk").first()


def _account(viewer: str) -> int | None:
    """The account of an Identity's key, if there still is one."""
    user_id = identities.user_id_of(viewer)
    return user_id if user_id is not None and User.objects.filter(pk=user_id).exists() else None


class PurchaseQuerySet(models.QuerySet["Purchase"]):
    def confirmed(self) -> "PurchaseQuerySet":
        return self.filter(confirmed_at__isnull=False)

    def find(self, order_id: str) -> "Purchase":
        """Locked until the transaction ends. Raises DoesNotExist."""
        found = self.select_for_update(no_key=True).filter(order_id=order_id).first()
        if found is None:
            raise Purchase.DoesNotExist("Order not found")
        return found

    @event_log.verb
    def report(self, order: Order, identity: identities.Identity) -> "Purchase":
        """Notes what a buyer's page says. An order that is known already stays as it is."""
        if (known := self.filter(order_id=order.id).first()) is not None:
            return known
        made = Purchase(order_id=order.id)
        made.take(order, [identity.key, identities.visitor_key(identity.visitor)])
        made.save(force_insert=True)
        signals.purchase_reported.send(Purchase, purchase=made)
        return made

    @event_log.verb
    def confirm(self, order: Order, viewers: Iterable[str] = ()) -> "Purchase":
        """Notes what the shop says; it stands above what a page has said. The same order, sent again, changes nothing.

        `viewers` are keys of the buyer's Identity; without any it is whoever's page has reported the order. Raises
        RequestRefused for an order that was confirmed with another value.
        """
        known = self.select_for_update(no_key=True).filter(order_id=order.id).first()
        made = known or Purchase(order_id=order.id)
        if made.confirmed_at is not None:
            if (made.currency, made.value) != (order.currency, order.value):
                raise errors.RequestRefused(CONFLICT, "This order has been confirmed with another value")
            return made
        made.take(order, list(viewers) or [each for each in [made.viewer] if each])
        made.confirmed_at = timezone.now()
        made.save(force_insert=known is None)
        claims.settle(made.claim_id, made.order_id, made.items)
        signals.purchase_confirmed.send(Purchase, purchase=made)
        return made

    @event_log.verb
    def refund(self, order_id: str, refund_id: str, value: int | None = None) -> "Purchase":
        """Notes that the shop has paid back `value`, or all that is left. The same refund, sent again, changes nothing.

        Raises DoesNotExist, ValidationError for more than is left, and RequestRefused.
        """
        purchase = self.find(order_id)
        known = purchase.refunds.filter(refund_id=refund_id).first()
        if known is not None:
            if value is not None and value != known.value:
                raise errors.RequestRefused(CONFLICT, "This refund has been reported with another value")
            return purchase
        if purchase.confirmed_at is None:
            raise errors.RequestRefused(CONFLICT, "This order has not been confirmed")
        purchase.pay_back(refund_id, purchase.net if value is None else value)
        return purchase

    def forget(self, age: timedelta) -> int:
        """Deletes the purchases that are older than `age`; returns how many."""
        return database.delete(self.filter(at__lt=Now() - age))


class Purchase(models.Model):
    """An order of the shop. Who reports it first from a page is no proof that it is theirs, nor that there is one."""

    order_id = models.CharField(max_length=MAX_ID, unique=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    viewer = models.CharField(max_length=80, blank=True, help_text="user:<id> or visitor:<id>; empty: not known")
    currency = models.CharField(max_length=3, help_text="ISO 4217")
    value = models.PositiveBigIntegerField(help_text="in minor units")
    refunded = models.PositiveBigIntegerField(default=0, help_text="in minor units")
    items = models.JSONField(default=list, blank=True)
    stream = models.ForeignKey(Stream, models.SET_NULL, null=True, blank=True, related_name="purchases", db_index=False)
    product = models.ForeignKey(
        Product, models.SET_NULL, null=True, blank=True, related_name="+", help_text="that was looked at in the show"
    )
    claim_id = models.UUIDField(null=True, blank=True, help_text="of a drop, with which they were led to the shop")
    clicked_at = models.DateTimeField("looked at", null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)
    created_at = models.DateTimeField(db_default=Now())
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects = PurchaseQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "-at"]),
            models.Index(fields=["viewer", "-at"]),
            models.Index(fields=["at"]),
        ]
        constraints = [
            models.CheckConstraint(condition=models.Q(refunded__lte=models.F("value")), name="purchase_refunded"),
        ]

    def __str__(self) -> str:
        return self.order_id

    @property
    def net(self) -> int:
        return self.value - self.refunded

    @property
    def is_confirmed(self) -> bool:
        return self.confirmed_at is not None

    @property
    def seconds(self) -> int | None:
        """How far into the show the product was looked at."""
        if self.clicked_at is None or self.stream is None or self.stream.started_at is None:
            return None
        return int((self.clicked_at - self.stream.started_at).total_seconds())

    def take(self, order: Order, viewers: list[str]) -> None:
        """Takes over what is reported, and puts it down to a show. The person is whoever looked there."""
        self.currency, self.value, self.items = order.currency, order.value, order.items
        self.at = min(order.at or self.at, timezone.now())
        if order.reference is not None:
            self.claim_id = order.reference.claim_id or self.claim_id
            if self._follow(order.reference):
                return
            viewers = [order.reference.viewer, *viewers]
        look = last_look(viewers, order.product_ids, self.at) if viewers else None
        self.viewer = look.viewer if look is not None else next(iter(viewers), "")
        self.user_id = look.user_id if look is not None else _account(self.viewer)
        self.stream = look.stream if look is not None else None
        self.product = look.product if look is not None else None
        self.clicked_at = look.at if look is not None else None

    def _follow(self, reference: references.Reference) -> bool:
        """Puts it down to the show that has led to the shop; returns whether there is one."""
        stream = Stream.objects.filter(pk=reference.stream_id).first() if reference.stream_id else None
        if stream is None:
            return False
        self.viewer, self.user_id, self.stream = reference.viewer, _account(reference.viewer), stream
        self.product = Product.objects.filter(pk=reference.product_id).first()
        begin = stream.started_at
        self.clicked_at = reference.at if begin is None else begin + timedelta(milliseconds=reference.moment_ms)
        return True

    def pay_back(self, refund_id: str, value: int) -> None:
        """Notes a refund; the caller has locked the row."""
        if not 0 < value <= self.net:
            raise ValidationError("A refund is above 0 and no more than what is left of the order")
        if self.refunds.count() >= MAX_REFUNDS:
            raise ValidationError(f"An order has at most {MAX_REFUNDS} refunds")
        refund = Refund.objects.create(purchase=self, refund_id=refund_id, value=value)
        self.refunded += value
        self.save(update_fields=["refunded"])
        if not self.net:
            claims.refund(self.order_id)
        signals.purchase_refunded.send(Purchase, purchase=self, refund=refund)


class Refund(models.Model):
    """What was paid back of a purchase, at once or a part of it."""

    purchase = models.ForeignKey(Purchase, models.CASCADE, related_name="refunds", db_index=False)
    refund_id = models.CharField(max_length=MAX_ID)
    value = models.PositiveBigIntegerField(help_text="in minor units of the purchase's currency")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purchase", "refund_id"], name="refund_once")]

    def __str__(self) -> str:
        return self.refund_id
