"""What is sought, and what was found."""

from typing import Any

from django.conf import settings
from django.urls import reverse
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers

from accounts.serializers import UserSerializer
from rest import pagination
from search import lines, words
from search.sources import PRODUCTS, RELEVANCE, SHOWS
from shopping import money
from shopping.product_serializers import PriceField, ProductSerializer
from streams.models import ChatMessage, Stream
from streams.serializers import SessionSerializer

PAGE = 20  # rows of a page where no limit is said
EACH = 10  # of each kind, where all are sought at once
MAX_ID = 2**31 - 1


def bounded(name: str, usual: int, least: int, most: int) -> serializers.IntegerField:
    said = f"{name} must be between {least} and {most}"
    messages: dict[str, Any] = dict.fromkeys(("invalid", "min_value", "max_value", "max_string_length"), said)
    return serializers.IntegerField(default=usual, min_value=least, max_value=most, error_messages=messages)


class QuerySerializer(serializers.Serializer[Any]):
    """Empty values are as good as none: forms send all their fields."""

    q = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=words.MAX_QUERY,
        help_text='Words, `"words in this order"` and `-words` that what is found does not have.',
    )

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        given = {name: value for name, value in data.items() if value != ""}
        facts: dict[str, Any] = super().to_internal_value(given)
        return facts


class RowsSerializer(serializers.Serializer[Any]):
    limit = bounded("Limit", PAGE, 1, pagination.MAX_LIMIT)
    offset = bounded("Offset", 0, 0, pagination.MAX_OFFSET)


class PagedSerializer(QuerySerializer, RowsSerializer):
    pass


class AllQuerySerializer(QuerySerializer):
    limit = bounded("Limit", EACH, 1, pagination.MAX_LIMIT)


class ShowQuerySerializer(PagedSerializer):
    category = serializers.CharField(required=False, max_length=100, help_text="whatever the case")
    creatorId = serializers.IntegerField(source="creator", required=False, min_value=1, max_value=MAX_ID)
    sortBy = serializers.ChoiceField(
        [RELEVANCE, *SHOWS.orders],
        source="sort",
        required=False,
        help_text="`relevance` where something is sought, else `newest`",
        error_messages={"invalid_choice": "Invalid sortBy"},
    )


class SessionQuerySerializer(ShowQuerySerializer):
    status = serializers.ChoiceField(
        Stream.Status.choices, required=False, error_messages={"invalid_choice": "Invalid status"}
    )


class ProductQuerySerializer(PagedSerializer):
    category = serializers.CharField(required=False, max_length=100, help_text="whatever the case")
    minPrice = PriceField(source="min_price", required=False)
    maxPrice = PriceField(source="max_price", required=False)
    inStock = serializers.BooleanField(source="in_stock", required=False, allow_null=True, default=None)
    sellerId = serializers.IntegerField(source="seller", required=False, min_value=1, max_value=MAX_ID)
    sortBy = serializers.ChoiceField(
        [RELEVANCE, *PRODUCTS.orders],
        source="sort",
        required=False,
        help_text="`relevance` where something is sought, else `newest`",
        error_messages={"invalid_choice": "Invalid sortBy"},
    )

    def validate(self, facts: dict[str, Any]) -> dict[str, Any]:
        """Prices are in the shop's currency; the database has them in its minor units."""
        prices = {name: facts[name] for name in ("min_price", "max_price") if name in facts}
        return facts | {name: money.to_minor(price, settings.SHOP_CURRENCY) for name, price in prices.items()}


class FoundSessionSerializer(SessionSerializer):
    creator = UserSerializer(read_only=True)

    class Meta(SessionSerializer.Meta):
        fields = [*SessionSerializer.Meta.fields, "creator"]


class FoundLineSerializer(serializers.ModelSerializer[ChatMessage]):
    """What somebody said in a show that is over."""

    message = serializers.CharField(source="text")
    userName = serializers.CharField(source="name")
    sessionId = serializers.UUIDField(source="stream_id")
    sessionTitle = serializers.CharField(source="stream.title")
    createdAt = serializers.DateTimeField(source="created_at")
    at = serializers.SerializerMethodField(help_text="seconds from the beginning of the show")
    url = serializers.SerializerMethodField(help_text="of the show's page, at this moment")

    class Meta:
        model = ChatMessage
        fields = ["id", "message", "userName", "sessionId", "sessionTitle", "createdAt", "at", "url"]

    @extend_schema_field(serializers.IntegerField())
    def get_at(self, message: ChatMessage) -> int:
        return lines.moment(message)

    @extend_schema_field(serializers.CharField())
    def get_url(self, message: ChatMessage) -> str:
        return reverse("watch", args=[message.stream_id]) + f"#t={self.get_at(message)}"


def page_of(rows: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """A page of what was found; its rows stand in it twice, for some clients read `results`."""
    return inline_serializer(
        rows.__name__.removesuffix("Serializer") + "Page",
        {
            "data": rows(many=True),
            "results": rows(many=True),
            "total": serializers.IntegerField(help_text="of all pages, up to what one search counts"),
            "limit": serializers.IntegerField(),
            "offset": serializers.IntegerField(),
            "hasMore": serializers.BooleanField(),
        },
    )


class CountsSerializer(serializers.Serializer[Any]):
    sessions = serializers.IntegerField()
    products = serializers.IntegerField()
    creators = serializers.IntegerField()
    lines = serializers.IntegerField()


class EverythingSerializer(serializers.Serializer[Any]):
    sessions = FoundSessionSerializer(many=True)
    products = ProductSerializer(many=True)
    creators = UserSerializer(many=True)
    lines = FoundLineSerializer(many=True)
    counts = CountsSerializer()
    total = serializers.IntegerField()


class SuggestionSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["show", "product", "creator"])
    id = serializers.CharField()
    text = serializers.CharField()
    url = serializers.CharField()


class SuggestionsSerializer(serializers.Serializer[Any]):
    suggestions = SuggestionSerializer(many=True)
