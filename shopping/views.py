"""The REST endpoints of the catalogue. Its clients expect bare bodies: no envelope, and `{error}`."""

from uuid import UUID

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import answers, authentication, schema
from accounts import identity as identities
from shopping import serializers
from shopping.models import Product, ProductQuerySet

LIST = {200: serializers.ProductSerializer(many=True), **schema.errors(400, 401, bare=True)}


class Products(ViewSet):
    noun = "Product"
    error_style = "bare"
    public = ("retrieve", "categories")

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action in self.public else IsAuthenticated()]

    @extend_schema(parameters=schema.WINDOW, responses=LIST)
    def list(self, request: Request) -> Response:
        return self.page(request, self.own(request))

    @extend_schema(parameters=schema.WINDOW, responses=LIST)
    def in_stock(self, request: Request) -> Response:
        return self.page(request, self.own(request).in_stock())

    @extend_schema(parameters=schema.WINDOW, responses=LIST)
    def in_category(self, request: Request, category: str) -> Response:
        return self.page(request, self.own(request).in_category(category))

    @extend_schema(responses={200: {"type": "array", "items": {"type": "string"}}})
    def categories(self, request: Request) -> Response:
        return Response(Product.objects.categories())

    @extend_schema(responses={200: serializers.ProductSerializer, **schema.errors(404, bare=True)})
    def retrieve(self, request: Request, pk: UUID) -> Response:
        return Response(serializers.ProductSerializer(Product.objects.get(pk=pk)).data)

    @extend_schema(
        request=serializers.ProductSerializer,
        responses={201: serializers.ProductSerializer, **schema.errors(400, 401, bare=True)},
    )
    def create(self, request: Request) -> Response:
        form = serializers.ProductSerializer(data=request.data)
        if not form.is_valid():
            raise ValidationError("Failed to create product", params={"details": form.errors})
        product = Product.objects.offer(authentication.sender(request), **form.validated_data)
        return Response(serializers.ProductSerializer(product).data, status=201)

    @extend_schema(
        request=serializers.ProductSerializer(partial=True),
        responses={200: serializers.ProductSerializer, **schema.errors(400, 401, 403, 404, bare=True)},
    )
    def update(self, request: Request, pk: UUID) -> Response:
        product = self.controlled(request, pk, "You don't have permission to update this product")
        form = serializers.ProductSerializer(data=request.data, partial=True)
        form.is_valid(raise_exception=True)
        product.revise(**form.validated_data)
        return Response(serializers.ProductSerializer(product).data)

    @extend_schema(responses={204: None, **schema.errors(401, 403, 404, bare=True)})
    def destroy(self, request: Request, pk: UUID) -> Response:
        self.controlled(request, pk, "You don't have permission to delete this product").remove()
        return Response(status=204)

    def own(self, request: Request) -> ProductQuerySet:
        return Product.objects.filter(seller=authentication.sender(request)).newest()

    def page(self, request: Request, products: ProductQuerySet) -> Response:
        return Response(serializers.ProductSerializer(products[answers.window(request)], many=True).data)

    def controlled(self, request: Request, pk: UUID, refusal: str) -> Product:
        return Product.objects.find_controlled(pk, identities.Identity.of_request(request), refusal)
