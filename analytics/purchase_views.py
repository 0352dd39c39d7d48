"""Purchases over REST: the shop's server reports them signed, its pages unsigned, and a show's own are read."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from analytics import purchase_serializers as serializers
from analytics import purchases
from analytics.models import Checkout, Purchase
from analytics.views import Figures
from rest import pagination, responses, schema, signatures
from rest.throttling import AddressThrottle

SIGNED = [
    OpenApiParameter("webhook-id", str, OpenApiParameter.HEADER, required=True),
    OpenApiParameter("webhook-timestamp", int, OpenApiParameter.HEADER, required=True),
    OpenApiParameter("webhook-signature", str, OpenApiParameter.HEADER, required=True, description="v1,<base64>"),
]


class Signed(APIView):
    """An endpoint for the shop's server, which signs as Standard Webhooks say, with one of PURCHASE_SECRETS."""

    noun = "Order"
    authentication_classes = []
    permission_classes = [AllowAny]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """The body is read here as it came, before anything of it is parsed."""
        super().initial(request, *args, **kwargs)
        keys = [signatures.key_of(secret) for secret in settings.PURCHASES.secrets]
        try:
            signatures.verify(keys, request.headers, request._request.body)
        except signatures.Forged:
            raise PermissionDenied("The request is not signed with a secret of the shop") from None


class Confirm(Signed):
    @extend_schema(
        request=serializers.ConfirmationSerializer,
        parameters=SIGNED,
        responses={201: schema.envelope(serializers.PurchaseSerializer), **schema.errors(400, 403, 409)},
    )
    def post(self, request: Request) -> Response:
        """The shop says that an order was paid. The same order, sent again, is counted once."""
        body = serializers.ConfirmationSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        purchase = Purchase.objects.confirm(body.order(), body.viewers())
        return responses.success(serializers.PurchaseSerializer(purchase).data, status=201)


class Refund(Signed):
    @extend_schema(
        request=serializers.RefundSerializer,
        parameters=SIGNED,
        responses={201: schema.envelope(serializers.PurchaseSerializer), **schema.errors(400, 403, 404, 409)},
    )
    def post(self, request: Request) -> Response:
        """The shop has paid back an order, or a part of it. The same refund, sent again, is counted once."""
        body = serializers.RefundSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        facts = body.validated_data
        purchase = Purchase.objects.refund(facts["orderId"], facts["refundId"], facts.get("value"))
        return responses.success(serializers.PurchaseSerializer(purchase).data, status=201)


class FromPage(APIView):
    """An endpoint for the shop's pages, whose visitor is known as everywhere else."""

    permission_classes = [AllowAny]
    throttle_classes = [AddressThrottle]
    throttle_scope = "purchase"


class Report(FromPage):
    @extend_schema(
        request=serializers.PurchaseReportSerializer,
        responses={201: schema.envelope(serializers.ReceivedSerializer), **schema.errors(400, 429)},
    )
    def post(self, request: Request) -> Response:
        """A buyer's page says that they have bought something. It counts as reported until the shop confirms it."""
        body = serializers.PurchaseReportSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        purchase = Purchase.objects.report(body.order(), identities.Identity.of_request(request))
        return responses.success(serializers.ReceivedSerializer(purchase).data, status=201)


class BeginCheckout(FromPage):
    @extend_schema(
        request=serializers.CheckoutSerializer,
        responses={201: schema.DoneSerializer, **schema.errors(400, 429)},
    )
    def post(self, request: Request) -> Response:
        """A page says that its visitor begins to pay."""
        body = serializers.CheckoutSerializer(data=request.data)
        body.is_valid(raise_exception=True)
        Checkout.objects.begin(identities.Identity.of_request(request), body.product_ids())
        return responses.success(message="Checkout noted", status=201)


class Purchases(Figures):
    @extend_schema(
        parameters=schema.PAGE,
        responses={200: serializers.PurchasesSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """What was bought because of the show: sums for each currency, and the purchases, the newest first."""
        stream = self.stream(request, session_id)
        found = stream.purchases.select_related("stream").order_by("-at", "-pk")
        shown = {
            "sessionId": stream.pk,
            "currencies": purchases.of(stream),
            "total": found.count(),
            "purchases": found[pagination.page(request)],
        }
        return Response(serializers.PurchasesSerializer(shown).data)
