"""What a session's participants think of products."""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models

from realtime import event_log
from shopping import broadcasts
from shopping.models.cart import sold
from shopping.models.participant import Participant
from shopping.models.product import Product
from shopping.models.session import ShoppingSession

MAX_PRODUCTS = 200  # A session may have votes on so many products.
COUNT = {
    "up": models.Count("pk", filter=models.Q(value=1)),
    "down": models.Count("pk", filter=models.Q(value=-1)),
}


class VoteQuerySet(models.QuerySet["Vote"]):
    def tallies(self) -> Iterable[Any]:
        """Counts the votes on each product that has some, as `{product, up, down}`."""
        return self.values("product").annotate(**COUNT).order_by("product")

    def tally(self, product: Product) -> dict[str, int]:
        """Counts the votes on one product, as `{up, down}`."""
        return self.filter(product=product).aggregate(**COUNT)

    @event_log.verb
    def cast(self, participant: Participant, product_id: Any, value: int) -> None:
        """Votes on a product. A participant has one vote on each: a new one replaces it, and 0 takes it back."""
        session = participant.session
        session.lock_for(participant)
        product = sold(product_id)
        voted = self.filter(session=session)
        if value == 0:
            voted.filter(product=product, participant=participant).delete()
        else:
            if voted.exclude(product=product).values("product").distinct().count() >= MAX_PRODUCTS:
                raise ValidationError(f"At most {MAX_PRODUCTS} products can be voted on")
            self.update_or_create(session=session, product=product, participant=participant, defaults={"value": value})
        broadcasts.voted(session, product, voted.tally(product))


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
