"""Calls to the shop over REST. Who takes calls has a page open, so staff take them over its socket."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts import names
from accounts.serializers import valid
from rest import responses, schema, throttling
from streams import serializers
from streams.models import ShopCall, Switchboard

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same key, it is the same call."
)
CALL = schema.envelope(serializers.ShopCallSerializer)


class ShopCalls(ViewSet):
    noun = "Call"
    throttle_scope = "shop-call"

    def get_throttles(self) -> list[Any]:
        return [throttling.AddressThrottle()] if self.action == "create" else []

    @extend_schema(responses={200: schema.envelope(serializers.AvailabilitySerializer)}, auth=schema.NEEDLESS)
    def list(self, request: Request) -> Response:
        """Whether the shop can be called now; pages with a socket hear `shop-available`."""
        return responses.success({"available": Switchboard.objects.is_open()})

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.CallShopSerializer,
        responses={201: CALL, **schema.errors(400, 403, 404, 409, 429)},
        auth=schema.NEEDLESS,
    )
    def create(self, request: Request) -> Response:
        """Rings at one of the staff after another. A caller with a socket hears what becomes of it (`call-shop`)."""
        said = valid(serializers.CallShopSerializer(data=request.data))
        caller = identities.Identity.of_request(request)
        call = ShopCall.objects.place(
            caller,
            names.chosen(said["name"], caller) if said.get("name") and caller.is_guest else "",
            said["productId"],
            said["sessionId"],
            request.headers.get("Idempotency-Key", "")[:64],
        )
        return responses.success(call.state(), status=201)

    @extend_schema(responses={200: CALL, **schema.errors(404)}, auth=schema.NEEDLESS)
    def retrieve(self, request: Request, pk: int) -> Response:
        return responses.success(self._own(request, pk).state())

    @extend_schema(responses={200: CALL, **schema.errors(404)}, auth=schema.NEEDLESS)
    def destroy(self, request: Request, pk: int) -> Response:
        """Gives up a call that rings. One that is over stays what it is."""
        ShopCall.objects.cancel(pk, identities.Identity.of_request(request))
        return responses.success(self._own(request, pk).state())

    def _own(self, request: Request, pk: int) -> ShopCall:
        return ShopCall.objects.of(identities.Identity.of_request(request)).select_related("match").get(pk=pk)
