"""The products that a show keeps in view."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.serializers import valid
from rest import responses, schema
from streams import serializers
from streams.models import Pin, Stream
from streams.views.sessions import controlled, seen

CHANGED = schema.envelope(serializers.PinSerializer, many=True, message=True)


class Pins(ViewSet):
    """Every answer is the whole list in order, because it is short and one change may move the others."""

    noun = "Session"

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action == "list" else IsAuthenticated()]

    @extend_schema(responses={200: schema.envelope(serializers.PinSerializer, many=True), **schema.errors(404)})
    def list(self, request: Request, session_id: UUID) -> Response:
        return pinned(seen(request, session_id))

    @extend_schema(
        request=serializers.PinCreateSerializer, responses={201: CHANGED, **schema.errors(400, 401, 403, 404)}
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        stream = controlled(request, session_id)
        Pin.objects.pin(stream, **valid(serializers.PinCreateSerializer(data=request.data)))
        return pinned(stream, "Product pinned successfully", status=201)

    @extend_schema(responses={200: CHANGED, **schema.errors(401, 403, 404)})
    def destroy(self, request: Request, session_id: UUID, product_id: UUID) -> Response:
        stream = controlled(request, session_id)
        Pin.objects.unpin(stream, product_id)
        return pinned(stream, "Product unpinned successfully")

    @extend_schema(
        request=serializers.ProductIdsSerializer, responses={200: CHANGED, **schema.errors(400, 401, 403, 404)}
    )
    def order(self, request: Request, session_id: UUID) -> Response:
        stream = controlled(request, session_id)
        Pin.objects.arrange(stream, valid(serializers.ProductIdsSerializer(data=request.data))["productIds"])
        return pinned(stream, "Pinned products reordered successfully")


def pinned(stream: Stream, message: str = "", status: int = 200) -> Response:
    shown = serializers.PinSerializer(list(stream.pins.in_order()), many=True).data
    return responses.listing(list(shown), message=message, status=status)
