"""What happens to the products of shows, and to the shop front.

A stored tag keeps its spelling when its class is renamed; see `realtime.events`.
"""

from realtime import events
from shopping.wire import Product
from streams.wire import bazaar, wrencos
from streams.wire.pins import Pin

SHOP_INTERVAL = 2.0  # seconds between two calls to read the shop front again


class Showcased(events.Event, tag="showcased"):
    stream_id: str
    product: Product

    def bazaar(self) -> bazaar.ProductShowcased:
        return bazaar.ProductShowcased(session_id=self.stream_id, product_id=self.product.id, product=self.product)


class Cleared(events.Event, tag="cleared"):
    """The showcase is empty."""

    stream_id: str

    def bazaar(self) -> bazaar.ShowcaseCleared:
        return bazaar.ShowcaseCleared(session_id=self.stream_id)


class LineupChanged(events.Event, tag="lineup-changed"):
    """A product was added to the show or taken off it, or they stand in another order."""

    stream_id: str
    product_ids: list[str]
    added: Product | None

    def bazaar(self) -> bazaar.LineupUpdated:
        return bazaar.LineupUpdated(session_id=self.stream_id, product_ids=self.product_ids, product=self.added)


class ProductRevised(events.Event, tag="product-revised"):
    """What people read about a product has changed. Its shows hear it, and the shop front."""

    product: Product

    def bazaar(self) -> bazaar.ProductUpdated:
        return bazaar.ProductUpdated(product=self.product)


class ShopChanged(events.Transient, tag="shop-changed"):
    """The shop front has other shows or products than before. Pages read it again, so seldom at most."""

    def min_interval(self) -> float:
        return SHOP_INTERVAL

    def bazaar(self) -> bazaar.ShopUpdated:
        return bazaar.ShopUpdated()


class PinsChanged(events.Event, tag="pins-changed"):
    stream_id: str
    pins: list[Pin]

    def bazaar(self) -> bazaar.PinsUpdated:
        return bazaar.PinsUpdated(session_id=self.stream_id, pinned_products=self.pins)

    def wrencos(self) -> wrencos.Pinned:
        return wrencos.Pinned(pinned_products=self.pins)
