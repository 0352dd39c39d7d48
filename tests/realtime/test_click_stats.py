"""The figures of a show's products, told every two seconds from the first look on."""

import pytest

from accounts.models import Role
from analytics.models import Ticker
from realtime.runtime import threads
from tests import factories, sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

CLICK = ["track-product-click", "product-click"]
STATS = {
    *("productId", "productName", "uniqueClicks", "totalClicks"),
    *("clickThroughRate", "conversionRate", "updatedAt"),
}


@pytest.fixture
def product(show: sockets.Show) -> str:
    return str(factories.listing(show.stream, factories.product(show.creator, name="Mug")).product_id)


@pytest.mark.parametrize("event", CLICK)
async def test_the_room_is_told_again_and_again_after_one_look(
    server: sockets.Address, show: sockets.Show, product: str, event: str
) -> None:
    async with await sockets.connect(server) as viewer, await sockets.Events().connect(server) as old:
        await viewer.ask("join-session", sessionId=show.id)
        await old.ask("join-session", {"sessionId": show.id})
        await viewer.ask(event, sessionId=show.id, productId=product, userId=None)
        stats = await old.expect("product-click-stats")
        assert stats.keys() == {"sessionId", "productStats", "totalViewers", "timestamp"}
        [mug] = stats["productStats"]
        assert mug.keys() == STATS
        assert (mug["productId"], mug["uniqueClicks"], mug["clickThroughRate"]) == (product, 1, 50.0)
        trending = await old.expect("trending-products")
        assert trending.keys() == {"sessionId", "products", "trending", "totalViewers", "timestamp"}
        assert trending["products"] == [mug]
        assert trending["trending"] == [{"productId": product, "productName": "Mug", "clickCount": 1, "rank": 1}]
        assert (await old.expect("product-click-stats"))["timestamp"] > stats["timestamp"]
        told = await viewer.expect("product-click-stats")
        assert told["productStats"] == [mug]


async def test_nothing_is_told_after_the_end(server: sockets.Address, show: sockets.Show, product: str) -> None:
    async with await sockets.connect(server) as viewer:
        await viewer.ask("join-session", sessionId=show.id)
        await viewer.ask("product-click", sessionId=show.id, productId=product)
        await viewer.expect("product-click-stats")
        await threads.in_db(show.stream.end)
        await viewer.expect("stream-ended")
        await threads.in_db(Ticker.objects.filter(stream=show.stream).update, due_at=show.stream.created_at)
        await threads.in_db(Ticker.objects.take)
        assert not await threads.in_db(Ticker.objects.filter(stream=show.stream).exists)
        await viewer.settle()
        assert "product-click-stats" not in [frame["type"] for frame in await viewer.settle()]


async def test_the_creators_page_may_read_what_was_counted_before(
    server: sockets.Address, show: sockets.Show, product: str
) -> None:
    assert show.creator.role == Role.CREATOR
    async with await sockets.connect(server) as viewer:
        await viewer.ask("join-session", sessionId=show.id)
        await viewer.ask("product-click", sessionId=show.id, productId=product)
    client = factories.client(show.creator)
    body = (await threads.in_db(client.get, f"/api/sessions/{show.id}/conversion-stats")).json()
    assert [row["totalClicks"] for row in body["data"]["products"]] == [1]
