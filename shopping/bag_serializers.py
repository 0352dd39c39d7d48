"""One's own bag as the REST API reads and writes it. Money is in minor units of the bag's currency."""

from typing import Any
from urllib.parse import urlencode

from rest_framework import serializers

from rest import ids
from shopping.models import BagLine
from shopping.models import cart as carts

MAX_MS = 30 * 24 * 60 * 60 * 1000  # into a show


class PutSerializer(serializers.Serializer[Any]):
    productId = ids.UUIDField()
    variantId = ids.UUIDField(required=False, allow_null=True, help_text="demanded of a product that has variants")
    qty = serializers.IntegerField(min_value=1, max_value=carts.MAX_QUANTITY, default=1)
    sessionId = ids.UUIDField(required=False, allow_null=True, help_text="the show in which it was seen")
    atMs = serializers.IntegerField(
        min_value=0, max_value=MAX_MS, required=False, allow_null=True, help_text="how far into the show"
    )


class ReviseSerializer(serializers.Serializer[Any]):
    qty = serializers.IntegerField(min_value=0, max_value=carts.MAX_QUANTITY, required=False, help_text="0: none")
    price = serializers.IntegerField(
        min_value=0, max_value=2**53 - 1, required=False, help_text="`unitPrice` as it was seen, which is agreed to"
    )


class BagItemSerializer(serializers.Serializer[BagLine]):
    id = serializers.IntegerField()
    productId = serializers.UUIDField()
    variantId = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()
    variantName = serializers.CharField(allow_null=True)
    imageUrl = serializers.CharField(allow_null=True)
    qty = serializers.IntegerField()
    unitPrice = serializers.IntegerField(help_text="as it is now")
    lineTotal = serializers.IntegerField()
    priceBefore = serializers.IntegerField(
        allow_null=True, help_text="that was agreed to; while it is not null, `unitPrice` has to be confirmed"
    )
    inStock = serializers.BooleanField()
    sessionId = serializers.UUIDField(allow_null=True, help_text="the show in which it was seen")
    buyUrl = serializers.CharField(
        allow_null=True, help_text="leads to the seller's shop; null where it cannot be bought as it is"
    )

    def to_representation(self, instance: BagLine) -> dict[str, Any]:
        product, variant = instance.product, instance.variant
        return {
            "id": instance.pk,
            "productId": str(product.pk),
            "variantId": variant and str(variant.pk),
            "name": product.name,
            "variantName": variant and variant.name,
            "imageUrl": (variant.image_url if variant else "") or product.image_url,
            "qty": instance.qty,
            "unitPrice": instance.unit_price,
            "lineTotal": instance.qty * instance.unit_price,
            "priceBefore": instance.price_before,
            "inStock": instance.is_available,
            "sessionId": instance.show_id or None,
            "buyUrl": buy_url(instance) if instance.can_be_paid else None,
        }


def buy_url(line: BagLine) -> str:
    asked: dict[str, Any] = {"price": line.unit_price}
    if line.variant_id:
        asked["variant"] = line.variant_id
    if line.show_id:
        asked["show"] = line.show_id
    if line.moment_ms is not None:
        asked["at"] = line.moment_ms
    return f"/buy/{line.product_id}/?{urlencode(asked)}"


class BagSerializer(serializers.Serializer[Any]):
    items = BagItemSerializer(many=True)
    total = serializers.IntegerField()
    currency = serializers.CharField(help_text="ISO 4217")
    count = serializers.IntegerField()
