"""Replays as the REST API says them. Times in them are the show's own: milliseconds since its start."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from replays.models import Kind, Replay
from replays.models.replay import MAX_MS
from replays.timeline import MAX_LINES, Page, Things, within
from shopping.product_serializers import FlagField, ProductSerializer
from streams.chat_broadcasts import pseudonym
from streams.models import ChatMessage

COUNT = serializers.IntegerField
TIME = serializers.IntegerField(help_text="ms since the show's start")
COUNTS = serializers.DictField(child=serializers.IntegerField())


class SpanSerializer(serializers.Serializer[Any]):
    """What has a field called `from`, which no attribute of a class can be."""

    def get_fields(self) -> dict[str, Any]:
        return {"from": self.first(), **super().get_fields()}

    def first(self) -> serializers.IntegerField:
        return serializers.IntegerField(help_text="ms since the show's start")


class LineSerializer(serializers.Serializer[ChatMessage]):
    t = serializers.SerializerMethodField(help_text="ms since the show's start")
    id = serializers.UUIDField()
    message = serializers.CharField(source="text")
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    userName = serializers.CharField(source="name")
    badge = serializers.ChoiceField(["host", "moderator", "staff", "guest", ""])
    author = serializers.SerializerMethodField(help_text="The same for all that one person writes.")
    answers = serializers.UUIDField(allow_null=True, help_text="the message that staff answer by this one, if any")

    @extend_schema_field(serializers.IntegerField())
    def get_t(self, message: ChatMessage) -> int:
        replay: Replay = self.context["replay"]
        return replay.ms_of(message.created_at)

    @extend_schema_field(serializers.CharField())
    def get_author(self, message: ChatMessage) -> str:
        return pseudonym(message.author)


class StateSerializer(serializers.Serializer[Any]):
    """What was so just before the page begins."""

    status = serializers.ChoiceField(["live", "paused", "ended"])
    productId = serializers.UUIDField(allow_null=True, help_text="on screen")
    pins = serializers.ListField(child=serializers.UUIDField())
    pinnedMessage = LineSerializer(allow_null=True)


class StatusChangeSerializer(serializers.Serializer[Any]):
    t = TIME
    status = serializers.ChoiceField(["live", "paused", "ended"])


class ShowcaseChangeSerializer(serializers.Serializer[Any]):
    t = TIME
    productId = serializers.UUIDField(allow_null=True)


class PinsChangeSerializer(serializers.Serializer[Any]):
    t = TIME
    productIds = serializers.ListField(child=serializers.UUIDField())


class PinnedMessageChangeSerializer(serializers.Serializer[Any]):
    t = TIME
    message = LineSerializer(allow_null=True)


class ReactionBucketSerializer(serializers.Serializer[Any]):
    t = TIME
    counts = COUNTS


class ViewersAtSerializer(serializers.Serializer[Any]):
    t = TIME
    viewers = COUNT(help_text="at the end of the minute that begins then")


class TimelineSerializer(SpanSerializer):
    """What happened in a show from `from` on to before `to`, or to before `next` where there was more of it."""

    sessionId = serializers.UUIDField()
    startedAt = serializers.DateTimeField()
    duration = COUNT(help_text="ms from the show's start to its end, or to now")
    to = TIME
    next = serializers.IntegerField(allow_null=True, help_text="`from` of the next page; null at the end")
    state = StateSerializer()
    messages = LineSerializer(many=True)
    status = StatusChangeSerializer(many=True)
    showcase = ShowcaseChangeSerializer(many=True)
    pins = PinsChangeSerializer(many=True)
    pinnedMessage = PinnedMessageChangeSerializer(many=True)
    reactions = ReactionBucketSerializer(many=True, help_text="those of each minute in which there were some")
    viewers = ViewersAtSerializer(many=True, help_text="minute by minute")
    products = ProductSerializer(many=True, help_text="as they are now, those that are spoken of and still there")


NAMES = {Kind.STATUS: "status", Kind.SHOWCASE: "productId", Kind.PINS: "productIds", Kind.PINNED_MESSAGE: "message"}
LISTS = {Kind.STATUS: "status", Kind.SHOWCASE: "showcase", Kind.PINS: "pins", Kind.PINNED_MESSAGE: "pinnedMessage"}


def timeline(replay: Replay, page: Page, before: dict[Kind, Any], figures: dict[str, Any]) -> dict[str, Any]:
    """What `TimelineSerializer` writes of a page."""
    moments = [(Kind(moment.kind), moment.value, replay.ms_of(moment.at)) for moment in page.moments]
    things = Things(replay, [*before.items(), *((kind, value) for kind, value, _ in moments)])
    changes: dict[Kind, list[dict[str, Any]]] = {kind: [] for kind in Kind}
    for kind, value, t in moments:
        changes[kind].append({"t": t, NAMES[kind]: things.shown(kind, value)})
    shown = {kind: things.shown(kind, value) for kind, value in before.items()}
    return {
        "sessionId": replay.stream.pk,
        "startedAt": replay.start,
        "duration": replay.duration_ms,
        "from": page.begin,
        "to": page.end,
        "next": page.next,
        "state": {
            "status": shown[Kind.STATUS],
            "productId": shown[Kind.SHOWCASE],
            "pins": shown[Kind.PINS],
            "pinnedMessage": shown[Kind.PINNED_MESSAGE],
        },
        "messages": page.messages,
        **{LISTS[kind]: rows for kind, rows in changes.items()},
        "reactions": [{"t": t, "counts": counts} for t, counts in within(figures["reactions"], page.begin, page.end)],
        "viewers": [{"t": t, "viewers": count} for t, count in within(figures["viewers"], page.begin, page.end)],
        "products": list(things.products.values()),
    }


class AskedSerializer(SpanSerializer):
    to = serializers.IntegerField(min_value=0, max_value=MAX_MS, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=MAX_LINES, default=MAX_LINES)

    def first(self) -> serializers.IntegerField:
        return serializers.IntegerField(min_value=0, max_value=MAX_MS, default=0)


# --- how it can be watched again


class ChapterSerializer(serializers.Serializer[Any]):
    t = TIME
    productId = serializers.UUIDField(source="product_id")
    productName = serializers.CharField(source="name")


class PauseSerializer(SpanSerializer):
    to = TIME


class VideoSerializer(serializers.Serializer[Any]):
    part = COUNT(help_text="its number")
    t = TIME
    duration = COUNT(help_text="ms")
    size = COUNT(help_text="bytes")
    mime = serializers.CharField()
    url = serializers.CharField(help_text="on this server; it answers ranges")


class VideoBegunSerializer(serializers.Serializer[Any]):
    part = COUNT(help_text="its number")
    t = TIME


class SliceSerializer(serializers.Serializer[Any]):
    stored = serializers.BooleanField()
    isNew = serializers.BooleanField()


class DroppedSerializer(serializers.Serializer[Any]):
    t = serializers.IntegerField(help_text="ms since the show's start: it was open from then on")
    to = TIME
    dropId = serializers.UUIDField()
    productId = serializers.UUIDField(allow_null=True)
    title = serializers.CharField()
    form = serializers.CharField(help_text="the variant's name, or empty")
    price = serializers.CharField()
    currency = serializers.CharField()
    quantity = COUNT(help_text="pieces")
    soldOutAt = serializers.IntegerField(allow_null=True, help_text="ms since the show's start, for the first time")


class ReplaySerializer(SpanSerializer):
    """How a show can be watched again. Outside `from` and `to` those who run it alone see it."""

    sessionId = serializers.UUIDField()
    enabled = serializers.BooleanField()
    startedAt = serializers.DateTimeField()
    duration = COUNT(help_text="ms from the show's start to its end, or to now")
    to = TIME
    pauses = PauseSerializer(many=True)
    chapters = ChapterSerializer(many=True, help_text="the products in the order in which they were on screen")
    drops = DroppedSerializer(many=True, help_text="pieces that there were for whoever was first")
    viewers = ViewersAtSerializer(many=True, help_text="minute by minute")
    video = VideoSerializer(many=True)
    playlist = serializers.CharField(
        allow_null=True, help_text="where HLS carried the show: its playlist, as long as the encoder's server keeps it"
    )
    videoWaits = serializers.BooleanField(help_text="Parts of the video are still being made.")


class ReplayRulesSerializer(SpanSerializer):
    enabled = FlagField(required=False)
    to = serializers.IntegerField(
        source="until_ms", min_value=1, max_value=MAX_MS, required=False, allow_null=True, help_text="null is the end"
    )

    def first(self) -> serializers.IntegerField:
        return serializers.IntegerField(source="from_ms", min_value=0, max_value=MAX_MS, required=False)
