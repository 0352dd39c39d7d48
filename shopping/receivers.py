"""What changes to products mean for the carts that have them."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.dispatch import receiver

from shopping import broadcasts, signals
from shopping.models import Product, ShoppingSession

BATCH = 500  # products that are looked for in carts at once
MAX_REPRICED = 500  # So many parties are told of a changed product at once; the others see it at their next operation.


@receiver(signals.product_changed)
def reprice_carts(sender: object, product: Product, **_: Any) -> None:
    """A cart that someone looks at must not show an old price."""
    for session in lock_sessions_with([product]):
        broadcasts.cart_repriced(session)


@receiver(signals.catalogue_changed)
def reprice_carts_of_many(sender: object, products: Sequence[Product], **_: Any) -> None:
    for begin in range(0, len(products), BATCH):
        for session in lock_sessions_with(products[begin : begin + BATCH]):
            broadcasts.cart_repriced(session)


@receiver(signals.product_removed)
def take_out_of_carts(sender: object, product: Product, **_: Any) -> None:
    for session in lock_sessions_with([product]):
        broadcasts.cart_without(session, product=product)


@receiver(signals.variants_removed)
def take_variants_out_of_carts(sender: object, product: Product, variant_ids: Collection[UUID], **_: Any) -> None:
    for session in lock_sessions_with([product]):
        broadcasts.cart_without(session, variant__in=variant_ids)


def lock_sessions_with(products: Sequence[Product]) -> Iterator[ShoppingSession]:
    """Locks the sessions with one of `products` in their cart one by one: the cart told last is the one that exists.

    They are locked in the order of their keys, so that two transactions cannot wait for each other.
    """
    going_on = ShoppingSession.objects.going_on().filter(lines__product__in=products).distinct()
    for session in sorted(going_on.order_by("-expires_at")[:MAX_REPRICED], key=lambda session: session.pk):
        session.lock()
        yield session
