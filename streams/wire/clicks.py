"""How often products of a show were clicked, as it is told."""

import msgspec


class ClickStats(msgspec.Struct, rename="camel"):
    """Looks at one product. `conversionRate` is another name of `clickThroughRate` that clients know."""

    product_id: str
    product_name: str
    unique_clicks: int
    total_clicks: int
    click_through_rate: float
    conversion_rate: float
    updated_at: str


class Trend(msgspec.Struct, rename="camel"):
    product_id: str
    product_name: str
    click_count: int
    rank: int
