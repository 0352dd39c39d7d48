"""A drop: so many pieces of a product, in a show, for whoever is first."""

import uuid
from datetime import timedelta
from decimal import Decimal

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from drops.bounds import (
    KEYWORD,
    MAX_COUNTDOWN,
    MAX_EXTENSIONS,
    MAX_HOLD,
    MAX_KEYWORD,
    MAX_PER_PERSON,
    MAX_QUANTITY,
    MIN_COUNTDOWN,
    MIN_HOLD,
)
from drops.models.drop_queryset import RUNNING, DropQuerySet
from drops.models.ledger import Ledger
from drops.models.states import Mode, Outcome, State, Status
from realtime import event_log
from shopping import money
from shopping.models import Product, Variant
from shopping.models.variant import MAX_NAME
from streams.models import Stream


class Drop(models.Model):
    """Some pieces of a product in one of its forms. What it says of the product it keeps when that changes."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="drops", db_index=False)
    product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="drops")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, blank=True, related_name="drops")
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=255)
    form = models.CharField(max_length=MAX_NAME, blank=True, default="", help_text="the variant's name")
    currency = models.CharField(max_length=3)
    price_minor = models.PositiveBigIntegerField()
    quantity = models.PositiveIntegerField(default=1, help_text="pieces")
    per_person = models.PositiveSmallIntegerField(default=1, help_text="pieces")
    hold_seconds = models.PositiveIntegerField(default=300)
    open_seconds = models.PositiveIntegerField(default=0, help_text="0: until it is closed by hand")
    extensions = models.PositiveSmallIntegerField(default=1, help_text="times that a hold may be extended")
    mode = models.CharField(max_length=7, choices=Mode.choices, default=Mode.CLAIMED)
    keyword = models.CharField(max_length=MAX_KEYWORD, default=KEYWORD, blank=True, help_text="in the chat")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.ANNOUNCED)
    outcome = models.CharField(max_length=8, choices=Outcome.choices, default="", blank=True)
    held = models.PositiveIntegerField(default=0, editable=False)
    paid = models.PositiveIntegerField(default=0, editable=False)
    waiting = models.PositiveIntegerField(default=0, editable=False, help_text="claims in the line")
    claimed = models.PositiveIntegerField(default=0, editable=False, help_text="claims, ever")
    last_line = models.PositiveIntegerField(default=0, editable=False, help_text="claims that have ever waited")
    opens_at = models.DateTimeField(null=True, blank=True)
    closes_at = models.DateTimeField(null=True, blank=True)
    opened_at = models.DateTimeField(null=True, blank=True)
    sold_out_at = models.DateTimeField(null=True, blank=True, help_text="for the first time")
    closed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = DropQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "-created_at"]),
            models.Index(fields=["status", "opens_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(quantity__gte=models.F("held") + models.F("paid")), name="drop_never_oversold"
            ),
            models.CheckConstraint(condition=models.Q(status__in=Status.values), name="drop_status"),
            models.CheckConstraint(
                condition=models.Q(status=Status.CLOSED, outcome__in=Outcome.values, closed_at__isnull=False)
                | (~models.Q(status=Status.CLOSED) & models.Q(outcome="", closed_at__isnull=True)),
                name="drop_outcome",
            ),
            models.CheckConstraint(
                condition=models.Q(quantity__lte=2 * MAX_QUANTITY, per_person__range=(1, MAX_PER_PERSON)),
                name="drop_bounds",
            ),
            models.UniqueConstraint(
                # One whose variant was deleted keeps its name until it is closed.
                fields=["product"],
                condition=RUNNING & models.Q(variant__isnull=True, form=""),
                name="drop_product_once",
            ),
            models.UniqueConstraint(fields=["variant"], condition=RUNNING, name="drop_variant_once"),
        ]

    def __str__(self) -> str:
        return f"{self.title}, {self.form}" if self.form else self.title

    @property
    def left(self) -> int:
        """Pieces that nobody has claimed."""
        return max(self.quantity - self.held - self.paid, 0)

    @property
    def price(self) -> Decimal:
        return money.to_decimal(self.price_minor, self.currency)

    def clean(self) -> None:
        """Raises ValidationError for rules that are out of bounds."""
        bounds = {
            "quantity": (1, MAX_QUANTITY),
            "per_person": (1, MAX_PER_PERSON),
            "hold_seconds": (MIN_HOLD, MAX_HOLD),
            "extensions": (0, MAX_EXTENSIONS),
        }
        for name, (least, most) in bounds.items():
            if not least <= getattr(self, name) <= most:
                raise ValidationError(f"{name.replace('_', ' ').capitalize()} must be between {least} and {most}")
        if self.open_seconds and not MIN_COUNTDOWN <= self.open_seconds <= MAX_COUNTDOWN:
            raise ValidationError(f"A countdown takes {MIN_COUNTDOWN} to {MAX_COUNTDOWN} seconds")
        if len(self.keyword.split()) > 1:
            raise ValidationError("A keyword is one word")

    def left_in_shop(self) -> int | None:
        """How many pieces this drop may have by what the shop says; None where it does not count them.

        What is held of earlier drops of the same thing is not there for this one.
        """
        if self.product is None or (self.form and self.variant is None):
            return 0
        if not self.product.in_stock or (self.variant is not None and not self.variant.in_stock):
            return 0
        stock = (self.variant or self.product).stock
        if stock is None:
            return None
        others = Drop.objects.filter(product=self.product_id, variant=self.variant_id).exclude(pk=self.pk)
        held = others.aggregate(n=models.Sum("held"))["n"] or 0
        return max(stock - held, 0)

    def check_stock(self, wanted: int) -> None:
        """Raises ValidationError for more pieces than the shop has."""
        left = self.left_in_shop()
        if left is not None and wanted > left:
            raise ValidationError(f"Only {left} left" if left else "Sold out")

    def respect(self, left: int) -> None:
        """The shop has so many pieces; the caller has locked the drop."""
        ledger = Ledger.of(self)
        ledger.look()
        ledger.respect(left)
        ledger.save()

    # --- its course; each locks it, and does first what is due

    @classmethod
    @event_log.verb
    def look(cls, pk: uuid.UUID) -> "Drop":
        """Does what is due by now."""
        drop = cls.objects.lock(pk)
        ledger = Ledger.of(drop)
        ledger.look()
        ledger.save()
        return drop

    def _open_ledger(self) -> Ledger:
        self.refresh_from_db(from_queryset=Drop.objects.select_for_update(no_key=True))
        now = Drop.objects.filter(pk=self.pk).annotate(now=Now()).values_list("now", flat=True).get()
        ledger = Ledger(self, now)
        ledger.look()
        return ledger

    def _check_goes_on(self) -> None:
        if self.status == Status.CLOSED:
            raise ValidationError("This drop is over", params={"currentStatus": self.status})

    @event_log.verb
    def open(self) -> None:
        """Opens it now; one that is open stays so."""
        ledger = self._open_ledger()
        self._check_goes_on()
        if self.status == Status.ANNOUNCED:
            ledger.open()
        ledger.save()

    @event_log.verb
    def extend(self, seconds: int) -> None:
        """Has it open, or close, so much later."""
        if not MIN_COUNTDOWN <= seconds <= MAX_COUNTDOWN:
            raise ValidationError(f"A countdown is extended by {MIN_COUNTDOWN} to {MAX_COUNTDOWN} seconds")
        ledger = self._open_ledger()
        self._check_goes_on()
        name = "opens_at" if self.status == Status.ANNOUNCED else "closes_at"
        if getattr(self, name) is None:
            raise ValidationError("This drop has no countdown")
        setattr(self, name, max(getattr(self, name), ledger.now) + timedelta(seconds=seconds))
        ledger.is_revised = True
        ledger.save()

    @event_log.verb
    def add_pieces(self, pieces: int) -> None:
        """Puts more pieces into it; those who wait are given them first. Raises ValidationError."""
        if not 1 <= pieces <= MAX_QUANTITY:
            raise ValidationError(f"Pieces must be between 1 and {MAX_QUANTITY}")
        if self.product_id:  # the shop's count stands still meanwhile; it is locked before the drop, as elsewhere
            self.product = Product.objects.select_for_update(no_key=True).get(pk=self.product_id)
        ledger = self._open_ledger()
        self._check_goes_on()
        if self.quantity + pieces > MAX_QUANTITY:
            raise ValidationError(f"A drop has at most {MAX_QUANTITY} pieces")
        self.check_stock(self.quantity - self.paid + pieces)
        self.quantity += pieces
        ledger.is_revised = True
        ledger.save()

    @event_log.verb
    def close(self) -> None:
        """Nobody claims any longer; who holds a piece may pay for it until the end of their time."""
        ledger = self._open_ledger()
        if self.status != Status.CLOSED:
            ledger.close(Outcome.CLOSED)
        ledger.save()

    @event_log.verb
    def undo(self) -> None:
        """Takes back a wrong one with all claims; raises ValidationError once something was paid for."""
        ledger = self._open_ledger()
        if self.paid:
            raise ValidationError("Something has been paid for: close the drop instead")
        if self.status == Status.CLOSED and self.outcome != Outcome.UNDONE:
            self._check_goes_on()
        if self.status != Status.CLOSED:
            ledger.close(Outcome.UNDONE)
        for claim in self.claims.filter(state=State.HELD):
            ledger.let_go(claim, State.CANCELLED)
        ledger.save()
