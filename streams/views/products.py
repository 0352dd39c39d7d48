"""The products on a show."""

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts.serializers import valid
from rest import responses, schema
from shopping.product_serializers import ProductSerializer
from streams import serializers
from streams.models import Listing
from streams.views.sessions import controlled, seen

CHANGED = {200: schema.envelope(serializers.ListingSerializer, message=True), **schema.errors(400, 401, 403, 404)}


class Products(ViewSet):
    noun = "Session"

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action == "list" else IsAuthenticated()]

    @extend_schema(
        parameters=[OpenApiParameter("featured", bool)],
        responses={200: schema.envelope(serializers.ListingSerializer, many=True), **schema.errors(404)},
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        listings = seen(request, session_id).listings.in_order().select_related("product")
        if request.query_params.get("featured") == "true":
            listings = listings.filter(featured=True)
        return responses.listing(list(serializers.ListingSerializer(listings, many=True).data))

    @extend_schema(
        request=serializers.ListingCreateSerializer,
        responses={
            201: schema.envelope(serializers.ListingSerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        stream = controlled(request, session_id)
        listing = stream.add_product(**valid(serializers.ListingCreateSerializer(data=request.data)))
        return changed(listing, "Product added to session successfully", status=201)

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def destroy(self, request: Request, session_id: UUID, product_id: UUID) -> Response:
        controlled(request, session_id).listings.find(product_id).withdraw()
        return responses.success(message="Product removed from session successfully")

    @extend_schema(request=serializers.FeatureSerializer, responses=CHANGED)
    def feature(self, request: Request, session_id: UUID, product_id: UUID) -> Response:
        listing = controlled(request, session_id).listings.find(product_id)
        listing.feature(**valid(serializers.FeatureSerializer(data=request.data)))
        return changed(listing, "Product feature status updated successfully")

    @extend_schema(request=serializers.OrderSerializer, responses=CHANGED)
    def order(self, request: Request, session_id: UUID, product_id: UUID) -> Response:
        listing = controlled(request, session_id).listings.find(product_id)
        listing.move(**valid(serializers.OrderSerializer(data=request.data)))
        return changed(listing, "Product display order updated successfully")

    @extend_schema(
        request=serializers.ProductIdsSerializer,
        responses={
            200: schema.envelope(ProductSerializer, many=True, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def feature_only(self, request: Request, session_id: UUID) -> Response:
        listings = controlled(request, session_id).listings
        listings.feature_only(valid(serializers.ProductIdsSerializer(data=request.data))["productIds"])
        featured = listings.filter(featured=True).in_order().select_related("product")
        shown = ProductSerializer([listing.product for listing in featured], many=True).data
        return responses.listing(list(shown), message="Featured products updated successfully")


def changed(listing: Listing, message: str, status: int = 200) -> Response:
    return responses.success(serializers.ListingSerializer(listing).data, message, status=status)
