"""What comes due by itself. Importing this module has every server process run it."""

import functools

from django.utils import timezone

from analytics import metrics
from analytics.events import ClicksCounted
from analytics.models import Ticker
from analytics.models.ticker import INTERVAL
from realtime import periodic, wire
from streams.models import Stream
from streams.models.listing import MAX_LISTINGS
from streams.rooms import ShowRoom
from streams.wire import clicks

MAX_TOLD = MAX_LISTINGS  # products, should a show have had more of them one after the other


def tell_clicks() -> None:
    """Tells the shows whose turn has come how often their products were looked at.

    Every process does this as long as there is such a show anywhere, and takes the turns that no other has taken.
    """
    if not Ticker.objects.exists():
        return
    for stream in Ticker.objects.take():
        ShowRoom(stream.pk).tell_latest("clicks", functools.partial(click_stats, stream))
    tell_due_clicks.schedule_within(INTERVAL.total_seconds())


tell_due_clicks = periodic.PeriodicTask(tell_clicks)


def click_stats(stream: Stream) -> ClicksCounted:
    found = metrics.clicks(stream)
    stats = [
        clicks.ClickStats(
            product_id=str(row["productId"]),
            product_name=row["productName"],
            unique_clicks=row["uniqueClicks"],
            total_clicks=row["totalClicks"],
            click_through_rate=row["clickThroughRate"],
            conversion_rate=row["clickThroughRate"],
            updated_at=wire.iso(row["updatedAt"]),
        )
        for row in found[:MAX_TOLD]
    ]
    return ClicksCounted(
        stream_id=str(stream.pk), stats=stats, total_viewers=metrics.views_of(stream), at=wire.iso(timezone.now())
    )
