"""What analytics answers over REST; `metrics` computes it."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from accounts.serializers import UserSerializer
from analytics import metrics
from analytics.models import StreamView
from streams.models import Stream

COUNT, SECONDS, TEXT = serializers.IntegerField, serializers.IntegerField, serializers.CharField


class LiveViewSerializer(serializers.ModelSerializer[StreamView]):
    """Someone who watches now; durations are whole seconds."""

    userId = serializers.IntegerField(source="user_id", allow_null=True)
    username = serializers.SerializerMethodField()
    joinedAt = serializers.DateTimeField(source="joined_at")
    watchDuration = serializers.SerializerMethodField()

    class Meta:
        model = StreamView
        fields = ["id", "userId", "username", "joinedAt", "watchDuration"]

    def get_username(self, view: StreamView) -> str:
        return view.user.username if view.user else "Guest"

    def get_watchDuration(self, view: StreamView) -> int:  # noqa: N802 - named for its field
        end = view.left_at or timezone.now()
        return max(int((end - view.joined_at).total_seconds()), 0)


class LiveSerializer(serializers.Serializer[Any]):
    """Who watches a show now. The list is one page of the viewers, the count is of all."""

    sessionId = serializers.UUIDField()
    liveViewerCount = serializers.IntegerField()
    viewers = LiveViewSerializer(many=True)


class ViewSerializer(LiveViewSerializer):
    """Someone who watches or has watched."""

    leftAt = serializers.DateTimeField(source="left_at", allow_null=True)
    watchDurationFormatted = serializers.SerializerMethodField()
    isActive = serializers.SerializerMethodField()

    class Meta(LiveViewSerializer.Meta):
        fields = [*LiveViewSerializer.Meta.fields, "leftAt", "watchDurationFormatted", "isActive"]

    def get_watchDurationFormatted(self, view: StreamView) -> str:  # noqa: N802 - named for its field
        return metrics.duration(self.get_watchDuration(view))

    def get_isActive(self, view: StreamView) -> bool:  # noqa: N802 - named for its field
        return view.left_at is None


class ViewsSerializer(serializers.Serializer[Any]):
    """Everyone who has watched a show, the latest first: one page of them, and the count of all."""

    sessionId = serializers.UUIDField()
    total = COUNT()
    viewers = ViewSerializer(many=True)


class ShowSerializer(serializers.ModelSerializer[Stream]):
    creator = UserSerializer()
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")

    class Meta:
        model = Stream
        fields = ["title", "status", "creator", "createdAt", "updatedAt"]


class ViewersSerializer(serializers.Serializer[Any]):
    unique = COUNT()
    total = COUNT()
    peak = COUNT()
    avgWatchTime = SECONDS()
    avgWatchTimeFormatted = TEXT()
    watchTime = SECONDS(help_text="of all viewers together, once they have left")


class ListedSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField(source="product_id")
    name = TEXT(source="product.name")
    featured = serializers.BooleanField()
    displayOrder = COUNT(source="display_order")


class ProductsSerializer(serializers.Serializer[Any]):
    total = COUNT()
    featured = COUNT()
    list = ListedSerializer(many=True)


class TalliesSerializer(serializers.Serializer[Any]):
    total = COUNT()
    breakdown = serializers.DictField(child=COUNT())


class ChatFiguresSerializer(serializers.Serializer[Any]):
    messages = COUNT()
    authors = COUNT()


class HourSerializer(serializers.Serializer[Any]):
    timestamp = TEXT(help_text="an hour of UTC: YYYY-MM-DDTHH:00:00")
    joins = COUNT()
    leaves = COUNT()


class RangeSerializer(serializers.Serializer[Any]):
    label = TEXT()  # type: ignore[assignment]
    count = COUNT()


class RetentionSerializer(serializers.Serializer[Any]):
    ranges = RangeSerializer(many=True)
    median = SECONDS()
    medianFormatted = TEXT()
    p75 = SECONDS()
    p75Formatted = TEXT()
    p90 = SECONDS()
    p90Formatted = TEXT()


class EngagementSerializer(serializers.Serializer[Any]):
    viewerTimeline = HourSerializer(many=True)
    retention = RetentionSerializer()


class ReportSerializer(serializers.Serializer[Any]):
    """The figures of one show."""

    sessionId = serializers.UUIDField()
    session = ShowSerializer()
    viewers = ViewersSerializer()
    products = ProductsSerializer()
    reactions = TalliesSerializer()
    chat = ChatFiguresSerializer()
    engagement = EngagementSerializer()


class PeopleSerializer(serializers.Serializer[Any]):
    people = COUNT(help_text="users and guests' browsers")
    visits = COUNT(help_text="another one begins after 30 minutes away")
    watchTime = SECONDS(help_text="of all together")
    averageWatchTime = SECONDS(help_text="of one person")
    peak = COUNT(help_text="at one moment")


class AudienceOfShowSerializer(PeopleSerializer):
    clicks = COUNT(help_text="looks at products")


class AudiencesSerializer(serializers.Serializer[Any]):
    """Who watched a show, counted as people and not as views."""

    sessionId = serializers.UUIDField()
    live = AudienceOfShowSerializer(help_text="between the show's start and its end")
    replay = AudienceOfShowSerializer(help_text="after its end")


class MinuteSerializer(serializers.Serializer[Any]):
    minute = serializers.DateTimeField(help_text="its beginning")
    viewers = COUNT(help_text="at its end")
    joins = COUNT()
    leaves = COUNT()
    lines = COUNT(help_text="chat messages that are still there")
    reactions = COUNT()
    hearts = COUNT(help_text="among the reactions")
    clicks = COUNT()
    carts = COUNT(help_text="times that somebody put a product into a party's cart")
    productId = serializers.UUIDField(allow_null=True, help_text="on screen for the longest part of the minute")
    productName = TEXT(allow_null=True)


class MinutesSerializer(serializers.Serializer[Any]):
    """A show minute by minute, the last 1,440 of a longer one."""

    sessionId = serializers.UUIDField()
    minutes = MinuteSerializer(many=True)


class StepSerializer(serializers.Serializer[Any]):
    event = TEXT(help_text="by its name in Google Analytics 4")
    people = COUNT(help_text="who took this step or a later one")
    rate = serializers.FloatField(help_text="per cent of the first step's people")
    events = COUNT()


class FunnelSerializer(serializers.Serializer[Any]):
    """From seeing a show, by looking at its products, to buying them."""

    sessionId = serializers.UUIDField()
    steps = StepSerializer(many=True)


class ClicksSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField()
    productName = TEXT()
    uniqueClicks = COUNT()
    totalClicks = COUNT()
    clickThroughRate = serializers.FloatField(help_text="per cent of the views")
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()


class ConversionSerializer(serializers.Serializer[Any]):
    totalViewers = COUNT()
    products = ClicksSerializer(many=True)


class ConversionStatsSerializer(serializers.Serializer[Any]):
    """How many looked at the products of a show; everyone may read it."""

    success = serializers.BooleanField(default=True)
    sessionId = serializers.UUIDField()
    sessionStatus = TEXT()
    data = ConversionSerializer()  # type: ignore[assignment]


class StatusesSerializer(serializers.Serializer[Any]):
    live = COUNT()
    ended = COUNT()
    scheduled = COUNT()
    paused = COUNT()


class SessionsSerializer(serializers.Serializer[Any]):
    total = COUNT()
    byStatus = StatusesSerializer()


class AudienceSerializer(serializers.Serializer[Any]):
    totalUnique = COUNT()
    averagePerSession = COUNT()
    peakConcurrent = COUNT()


class LooksSerializer(serializers.Serializer[Any]):
    totalClicks = COUNT()
    uniqueUsers = COUNT()
    averageCTR = serializers.FloatField(help_text="per cent")


class CreatorSerializer(serializers.Serializer[Any]):
    sessions = SessionsSerializer()
    viewers = AudienceSerializer()
    reactions = TalliesSerializer()
    products = LooksSerializer()


class CreatorReportSerializer(serializers.Serializer[Any]):
    """The figures of all shows of one creator."""

    success = serializers.BooleanField(default=True)
    creatorId = serializers.IntegerField()
    data = CreatorSerializer()  # type: ignore[assignment]
