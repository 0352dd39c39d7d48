"""The REST endpoints of searching, for everyone. Their clients expect bare bodies, and `{error}`."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.viewsets import ViewSet

from accounts.serializers import UserSerializer, valid
from rest import schema
from rest.throttling import AddressThrottle
from search import creators, finding, lines, serializers, suggestions
from search.postgres import Found
from shopping.product_serializers import ProductSerializer
from streams.models import Stream

Shape = type[BaseSerializer[Any]]

REFUSALS = schema.errors(400, 429, bare=True)
SHAPES: dict[str, Shape] = {
    "sessions": serializers.FoundSessionSerializer,
    "products": ProductSerializer,
    "creators": UserSerializer,
    "lines": serializers.FoundLineSerializer,
}


def page_of(kind: str) -> dict[int, Any]:
    """The answers of an endpoint that finds rows of one kind."""
    return {200: serializers.page_of(SHAPES[kind]), **REFUSALS}


SHOWS = page_of("sessions")


class Search(ViewSet):
    error_style = "bare"
    permission_classes = [AllowAny]
    throttle_classes = [AddressThrottle]
    throttle_scope = "search"

    @extend_schema(
        parameters=[serializers.AllQuerySerializer], responses={200: serializers.EverythingSerializer, **REFUSALS}
    )
    def everything(self, request: Request) -> Response:
        facts = valid(serializers.AllQuerySerializer(data=request.query_params))
        text, rows = demanded(facts), slice(0, facts["limit"])
        found = {
            "sessions": finding.shows(text, rows),
            "products": finding.products(text, rows),
            "creators": creators.find(text, rows),
            "lines": lines.find(text, rows),
        }
        shown = {kind: self.shown(SHAPES[kind], page) for kind, page in found.items()}
        counts = {kind: page.total for kind, page in found.items()}
        return Response({**shown, "counts": counts, "total": sum(counts.values())})

    @extend_schema(
        parameters=[serializers.QuerySerializer], responses={200: serializers.SuggestionsSerializer, **REFUSALS}
    )
    def suggestions(self, request: Request) -> Response:
        text = valid(serializers.QuerySerializer(data=request.query_params)).get("q", "")
        return Response({"suggestions": suggestions.find(text)})

    @extend_schema(parameters=[serializers.ProductQuerySerializer], responses=page_of("products"))
    def products(self, request: Request) -> Response:
        facts = valid(serializers.ProductQuerySerializer(data=request.query_params))
        return self.page(ProductSerializer, finding.products, facts)

    @extend_schema(parameters=[serializers.PagedSerializer], responses=page_of("creators"))
    def creators(self, request: Request) -> Response:
        facts = valid(serializers.PagedSerializer(data=request.query_params))
        return self.page(UserSerializer, creators.find, facts | {"q": demanded(facts)})

    @extend_schema(parameters=[serializers.PagedSerializer], responses=page_of("lines"))
    def lines(self, request: Request) -> Response:
        facts = valid(serializers.PagedSerializer(data=request.query_params))
        return self.page(serializers.FoundLineSerializer, lines.find, facts | {"q": demanded(facts)})

    # --- shows

    @extend_schema(parameters=[serializers.SessionQuerySerializer], responses=SHOWS)
    def sessions(self, request: Request) -> Response:
        return self.shows(request)

    @extend_schema(parameters=[serializers.ShowQuerySerializer], responses=SHOWS)
    def live(self, request: Request) -> Response:
        return self.shows(request, status=Stream.Status.LIVE)

    @extend_schema(parameters=[serializers.ShowQuerySerializer], responses=SHOWS)
    def upcoming(self, request: Request) -> Response:
        return self.shows(request, status=Stream.Status.SCHEDULED)

    @extend_schema(parameters=[serializers.SessionQuerySerializer], responses=SHOWS)
    def of_creator(self, request: Request, creator: int) -> Response:
        return self.shows(request, creator=creator)

    @extend_schema(parameters=[serializers.RowsSerializer], responses=SHOWS)
    def trending(self, request: Request) -> Response:
        facts = valid(serializers.RowsSerializer(data=request.query_params))
        return self.page(serializers.FoundSessionSerializer, lambda text, rows: finding.trending(rows), facts)

    # --- helpers

    def shows(self, request: Request, **fixed: Any) -> Response:
        shape = serializers.ShowQuerySerializer if "status" in fixed else serializers.SessionQuerySerializer
        facts = valid(shape(data=request.query_params))
        return self.page(serializers.FoundSessionSerializer, finding.shows, facts | fixed)

    def page(self, shape: Shape, find: Callable[..., Found], facts: dict[str, Any]) -> Response:
        limit, offset, text = facts.pop("limit"), facts.pop("offset"), facts.pop("q", None)
        found = find(text, slice(offset, offset + limit), **facts)
        data = self.shown(shape, found)
        more = offset + len(data) < found.total
        return Response(
            {"data": data, "results": data, "total": found.total, "limit": limit, "offset": offset, "hasMore": more}
        )

    def shown(self, shape: Shape, found: Found) -> list[Any]:
        return list(shape(found.rows, many=True, context={"request": self.request}).data)


def demanded(facts: dict[str, Any]) -> str:
    text = str(facts.get("q", "")).strip()
    if not text:
        raise ValidationError("Search query is required")
    return text
