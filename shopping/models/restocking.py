"""Stock and prices as the shop's own server tells them, each message once."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import IntegrityError, models, transaction
from django.db.models.functions import Now

from realtime import database, event_log
from shopping.models.product import Product
from shopping.models.variant import Variant

MAX_ITEMS = 500  # of one message
MAX_ID = 256  # characters of a message's id
KEPT = timedelta(days=2)  # a message's id; it is good for minutes


class Restocked(NamedTuple):
    """What came of a message: how many were found, and the SKUs that nothing here has."""

    updated: int
    unknown: list[str]
    is_repeated: bool = False


class StockMessageQuerySet(models.QuerySet["StockMessage"]):
    @event_log.verb
    def take(self, message_id: str, items: Sequence[Mapping[str, Any]]) -> Restocked:
        """Sets stock, price and whether it is on sale by SKU; what was said of one last counts.

        A message that has come before changes nothing.
        """
        try:
            with transaction.atomic():
                self.create(message_id=message_id)
        except IntegrityError:
            return Restocked(0, [], is_repeated=True)
        said = {item["sku"]: item for item in items}
        variants = {each.sku: each.product_id for each in Variant.objects.filter(sku__in=said)}
        owners = variants | dict(Product.objects.filter(sku__in=said).values_list("sku", "pk"))
        for pk in sorted(set(owners.values())):
            Product.objects.get(pk=pk).restock({sku: said[sku] for sku, owner in owners.items() if owner == pk})
        return Restocked(len(owners), [sku for sku in said if sku not in owners])

    def forget(self) -> int:
        return database.delete(self.filter(at__lt=Now() - KEPT))


class StockMessage(models.Model):
    """The id of a message that was taken, so that it is not taken again."""

    message_id = models.CharField(max_length=MAX_ID, unique=True)
    at = models.DateTimeField(db_default=Now(), db_index=True)

    objects = StockMessageQuerySet.as_manager()

    def __str__(self) -> str:
        return self.message_id
