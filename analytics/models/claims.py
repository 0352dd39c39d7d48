"""What an order means for the claim of a drop that its buyer was led to the shop with."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from drops.models import Claim


def settle(claim_id: UUID | None, order_id: str, items: Sequence[Mapping[str, Any]]) -> None:
    """The shop says that an order was paid: so many pieces of the drop are in it. It may have none of them."""
    claim = Claim.objects.filter(pk=claim_id).select_related("drop").first() if claim_id else None
    if claim is not None and (pieces := pieces_of(claim, items)):
        claim.settle(pieces, order_id)


def pieces_of(claim: Claim, items: Sequence[Mapping[str, Any]]) -> int:
    """How many pieces of the drop are in an order; where it names no products of ours, all of the claim."""
    ours = [item for item in items if item.get("productId")]
    if not ours:
        return claim.pieces or claim.wanted
    product_id = str(claim.drop.product_id)
    return sum(int(item.get("quantity", 1)) for item in ours if str(item["productId"]) == product_id)


def refund(order_id: str) -> None:
    """The shop has paid all of an order back, or it was cancelled."""
    for claim in Claim.objects.filter(order_id=order_id).select_related("drop"):
        claim.refund()
