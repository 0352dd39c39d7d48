"""Stock and prices by a signed message of the shop's own server, as Standard Webhooks sign them."""

from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest import responses, schema, signatures
from shopping.models import StockMessage
from shopping.models import variant as variants
from shopping.models.restocking import MAX_ID, MAX_ITEMS
from shopping.product_serializers import FlagField, PriceField

SIGNED = [
    OpenApiParameter("webhook-id", str, OpenApiParameter.HEADER, required=True),
    OpenApiParameter("webhook-timestamp", int, OpenApiParameter.HEADER, required=True),
    OpenApiParameter("webhook-signature", str, OpenApiParameter.HEADER, required=True, description="v1,<base64>"),
]


class StockItemSerializer(serializers.Serializer[Any]):
    sku = serializers.CharField(max_length=variants.MAX_SKU)
    stock = serializers.IntegerField(
        min_value=0, max_value=variants.MAX_STOCK, required=False, allow_null=True, help_text="null: not counted"
    )
    price = PriceField(required=False)
    inStock = FlagField(source="in_stock", required=False, help_text="whether it is on sale at all")


class StockSerializer(serializers.Serializer[Any]):
    items = serializers.ListField(child=StockItemSerializer(), min_length=1, max_length=MAX_ITEMS)


class RestockedSerializer(serializers.Serializer[Any]):
    updated = serializers.IntegerField()
    unknown = serializers.ListField(child=serializers.CharField(), help_text="SKUs that nothing here has")


class Stock(APIView):
    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The body is read here as it came, before anything of it is parsed."""
        super().initial(request, *args, **kwargs)
        keys = [signatures.key_of(secret) for secret in settings.PURCHASES.catalogue_secrets]
        try:
            self.message_id = signatures.verify(keys, request.headers, request._request.body)
        except signatures.Forged:
            raise PermissionDenied("The request is not signed with a secret of the shop") from None

    @extend_schema(
        request=StockSerializer,
        parameters=SIGNED,
        responses={200: schema.envelope(RestockedSerializer), **schema.errors(400, 403)},
    )
    def post(self, request: Request) -> Response:
        """The shop says how many there are, and what they cost. The same message, sent again, changes nothing."""
        body = StockSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        done = StockMessage.objects.take(self.message_id[:MAX_ID], body.validated_data["items"])
        words = "This message has been taken before" if done.is_repeated else ""
        return responses.success({"updated": done.updated, "unknown": done.unknown}, message=words)
