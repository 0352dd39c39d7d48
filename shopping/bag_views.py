"""One's own bag over REST, for guests as well: they are known by their cookie or guest token."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts.serializers import valid
from rest import responses, schema
from rest.throttling import AddressThrottle
from shopping import bag_serializers as serializers
from shopping.models import BagLine
from shopping.models.bag import Origin

BAG = schema.envelope(serializers.BagSerializer)


class Bag(ViewSet):
    """Every answer is the whole bag as it is then. What is sold out is refused with 409."""

    noun = "Line"
    permission_classes = [AllowAny]
    throttle_scope = "bag"

    def get_throttles(self) -> list[Any]:
        return [] if self.action == "retrieve" else [AddressThrottle()]

    @extend_schema(responses={200: BAG})
    def retrieve(self, request: Request) -> Response:
        return answer(request)

    @extend_schema(request=serializers.PutSerializer, responses={201: BAG, **schema.errors(400, 409, 429)})
    def put(self, request: Request) -> Response:
        asked = valid(serializers.PutSerializer(data=request.data))
        origin = Origin(asked.get("sessionId"), asked.get("atMs"))
        identity = identities.Identity.of_request(request)
        BagLine.objects.put(identity, asked["productId"], asked.get("variantId"), asked["qty"], origin)
        return answer(request, status=201)

    @extend_schema(request=serializers.ReviseSerializer, responses={200: BAG, **schema.errors(400, 404, 409, 429)})
    def revise(self, request: Request, pk: int) -> Response:
        line = BagLine.objects.find(identities.Identity.of_request(request), pk)
        line.revise(**valid(serializers.ReviseSerializer(data=request.data)))
        return answer(request)

    @extend_schema(responses={200: BAG, **schema.errors(404, 429)})
    def take_out(self, request: Request, pk: int) -> Response:
        BagLine.objects.find(identities.Identity.of_request(request), pk).delete()
        return answer(request)

    @extend_schema(responses={200: BAG, **schema.errors(429)})
    def empty(self, request: Request) -> Response:
        BagLine.objects.of(identities.Identity.of_request(request)).order_by().delete()
        return answer(request)


def answer(request: Request, status: int = 200) -> Response:
    lines = BagLine.objects.of(identities.Identity.of_request(request))
    return responses.success(shown(list(lines)), status=status)


def shown(lines: list[BagLine]) -> dict[str, Any]:
    """A bag as REST and the page of it read it."""
    items = [serializers.BagItemSerializer(line).data for line in lines]
    return {
        "items": items,
        "total": sum(item["lineTotal"] for item in items),
        "currency": settings.SHOP_CURRENCY,
        "count": sum(item["qty"] for item in items),
    }
