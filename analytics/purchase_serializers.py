"""What the shop and its pages report of purchases, and how they are answered."""

import json
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers

from accounts import guests
from accounts import identity as identities
from accounts.models import User
from analytics import references
from analytics.models import Purchase
from analytics.models.purchase import MAX_ID, MAX_ITEMS, MAX_ITEMS_BYTES, MAX_NAME, MAX_QUANTITY, MAX_VALUE, Order

CURRENCY = r"^[A-Z]{3}$"
AHEAD = timedelta(minutes=5)  # that the shop's clock may be


class IdField(serializers.CharField):
    """An id of the shop's own, as it stands."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"max_length": MAX_ID, "trim_whitespace": False, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        value = super().to_internal_value(data)
        if not value.isprintable():
            raise serializers.ValidationError("An id has no control characters")
        return str(value)


class MinorField(serializers.IntegerField):
    """An amount of money as an integer of minor units; 9.95 or "995" is none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_VALUE, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        if type(data) is not int:
            raise serializers.ValidationError("An amount is an integer of minor units")
        return int(super().to_internal_value(data))


class ItemSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField(required=False, help_text="a product of ours")
    itemId = IdField(required=False, max_length=MAX_NAME, help_text="the shop's own id of it")
    name = serializers.CharField(required=False, max_length=MAX_NAME)
    quantity = serializers.IntegerField(min_value=1, max_value=MAX_QUANTITY, default=1)
    price = MinorField(required=False, help_text="of one, in minor units")


class CheckoutSerializer(serializers.Serializer[Any]):
    """What is in the cart of someone who begins to pay."""

    items = serializers.ListField(child=ItemSerializer(), required=False, max_length=MAX_ITEMS)

    def validate_items(self, items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        if len(json.dumps(items, default=str)) > MAX_ITEMS_BYTES:
            raise serializers.ValidationError(f"The items of an order have at most {MAX_ITEMS_BYTES:,} bytes")
        return items

    def product_ids(self) -> list[Any]:
        return [item["productId"] for item in self.validated_data.get("items", []) if "productId" in item]


class PurchaseReportSerializer(CheckoutSerializer):
    """A purchase, as the buyer's page reports it."""

    orderId = IdField()
    currency = serializers.RegexField(CURRENCY, help_text="ISO 4217")
    value = MinorField(help_text="of the whole order, in minor units: 995 for 9.95 USD, 995 for 995 JPY")
    vitrineRef = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=1000,
        help_text="`vitrine_ref` of the address by which the buyer came; one that is not ours is passed over",
    )

    def order(self) -> Order:
        facts = self.validated_data
        items = [
            {key: str(value) if key == "productId" else value for key, value in item.items()}
            for item in facts.get("items", [])
        ]
        reference = references.read(facts.get("vitrineRef", ""), settings.PURCHASES.window)
        return Order(facts["orderId"], facts["currency"], facts["value"], items, facts.get("purchasedAt"), reference)


class ConfirmationSerializer(PurchaseReportSerializer):
    """A purchase, as the shop's server reports it. The buyer is whoever is named here, else who reported the order."""

    purchasedAt = serializers.DateTimeField(required=False, help_text="now without it")
    guest = serializers.CharField(required=False, max_length=guests.MAX_LENGTH, help_text="the buyer's guest token")
    userId = serializers.IntegerField(required=False, min_value=1, max_value=2**31 - 1, help_text="the buyer's account")

    def validate_purchasedAt(self, at: Any) -> Any:  # noqa: N802 - named for its field
        if at > timezone.now() + AHEAD:
            raise serializers.ValidationError("A purchase is not in the future")
        return at

    def validate_guest(self, token: str) -> str:
        visitor = guests.read(token)
        if visitor is None:
            raise serializers.ValidationError("The guest token is not ours, or has expired")
        return identities.visitor_key(visitor)

    def validate_userId(self, user_id: int) -> int:  # noqa: N802 - named for its field
        if not User.objects.filter(pk=user_id).exists():
            raise serializers.ValidationError("There is no such user")
        return user_id

    def viewers(self) -> list[str]:
        """The keys by which the buyer is known, the account first."""
        facts = self.validated_data
        account = [identities.user_key(facts["userId"])] if "userId" in facts else []
        return [*account, facts["guest"]] if "guest" in facts else account


class RefundSerializer(serializers.Serializer[Any]):
    orderId = IdField()
    refundId = IdField()
    value = MinorField(required=False, help_text="in minor units; all that is left without it")


class ReceivedSerializer(serializers.Serializer[Any]):
    """What is known of an order now; of another person's nothing more is told."""

    orderId = serializers.CharField(source="order_id")
    confirmed = serializers.BooleanField(source="is_confirmed")


class PurchaseSerializer(serializers.ModelSerializer[Purchase]):
    """A purchase that a show has led to. `seconds` is how far into the show its product was looked at."""

    orderId = serializers.CharField(source="order_id")
    confirmed = serializers.BooleanField(source="is_confirmed")
    net = serializers.IntegerField(help_text="the value without what was refunded")
    sessionId = serializers.UUIDField(source="stream_id", allow_null=True)
    productId = serializers.UUIDField(source="product_id", allow_null=True, help_text="that was looked at in the show")
    clickedAt = serializers.DateTimeField(source="clicked_at", allow_null=True)
    seconds = serializers.IntegerField(allow_null=True)
    purchasedAt = serializers.DateTimeField(source="at")

    class Meta:
        model = Purchase
        fields = [
            "orderId",
            "confirmed",
            "currency",
            "value",
            "refunded",
            "net",
            "items",
            "sessionId",
            "productId",
            "clickedAt",
            "seconds",
            "purchasedAt",
        ]


class SumsSerializer(serializers.Serializer[Any]):
    currency = serializers.CharField()
    exponent = serializers.IntegerField(help_text="decimals of the currency")
    orders = serializers.IntegerField(help_text="that the shop has confirmed")
    value = serializers.IntegerField(help_text="of these, in minor units")
    refunded = serializers.IntegerField(help_text="of these, in minor units")
    net = serializers.IntegerField(help_text="value without refunded")
    reportedOrders = serializers.IntegerField(help_text="that only pages have reported")
    reportedValue = serializers.IntegerField(help_text="of these, in minor units")


class PurchasesSerializer(serializers.Serializer[Any]):
    """What a show has sold: sums for each currency, and one page of the purchases, the newest first."""

    sessionId = serializers.UUIDField()
    currencies = SumsSerializer(many=True)
    total = serializers.IntegerField(help_text="purchases")
    purchases = PurchaseSerializer(many=True)
