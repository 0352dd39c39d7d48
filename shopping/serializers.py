"""Products and sessions as the REST API reads and writes them; products are written as `shopping.wire` says."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from rest_framework import serializers
from rest_framework.fields import empty

from accounts.serializers import demanded
from rest import links
from shopping import money, wire
from shopping.models import Participant, Product, ShoppingSession
from shopping.wire import coshop


class FlagField(serializers.BooleanField):
    """A field that is left out stays as it is; REST framework would take it for an unticked box in a form's body."""

    default_empty_html = empty


class PriceField(serializers.DecimalField):
    """A number or a decimal text, with no more decimals than the shop's currency has."""

    def __init__(self, **kwargs: Any) -> None:
        decimals = money.exponent(settings.SHOP_CURRENCY)
        super().__init__(max_digits=money.MAX_DIGITS, decimal_places=decimals, min_value=Decimal(0), **kwargs)


class ProductSerializer(serializers.ModelSerializer[Product]):
    price = PriceField()
    originalPrice = PriceField(source="original_price", required=False, allow_null=True)
    category = serializers.CharField(max_length=100, allow_blank=True)
    inStock = FlagField(source="in_stock", required=False)
    imageUrl = serializers.CharField(
        source="image_url",
        max_length=1000,
        required=False,
        allow_null=True,
        allow_blank=True,
        validators=[links.validate_picture],
    )
    sellerId = serializers.IntegerField(source="seller_id", read_only=True, allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = Product
        fields = [
            "id",
            "name",
            "description",
            "price",
            "originalPrice",
            "currency",
            "category",
            "inStock",
            "imageUrl",
            "sellerId",
            "createdAt",
            "updatedAt",
        ]
        read_only_fields = ["id", "currency"]

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        price, before = (facts.get(name, getattr(self.instance, name, None)) for name in ("price", "original_price"))
        if {"price", "original_price"} & facts.keys() and not money.is_reduced(price, before):
            raise serializers.ValidationError({"originalPrice": money.NOT_REDUCED})
        return facts

    def validate_imageUrl(self, address: str | None) -> str | None:  # noqa: N802 - REST framework finds it by the name of its field.
        return address or None

    def to_representation(self, instance: Product) -> dict[str, Any]:
        """The product as it is on sockets."""
        said: dict[str, Any] = msgspec.to_builtins(wire.Product.of(instance))
        return said


class CreateSessionSerializer(serializers.Serializer[Any]):
    userId = serializers.CharField(max_length=64, error_messages=demanded("userId is required"))
    userName = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    metadata = serializers.DictField(required=False, allow_null=True)


class SessionCreatedSerializer(serializers.Serializer[Any]):
    sessionId = serializers.CharField()
    inviteLink = serializers.CharField()
    expiresAt = serializers.IntegerField(help_text="milliseconds since 1970")


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    userId = serializers.CharField(source="user_id")
    userName = serializers.CharField(source="name")

    class Meta:
        model = Participant
        fields = ["userId", "userName"]


class MomentField(serializers.IntegerField):
    """Milliseconds since 1970."""

    def to_representation(self, value: datetime) -> int:  # type: ignore[override]
        return coshop.epoch_ms(value)


class ShoppingSessionSerializer(serializers.ModelSerializer[ShoppingSession]):
    host = serializers.CharField(source="host.user_id", default="")
    participants = ParticipantSerializer(source="participants.listed", many=True)
    metadata = serializers.DictField()
    createdAt = MomentField(source="created_at")
    expiresAt = MomentField(source="expires_at")

    class Meta:
        model = ShoppingSession
        fields = ["id", "host", "participants", "metadata", "createdAt", "expiresAt"]
