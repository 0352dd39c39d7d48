"""The REST endpoints of products and of shopping sessions. Their clients expect bare bodies, and `{error}`."""

from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, HttpResponseRedirect
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import authentication
from accounts import identity as identities
from accounts.serializers import valid
from realtime import wire as kernel
from rest import pagination, schema
from rest.throttling import AddressThrottle
from shopping import product_serializers, serializers
from shopping.models import JoinRequest, Product, ProductQuerySet, ShoppingSession
from shopping.wire import coshop

LIST = {200: product_serializers.ProductSerializer(many=True), **schema.errors(400, 401, bare=True)}


class Products(ViewSet):
    noun = "Product"
    error_style = "bare"
    error_details = True
    public = ("retrieve", "categories")

    def get_permissions(self) -> list[BasePermission]:
        lists = self.action in ("list", "in_stock", "in_category")
        is_public = self.action in self.public or (lists and pagination.is_public(self.request))
        return [AllowAny() if is_public else IsAuthenticated()]

    @extend_schema(parameters=[*schema.UNPAGED, schema.PUBLIC], responses=LIST, auth=schema.NEEDLESS)
    def list(self, request: Request) -> Response:
        return self.page(request, self.asked(request))

    @extend_schema(parameters=[*schema.UNPAGED, schema.PUBLIC], responses=LIST, auth=schema.NEEDLESS)
    def in_stock(self, request: Request) -> Response:
        return self.page(request, self.asked(request).in_stock())

    @extend_schema(parameters=[*schema.UNPAGED, schema.PUBLIC], responses=LIST, auth=schema.NEEDLESS)
    def in_category(self, request: Request, category: str) -> Response:
        return self.page(request, self.asked(request).in_category(category))

    @extend_schema(responses={200: {"type": "array", "items": {"type": "string"}}})
    def categories(self, request: Request) -> Response:
        return Response(Product.objects.categories())

    @extend_schema(responses={200: product_serializers.ProductSerializer, **schema.errors(404, bare=True)})
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(product_serializers.ProductSerializer(Product.objects.get(pk=pk)).data)

    @extend_schema(
        request=product_serializers.ProductSerializer,
        responses={201: product_serializers.ProductSerializer, **schema.errors(400, 401, 403, bare=True)},
    )
    def create(self, request: Request) -> Response:
        form = product_serializers.ProductSerializer(data=request.data)
        if not form.is_valid():
            raise ValidationError("Failed to create product", params={"details": form.errors})
        product = Product.objects.offer(authentication.sender(request), **form.validated_data)
        return Response(product_serializers.ProductSerializer(product).data, status=201)

    @extend_schema(
        request=product_serializers.ProductSerializer(partial=True),
        responses={200: product_serializers.ProductSerializer, **schema.errors(400, 401, 403, 404, bare=True)},
    )
    def update(self, request: Request, pk: UUID) -> Response:
        product = self.controlled(request, pk, "You don't have permission to update this product")
        form = product_serializers.ProductSerializer(product, data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        product.revise(**form.validated_data)
        return Response(product_serializers.ProductSerializer(product).data)

    @extend_schema(responses={204: None, **schema.errors(401, 403, 404, bare=True)})
    def destroy(self, request: Request, pk: UUID) -> Response:
        self.controlled(request, pk, "You don't have permission to delete this product").remove()
        return Response(status=204)

    def asked(self, request: Request) -> ProductQuerySet:
        """Everybody's products, or the sender's own."""
        if pagination.is_public(request):
            return Product.objects.newest()
        return Product.objects.filter(seller=authentication.sender(request)).newest()

    def page(self, request: Request, products: ProductQuerySet) -> Response:
        usual = pagination.DEFAULT_LIMIT if pagination.is_public(request) else pagination.UNPAGED_LIMIT
        return Response(
            product_serializers.ProductSerializer(products[pagination.page(request, usual)], many=True).data
        )

    def controlled(self, request: Request, pk: UUID, refusal: str) -> Product:
        return Product.objects.find_controlled(pk, identities.Identity.of_request(request), refusal)


class Sessions(ViewSet):
    """Shopping sessions. Everyone who has the link may read who takes part, as they would by joining."""

    noun = "Session"
    throttle_scope = "party"

    @property
    def error_style(self) -> str:
        return (
            "bare" if self.action == "create" else "both"
        )  # The clients of other paths below /sessions read `message`.

    def get_throttles(self) -> list[Any]:
        return [AddressThrottle()] if self.action == "create" else []

    @extend_schema(
        request=serializers.CreateSessionSerializer,
        responses={200: serializers.SessionCreatedSerializer, **schema.errors(400, 429, bare=True)},
    )
    def create(self, request: Request) -> Response:
        asked = valid(serializers.CreateSessionSerializer(data=request.data))
        creator = JoinRequest(identities.Identity.of_request(request), "", asked["userId"], asked.get("userName"))
        admission = ShoppingSession.objects.open(creator, asked.get("metadata"))
        return Response(created(request, admission.participant.session))

    @extend_schema(
        responses={200: serializers.ShoppingSessionSerializer, **schema.errors(404)},
    )
    def retrieve(self, request: Request, key: str) -> Response:
        return Response(serializers.ShoppingSessionSerializer(ShoppingSession.objects.find(f"sess_{key}")).data)


def created(request: Request, session: ShoppingSession) -> dict[str, Any]:
    """What is answered to whoever has opened a session, as on sockets."""
    return kernel.plain(coshop.SessionCreated.of(session, request.build_absolute_uri("/").rstrip("/")))


@require_safe
def join(request: HttpRequest, pk: str) -> HttpResponse:
    """Redirects those who follow an invitation to the shop's page if there is one, else to ours."""
    try:
        session = ShoppingSession.objects.find(pk)
    except ShoppingSession.DoesNotExist:
        return HttpResponseNotFound("Session not found or expired", content_type="text/plain; charset=utf-8")
    return HttpResponseRedirect(f"{settings.APP_URL or f'/party/{session.pk}/'}?join={session.pk}")
