"""What the pages of figures read over REST."""

from typing import Any

from rest_framework import serializers

from analytics.purchase_serializers import SumsSerializer
from analytics.serializers import (
    COUNT,
    TEXT,
    ChatFiguresSerializer,
    MinuteSerializer,
    PeopleSerializer,
    RetentionSerializer,
    ShowSerializer,
    StepSerializer,
    TalliesSerializer,
    ViewersSerializer,
)

KINDS = (
    *("watched", "looked", "looked_in_replay", "put_into_cart", "began_checkout", "bought", "reported_purchase"),
    *("was_refunded", "shopped_together", "called_shop", "called", "wrote_to_support", "was_recorded"),
    *("agreed_to_recording", "declined_recording"),
)


class GoodsSerializer(serializers.Serializer[Any]):
    productId = serializers.UUIDField()
    productName = TEXT()
    uniqueClicks = COUNT()
    totalClicks = COUNT()
    clickThroughRate = serializers.FloatField(help_text="per cent of the views")
    carts = COUNT(help_text="times that somebody put it into a party's cart")
    orders = COUNT(help_text="confirmed ones that follow from a look at it in the show")


class BothAudiencesSerializer(serializers.Serializer[Any]):
    live = PeopleSerializer(help_text="between the show's start and its end")
    replay = PeopleSerializer(help_text="after its end")


class DashboardSerializer(serializers.Serializer[Any]):
    """All that a show's report says. Of a show that is on the figures are some seconds old."""

    sessionId = serializers.UUIDField()
    session = ShowSerializer()
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    countedAt = serializers.DateTimeField()
    viewers = ViewersSerializer()
    audience = BothAudiencesSerializer()
    retention = RetentionSerializer()
    chat = ChatFiguresSerializer()
    reactions = TalliesSerializer()
    likes = COUNT(help_text="people who like it")
    totalClicks = COUNT(help_text="looks at the products that are listed")
    minutes = MinuteSerializer(many=True)
    funnel = StepSerializer(many=True)
    currencies = SumsSerializer(many=True)
    products = GoodsSerializer(many=True, help_text="the 20 best")


class PersonSerializer(serializers.Serializer[Any]):
    userId = serializers.IntegerField(allow_null=True, help_text="null for a guest")
    name = TEXT(help_text="empty where none is known")


class LikerSerializer(PersonSerializer):
    likedAt = serializers.DateTimeField()


class WriterSerializer(PersonSerializer):
    lines = COUNT(help_text="that are still there")
    lastAt = serializers.DateTimeField(allow_null=True)


class LikersSerializer(serializers.Serializer[Any]):
    people = COUNT()
    list = LikerSerializer(many=True)


class WritersSerializer(serializers.Serializer[Any]):
    people = COUNT()
    list = WriterSerializer(many=True)


class EngagedSerializer(serializers.Serializer[Any]):
    """Who liked a show, the latest first, and who wrote in it, those with most lines first: a page of each."""

    sessionId = serializers.UUIDField()
    liked = LikersSerializer()
    wrote = WritersSerializer()


class KeyFiguresSerializer(serializers.Serializer[Any]):
    """One show's key figures."""

    sessionId = serializers.UUIDField()
    title = TEXT()
    status = TEXT()
    startedAt = serializers.DateTimeField(allow_null=True)
    endedAt = serializers.DateTimeField(allow_null=True)
    views = COUNT()
    unique = COUNT()
    peak = COUNT()
    watchTime = COUNT(help_text="in seconds")
    averageWatchTime = COUNT(help_text="in seconds")
    messages = COUNT()
    authors = COUNT()
    reactions = COUNT()
    likes = COUNT()
    clicks = COUNT(help_text="looks at products")
    carts = COUNT()
    orders = COUNT(help_text="that the shop has confirmed")
    currencies = SumsSerializer(many=True)


class SumsOfShowsSerializer(serializers.Serializer[Any]):
    shows = COUNT()
    peak = COUNT(help_text="the highest of one show")
    views = COUNT()
    watchTime = COUNT(help_text="in seconds")
    messages = COUNT()
    reactions = COUNT()
    likes = COUNT()
    clicks = COUNT()
    carts = COUNT()
    orders = COUNT()
    currencies = SumsSerializer(many=True)


class OverviewSerializer(serializers.Serializer[Any]):
    """A creator's shows of some time, the latest first and 200 at most, and the sums of those that are listed."""

    creatorId = serializers.IntegerField()
    begin = serializers.DateTimeField()
    end = serializers.DateTimeField()
    total = COUNT(help_text="shows of that time, those included that are not listed")
    totals = SumsOfShowsSerializer()
    shows = KeyFiguresSerializer(many=True)


class LiveShowSerializer(serializers.Serializer[Any]):
    sessionId = serializers.UUIDField()
    title = TEXT()
    creator = TEXT()
    startedAt = serializers.DateTimeField(allow_null=True)
    watching = COUNT()


class WaitingSerializer(serializers.Serializer[Any]):
    open = COUNT()
    waiting = COUNT(help_text="of these and of snoozed ones: the customer has no reply yet")
    unassigned = COUNT()
    overdue = COUNT()


class ShopSerializer(serializers.Serializer[Any]):
    """The whole shop: what goes on and waits now, and what the shows and purchases of some days have come to."""

    days = COUNT()
    begin = serializers.DateTimeField(help_text="of the first of these days, of UTC")
    countedAt = serializers.DateTimeField()
    liveShows = COUNT()
    live = LiveShowSerializer(many=True, help_text="the 20 latest")
    watching = COUNT(help_text="who watches any show now")
    shows = COUNT(help_text="that began in these days")
    views = COUNT(help_text="of these shows")
    orders = COUNT(help_text="of these days that the shop has confirmed, whether they follow from a show or not")
    currencies = SumsSerializer(many=True)
    conversations = WaitingSerializer()
    held = COUNT(help_text="messages that wait for a moderator")
    reports = COUNT(help_text="that wait for one")


class FactSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=KINDS)
    at = serializers.DateTimeField()
    what = TEXT(help_text="a show's title, a product's name, an order, ...; empty where there is none")
    id = TEXT(help_text="of the row that says so")
    sessionId = serializers.UUIDField(allow_null=True, help_text="of the show in which it was")
    seconds = serializers.IntegerField(allow_null=True, help_text="for which it lasted")


class ReaderSerializer(serializers.Serializer[Any]):
    name = TEXT()
    at = serializers.DateTimeField()


class VisitorSerializer(serializers.Serializer[Any]):
    """What one person did, the latest first. That it was read is noted."""

    visitor = TEXT(help_text="user:<id> or visitor:<id>")
    username = TEXT(source="user.username", default=None, allow_null=True)
    declinedRecording = serializers.BooleanField(help_text="then recordings are left out")
    events = FactSerializer(many=True)
    before = serializers.DateTimeField(allow_null=True, help_text="for the next page; null: there is none")
    readers = ReaderSerializer(many=True, help_text="who read it last")
