"""What happens in other apps and matters to drops: a show ends, and the shop's stock changes."""

from typing import Any

from django.dispatch import receiver

from drops.models import Drop
from shopping import signals as shopping_signals
from shopping.models import Product
from streams import signals as streams_signals
from streams.models import Stream


@receiver(streams_signals.stream_ended)
def close_with_show(sender: object, stream: Stream, **_: Any) -> None:
    Drop.objects.end_of(stream)


@receiver(shopping_signals.product_changed)
def respect_stock(sender: object, product: Product, **_: Any) -> None:
    Drop.objects.respect_stock_of(product)


@receiver(shopping_signals.product_removed)
def close_without_product(sender: object, product: Product, **_: Any) -> None:
    Drop.objects.withdraw(product)
