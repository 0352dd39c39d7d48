"""Products on a show, and those that are kept in view."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import demanded
from realtime import wire
from rest import ids
from shopping.product_serializers import FlagField, PriceField, ProductSerializer
from streams.models import Listing, Pin
from streams.models import listing as listings
from streams.wire import pins


class ListingSerializer(serializers.ModelSerializer[Listing]):
    sessionId = ids.UUIDField(source="stream_id")
    productId = ids.UUIDField(source="product_id")
    displayOrder = serializers.IntegerField(source="display_order")
    createdAt = serializers.DateTimeField(source="created_at")
    product = ProductSerializer()

    class Meta:
        model = Listing
        fields = ["id", "sessionId", "productId", "featured", "displayOrder", "createdAt", "product"]


class FeatureSerializer(serializers.Serializer[Any]):
    featured = FlagField(error_messages=demanded("Featured must be a boolean value"))


class OrderSerializer(serializers.Serializer[Any]):
    displayOrder = serializers.IntegerField(source="display_order", min_value=0, max_value=listings.MAX_DISPLAY_ORDER)


class PinCreateSerializer(serializers.Serializer[Any]):
    productId = ids.UUIDField(
        source="product_id", error_messages={**demanded("Product ID is required"), "invalid": "Product not found"}
    )
    displayOrder = serializers.IntegerField(
        source="display_order", min_value=0, max_value=listings.MAX_DISPLAY_ORDER, required=False
    )


class ListingCreateSerializer(PinCreateSerializer):
    featured = FlagField(required=False, error_messages=demanded("Featured must be a boolean value"))


class ProductIdsSerializer(serializers.Serializer[Any]):
    productIds = serializers.ListField(child=ids.UUIDField(), max_length=listings.MAX_LISTINGS)


class PinSerializer(serializers.Serializer[Any]):
    """A product kept in view: the flat fields that clients read, and the whole product beside them."""

    productId = ids.UUIDField()
    name = serializers.CharField()
    price = PriceField()
    image = serializers.CharField(allow_null=True)
    displayOrder = serializers.IntegerField()
    product = ProductSerializer()

    def to_representation(self, instance: Pin) -> dict[str, Any]:
        """The same object as on sockets."""
        return wire.plain(pins.Pin.of(instance))
