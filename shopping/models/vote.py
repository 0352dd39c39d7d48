"""What a session's participants think of products."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from realtime import event_log
from shopping import signals
from shopping.models.cart import sold
from shopping.models.participant import Participant
from shopping.models.product import Product
from shopping.models.session import ShoppingSession

MOST_PRODUCTS = 200  # that a session has votes on
COUNT = {
    "up": models.Count("pk", filter=models.Q(value=1)),
    "down": models.Count("pk", filter=models.Q(value=-1)),
}


class VoteQuerySet(models.QuerySet["Vote"]):
    def tallies(self, session: ShoppingSession) -> Iterable[Any]:
        """`{product, up, down}` of each product that has votes."""
        return self.filter(session=session).values("product").annotate(**COUNT).order_by("product")

    def tally(self, session: ShoppingSession, product: Product) -> dict[str, int]:
        return self.filter(session=session, product=product).aggregate(**COUNT)

    @event_log.verb
    def cast(self, seat: Participant, product_id: Any, value: int) -> None:
        """One vote of each participant on each product: a new one replaces the old, 0 takes it back."""
        session = seat.take_turn()
        product = sold(product_id)
        voted = self.filter(session=session)
        if value == 0:
            voted.filter(product=product, participant=seat).delete()
        else:
            if voted.exclude(product=product).values("product").distinct().count() >= MOST_PRODUCTS:
                raise ValidationError(f"At most {MOST_PRODUCTS} products can be voted on")
            self.update_or_create(session=session, product=product, participant=seat, defaults={"value": value})
        signals.voted.send(Vote, session=session, product=product)


class Vote(models.Model):
    session = models.ForeignKey(ShoppingSession, models.CASCADE, related_name="votes", db_index=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="+")
    participant = models.ForeignKey(Participant, models.CASCADE, related_name="votes")
    value = models.SmallIntegerField()

    objects = VoteQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "product", "participant"], name="vote_once"),
            models.CheckConstraint(condition=models.Q(value__in=[1, -1]), name="vote_value"),
        ]

    def __str__(self) -> str:
        return f"{self.value:+d} for {self.product}"
