"""Products as the REST API reads and writes them; they are written as `shopping.wire` says."""

from decimal import Decimal
from typing import Any

import msgspec
from django.conf import settings
from rest_framework import serializers
from rest_framework.fields import empty

from rest import ids, links
from shopping import money, wire
from shopping.models import Product, read_variants
from shopping.models import variant as variants


class FlagField(serializers.BooleanField):
    """A field that is left out stays as it is; REST framework would take it for an unticked box in a form's body."""

    default_empty_html = empty


class PriceField(serializers.DecimalField):
    """A number or a decimal text, with no more decimals than the shop's currency has."""

    def __init__(self, **kwargs: Any) -> None:
        decimals = money.exponent(settings.SHOP_CURRENCY)
        super().__init__(max_digits=money.MAX_DIGITS, decimal_places=decimals, min_value=Decimal(0), **kwargs)


class OptionSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(max_length=variants.MAX_OPTION)
    value = serializers.CharField(max_length=variants.MAX_VALUE)


class StockedSerializer(serializers.Serializer[Any]):
    """What products and their variants have in common."""

    sku = serializers.CharField(max_length=variants.MAX_SKU, required=False, allow_null=True, allow_blank=True)
    stock = serializers.IntegerField(
        min_value=0, max_value=variants.MAX_STOCK, required=False, allow_null=True, help_text="null: not counted"
    )
    url = serializers.CharField(
        max_length=variants.MAX_URL,
        required=False,
        allow_null=True,
        allow_blank=True,
        validators=[links.validate_web],
        help_text="its page in the seller's shop, where it is bought",
    )

    def validate_sku(self, sku: str | None) -> str:
        return sku or ""

    def validate_url(self, address: str | None) -> str:
        return address or ""


class VariantSerializer(StockedSerializer):
    """A form in which a product is sold, as people choose it. What is null is as the product says."""

    id = ids.UUIDField(required=False)
    name = serializers.CharField(read_only=True, help_text="the values of its options")
    options = OptionSerializer(many=True)
    price = PriceField(required=False, allow_null=True)
    inStock = FlagField(source="in_stock", required=False)
    imageUrl = serializers.CharField(
        source="image_url",
        max_length=variants.MAX_URL,
        required=False,
        allow_null=True,
        allow_blank=True,
        validators=[links.validate_picture],
    )

    def validate_options(self, options: list[dict[str, str]]) -> list[tuple[str, str]]:
        return [(option["name"], option["value"]) for option in options]

    def validate_imageUrl(self, address: str | None) -> str:  # noqa: N802 - named for its field
        return address or ""


class ProductListSerializer(serializers.ListSerializer[Any]):
    def to_representation(self, data: Any) -> list[Any]:
        products = list(data.all() if hasattr(data, "all") else data)
        read_variants(products)
        return super().to_representation(products)


class ProductSerializer(StockedSerializer, serializers.ModelSerializer[Product]):
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

    variants = serializers.ListField(child=VariantSerializer(), required=False, max_length=variants.MAX_VARIANTS)

    class Meta:
        model = Product
        list_serializer_class = ProductListSerializer
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
            "url",
            "sku",
            "stock",
            "variants",
        ]
        read_only_fields = ["id", "currency"]

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        price, before = (facts.get(name, getattr(self.instance, name, None)) for name in ("price", "original_price"))
        if {"price", "original_price"} & facts.keys() and not money.is_reduced(price, before):
            raise serializers.ValidationError({"originalPrice": money.NOT_REDUCED})
        if self.instance is not None:
            _keep_on_sale(self.instance, facts)
        return facts

    def validate_imageUrl(self, address: str | None) -> str | None:  # noqa: N802 - REST framework finds it by the name of its field.
        return address or None

    def to_representation(self, instance: Product) -> dict[str, Any]:
        """The product as it is on sockets."""
        said: dict[str, Any] = msgspec.to_builtins(wire.Product.of(instance))
        return said


def _keep_on_sale(product: Product, facts: dict[str, Any]) -> None:
    """Passes over `inStock: false` of what is used up: clients send back what they read, and mean nothing by it."""
    if product.sold_out and facts.get("in_stock") is False:
        del facts["in_stock"]
    used_up = {variant.pk for variant in product.forms if variant.is_used_up}
    for row in facts.get("variants", ()):
        if row.get("id") in used_up and row.get("in_stock") is False:
            del row["in_stock"]
