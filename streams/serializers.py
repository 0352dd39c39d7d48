"""Shows as the REST API reads and writes them; "session" is the wire's word for a show."""

from typing import Any
from uuid import UUID

from django.core.validators import RegexValidator
from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from accounts import identity as identities
from accounts.serializers import UserSerializer, demanded
from realtime import wire
from shopping.serializers import FlagField, PriceField, ProductSerializer
from streams.media.access import Access
from streams.models import ChatMessage, Listing, Pin, Stream
from streams.models import chat as chats
from streams.models import listing as listings
from streams.models import stream as streams
from streams.wire import pins

MOST_TAGS = 20

TEXT, COUNT, FLAG = serializers.CharField(), serializers.IntegerField(), serializers.BooleanField()

stream_address = RegexValidator(streams.ADDRESS, "streamUrl must begin with a scheme such as https://")


class OptionalText(serializers.CharField):
    """Text that is null on the wire, and empty here, where it is unset."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "allow_blank": True, **kwargs})

    def run_validation(self, data: Any = empty) -> str:
        return super().run_validation(data) or ""

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]
        return value or None


@extend_schema_field(serializers.ListField(child=serializers.CharField(), max_length=MOST_TAGS))
class TagsField(serializers.Field[str, Any, list[str], Any]):
    """A list of tags; one text with commas between them is understood too, and is how they are stored."""

    default_error_messages = {
        "invalid": "Tags must be a list of texts, or one text with commas",
        "max_length": f"At most {MOST_TAGS} tags, and 500 characters together",
    }

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)

    def run_validation(self, data: Any = empty) -> str:
        return super().run_validation(data) or ""

    def to_internal_value(self, data: Any) -> str:
        texts = [data] if isinstance(data, str) else data
        if not isinstance(texts, list) or not all(isinstance(text, str) and "\0" not in text for text in texts):
            self.fail("invalid")
        tags = list(dict.fromkeys(tag.strip() for tag in ",".join(texts).split(",") if tag.strip()))
        stored = ",".join(tags)
        if len(tags) > MOST_TAGS or len(stored) > 500:
            self.fail("max_length")
        return stored

    def to_representation(self, value: str) -> list[str]:
        return value.split(",") if value else []


class SessionSerializer(serializers.ModelSerializer[Stream]):
    title = serializers.CharField(max_length=200, error_messages=demanded("Title is required"))
    description = OptionalText(max_length=5000)
    category = OptionalText(max_length=100)
    tags = TagsField()
    streamUrl = OptionalText(source="stream_url", max_length=1000, validators=[stream_address])
    streamKey = OptionalText(source="stream_key", max_length=200, help_text="null to all but the show's creator")
    slowMode = serializers.IntegerField(source="slow_mode", min_value=0, max_value=120, required=False)
    guestChat = FlagField(source="guest_chat", required=False)
    productIds = serializers.ListField(
        child=serializers.UUIDField(), max_length=listings.MOST, required=False, write_only=True
    )
    agoraChannelName = OptionalText(source="channel_name", read_only=True)
    startedAt = serializers.DateTimeField(source="started_at", read_only=True)
    endedAt = serializers.DateTimeField(source="ended_at", read_only=True)
    creatorId = serializers.IntegerField(source="creator_id", read_only=True)
    activeProductId = serializers.UUIDField(source="active_product_id", read_only=True, allow_null=True)
    reactionCounts = serializers.DictField(source="reaction_counts", child=serializers.IntegerField(), read_only=True)
    createdAt = serializers.DateTimeField(source="created_at", read_only=True)
    updatedAt = serializers.DateTimeField(source="updated_at", read_only=True)

    class Meta:
        model = Stream
        fields = [
            "id",
            "title",
            "description",
            "category",
            "tags",
            "status",
            "streamUrl",
            "streamKey",
            "agoraChannelName",
            "startedAt",
            "endedAt",
            "creatorId",
            "activeProductId",
            "reactionCounts",
            "slowMode",
            "guestChat",
            "productIds",
            "createdAt",
            "updatedAt",
        ]
        read_only_fields = ["id", "status"]

    def to_representation(self, instance: Stream) -> dict[str, Any]:
        """The key lets whoever has it send in the creator's name."""
        shown = super().to_representation(instance)
        request = self.context.get("request")
        if request is None or not instance.is_controlled_by(identities.Identity.of_request(request)):
            shown["streamKey"] = None
        return shown


class SessionDetailSerializer(SessionSerializer):
    """A show with everything on it; give it one of `Stream.objects.complete()`."""

    creator = UserSerializer(read_only=True)
    activeProduct = ProductSerializer(source="active_product", read_only=True, allow_null=True)
    products = ProductSerializer(many=True, read_only=True)

    class Meta(SessionSerializer.Meta):
        fields = [*SessionSerializer.Meta.fields, "creator", "activeProduct", "products"]


class LiveSessionSerializer(serializers.ModelSerializer[Stream]):
    description = OptionalText()
    category = OptionalText()
    tags = TagsField()
    startedAt = serializers.DateTimeField(source="started_at")
    agoraChannelName = serializers.CharField(source="channel_name")

    class Meta:
        model = Stream
        fields = ["id", "title", "description", "category", "tags", "status", "startedAt", "agoraChannelName"]


class LiveUserSerializer(UserSerializer):
    """The creator of a live show, and the show; what it is given is the show."""

    liveSession = LiveSessionSerializer()

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "liveSession"]

    def to_representation(self, instance: Any) -> dict[str, Any]:
        creator = UserSerializer(instance.creator, context=self.context).data
        return {**creator, "liveSession": LiveSessionSerializer(instance).data}


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(
        Stream.Status.choices, error_messages={**demanded("Status is required"), "invalid_choice": "Invalid status"}
    )


class ShowcaseSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField(
        default=None,
        allow_null=True,
        error_messages={"invalid": "Product not found in this session's product list"},
        help_text="null shows none",
    )


class ShowcasedSerializer(serializers.Serializer[Stream]):
    sessionId = serializers.UUIDField(source="id")
    activeProductId = serializers.UUIDField(source="active_product_id", allow_null=True)
    product = ProductSerializer(source="active_product", allow_null=True)


class ReactionsSerializer(serializers.Serializer[Stream]):
    sessionId = serializers.UUIDField(source="id")
    sessionStatus = serializers.CharField(source="status")
    isLive = serializers.BooleanField(source="is_live")
    reactions = serializers.DictField(source="reaction_counts", child=serializers.IntegerField())
    sortedReactions = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField()

    @extend_schema_field(inline_serializer("Reaction", {"type": TEXT, "count": COUNT}, many=True))
    def get_sortedReactions(self, stream: Stream) -> list[dict[str, Any]]:  # noqa: N802 - named for its field
        most_first = sorted(stream.reaction_counts.items(), key=lambda total: (-total[1], total[0]))
        return [{"type": kind, "count": count} for kind, count in most_first]

    @extend_schema_field(COUNT)
    def get_total(self, stream: Stream) -> int:
        return sum(stream.reaction_counts.values())


class RenewalSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(
        ["publisher", "subscriber"],
        default="subscriber",
        error_messages={**demanded("Invalid role"), "invalid_choice": "Invalid role"},
    )


class AccessSerializer(serializers.Serializer[Access]):
    """What a client needs to enter the picture and sound of a live show."""

    sessionId = serializers.SerializerMethodField()
    channelName = serializers.CharField(source="channel")
    token = serializers.CharField(help_text="empty where the provider asks for none")
    uid = serializers.IntegerField(help_text="0 for a guest")
    appId = serializers.CharField(source="app_id")
    expiresAt = serializers.DateTimeField(source="expires_at")
    role = serializers.ChoiceField(["publisher", "subscriber"])
    provider = serializers.CharField()

    def get_sessionId(self, access: Access) -> UUID:  # noqa: N802 - named for its field
        stream_id: UUID = self.context["stream_id"]
        return stream_id


class ChatMessageSerializer(serializers.ModelSerializer[ChatMessage]):
    """A line of chat; a guest's has no user, only the name he gave."""

    message = serializers.CharField(source="text", max_length=chats.MAX_LENGTH)
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    userName = serializers.CharField(source="name")
    sessionId = serializers.UUIDField(source="stream_id")
    createdAt = serializers.DateTimeField(source="created_at")
    user = UserSerializer(allow_null=True)

    class Meta:
        model = ChatMessage
        fields = ["id", "message", "userId", "userName", "sessionId", "createdAt", "user"]


class ChatPostSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(
        max_length=chats.MAX_LENGTH,
        error_messages={
            **demanded("Message is required"),
            "max_length": f"Message must be at most {chats.MAX_LENGTH} characters",
        },
    )


class ListingSerializer(serializers.ModelSerializer[Listing]):
    sessionId = serializers.UUIDField(source="stream_id")
    productId = serializers.UUIDField(source="product_id")
    displayOrder = serializers.IntegerField(source="display_order")
    createdAt = serializers.DateTimeField(source="created_at")
    product = ProductSerializer()

    class Meta:
        model = Listing
        fields = ["id", "sessionId", "productId", "featured", "displayOrder", "createdAt", "product"]


class FeatureSerializer(serializers.Serializer[Any]):
    featured = FlagField()


class OrderSerializer(serializers.Serializer[Any]):
    displayOrder = serializers.IntegerField(source="display_order", min_value=0, max_value=listings.LAST_PLACE)


class PinPlaceSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField(
        source="product_id", error_messages={**demanded("Product ID is required"), "invalid": "Product not found"}
    )
    displayOrder = serializers.IntegerField(
        source="display_order", min_value=0, max_value=listings.LAST_PLACE, required=False
    )


class PlaceSerializer(PinPlaceSerializer):
    featured = FlagField(required=False)


class ProductIdsSerializer(serializers.Serializer[Any]):
    productIds = serializers.ListField(child=serializers.UUIDField(), max_length=listings.MOST)


class PinSerializer(serializers.Serializer[Any]):
    """A product kept in view: the flat fields that clients read, and the whole product beside them."""

    productId = serializers.UUIDField()
    name = serializers.CharField()
    price = PriceField()
    image = serializers.CharField(allow_null=True)
    displayOrder = serializers.IntegerField()
    product = ProductSerializer()

    def to_representation(self, instance: Pin) -> dict[str, Any]:
        """As on sockets."""
        return wire.plain(pins.Pin.of(instance))
