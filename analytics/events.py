"""What shows are told of their figures."""

from realtime import events
from streams.wire import bazaar, clicks

TRENDING = 5  # products


class ClicksCounted(events.Latest, tag="clicks-counted"):
    """How often the products of a show were looked at, the most looked at first."""

    stream_id: str
    stats: list[clicks.ClickStats]
    total_viewers: int
    at: str

    def bazaar(self) -> tuple[bazaar.ProductClickStats, bazaar.TrendingProducts]:
        trending = [
            clicks.Trend(
                product_id=each.product_id, product_name=each.product_name, click_count=each.unique_clicks, rank=rank
            )
            for rank, each in enumerate(self.stats[:TRENDING], start=1)
        ]
        return (
            bazaar.ProductClickStats(
                session_id=self.stream_id,
                product_stats=self.stats,
                total_viewers=self.total_viewers,
                timestamp=self.at,
            ),
            bazaar.TrendingProducts(
                session_id=self.stream_id,
                products=self.stats[:TRENDING],
                trending=trending,
                total_viewers=self.total_viewers,
                timestamp=self.at,
            ),
        )
