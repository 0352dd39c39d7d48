"""Shows themselves, without what happens in them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field, inline_serializer
from rest_framework import serializers
from rest_framework.fields import empty

from accounts import identity as identities
from accounts import texts
from accounts.serializers import UserSerializer, demanded
from rest import ids, links
from shopping.product_serializers import FlagField, ProductSerializer
from streams.models import Stream
from streams.models import listing as listings
from streams.models.rules import MAX_ACCOUNT_MINUTES
from streams.serializers.announcement import AnnouncementSerializer, OptionalText
from streams.serializers.chat import ChatMessageSerializer

TEXT, COUNT = serializers.CharField(), serializers.IntegerField()

MAX_TAGS = 20
MAX_CHOICES = 20  # reactions that viewers may choose among


@extend_schema_field(serializers.ListField(child=serializers.CharField(), max_length=MAX_TAGS))
class TagsField(serializers.Field[str, Any, list[str], Any]):
    """A list of tags. One text with commas between them is understood too; tags are stored in that form."""

    default_error_messages = {
        "invalid": "Tags must be a list of texts, or one text with commas",
        "max_length": f"At most {MAX_TAGS} tags, and 500 characters together",
    }

    def __init__(self) -> None:
        super().__init__(required=False, allow_null=True)

    def run_validation(self, data: Any = empty) -> str:
        return super().run_validation(data) or ""

    def to_internal_value(self, data: Any) -> str:
        given = [data] if isinstance(data, str) else data
        if not isinstance(given, list) or not all(isinstance(text, str) and "\0" not in text for text in given):
            self.fail("invalid")
        tags = list(dict.fromkeys(tag.strip() for tag in ",".join(given).split(",") if tag.strip()))
        stored = ",".join(tags)
        if len(tags) > MAX_TAGS or len(stored) > 500:
            self.fail("max_length")
        return stored

    def to_representation(self, value: str) -> list[str]:
        return value.split(",") if value else []


class ReactionKindsField(serializers.ListField):
    """Names of reactions, each once."""

    child = serializers.CharField(max_length=20)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=MAX_CHOICES, **kwargs)

    def to_internal_value(self, data: Any) -> list[str]:
        return list(dict.fromkeys(map(texts.name, super().to_internal_value(data))))


class SessionSerializer(AnnouncementSerializer):
    title = serializers.CharField(max_length=255, error_messages=demanded("Title is required"))
    description = OptionalText(max_length=5000)
    category = OptionalText(max_length=100)
    tags = TagsField()
    streamUrl = OptionalText(source="stream_url", max_length=1000, validators=[links.validate_stream])
    streamKey = OptionalText(source="stream_key", max_length=200, help_text="null to all but the show's creator")
    slowMode = serializers.IntegerField(source="slow_mode", min_value=0, max_value=120, required=False)
    guestChat = FlagField(source="guest_chat", required=False)
    frozen = serializers.BooleanField(read_only=True, help_text="Nobody writes but those who keep order.")
    linksByModerators = serializers.BooleanField(source="links_by_moderators", read_only=True)
    holdMessages = serializers.BooleanField(source="hold_messages", read_only=True)
    accountMinutes = serializers.IntegerField(
        source="account_minutes",
        min_value=0,
        max_value=MAX_ACCOUNT_MINUTES,
        required=False,
        help_text="So old an account must be to take part; 0 is any, and guests where they may write.",
    )
    reactionKinds = ReactionKindsField(source="reaction_kinds", required=False, help_text="How viewers may react.")
    productIds = serializers.ListField(
        child=ids.UUIDField(), max_length=listings.MAX_LISTINGS, required=False, write_only=True
    )
    agoraChannelName = OptionalText(source="channel_name", read_only=True)
    startedAt = serializers.DateTimeField(source="started_at", read_only=True)
    endedAt = serializers.DateTimeField(source="ended_at", read_only=True)
    creatorId = serializers.IntegerField(source="creator_id", read_only=True)
    activeProductId = ids.UUIDField(source="active_product_id", read_only=True, allow_null=True)
    hostAway = serializers.BooleanField(
        source="is_host_away", read_only=True, help_text="The show is live, and its host has lost every connection."
    )
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
            "hostAway",
            "reactionCounts",
            "slowMode",
            "guestChat",
            "frozen",
            "linksByModerators",
            "holdMessages",
            "accountMinutes",
            "reactionKinds",
            *AnnouncementSerializer.FIELDS,
            "productIds",
            "createdAt",
            "updatedAt",
        ]
        read_only_fields = ["id", "status"]

    def to_representation(self, instance: Stream) -> dict[str, Any]:
        """Hides the stream key from all but the creator, since whoever has it can send in their name."""
        shown = super().to_representation(instance)
        request = self.context.get("request")
        if request is None or identities.Identity.of_request(request).user_id != instance.creator_id:
            shown["streamKey"] = None
        return shown


class SessionDetailSerializer(SessionSerializer):
    """A show with everything on it. Its input is a show of `Stream.objects.complete()`."""

    creator = UserSerializer(read_only=True)
    activeProduct = ProductSerializer(source="active_product", read_only=True, allow_null=True)
    products = ProductSerializer(many=True, read_only=True)
    pinnedMessage = ChatMessageSerializer(
        source="pinned_message", read_only=True, allow_null=True, help_text="Those who keep order keep it in view."
    )

    class Meta(SessionSerializer.Meta):
        fields = [*SessionSerializer.Meta.fields, "creator", "activeProduct", "products", "pinnedMessage"]


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
    """The creator of a live show, and the show. Its input is the show."""

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
    productId = ids.UUIDField(
        default=None,
        allow_null=True,
        error_messages={"invalid": "Product not found in this session's product list"},
        help_text="null shows none",
    )


class ShowcasedSerializer(serializers.Serializer[Stream]):
    sessionId = ids.UUIDField(source="id")
    activeProductId = ids.UUIDField(source="active_product_id", allow_null=True)
    product = ProductSerializer(source="active_product", allow_null=True)


class ReactionsSerializer(serializers.Serializer[Stream]):
    sessionId = ids.UUIDField(source="id")
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
