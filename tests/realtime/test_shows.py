"""Live shows over sockets, in Stream Bazaar's words: watching, being counted, showcasing, clicking."""

import asyncio
from typing import Any

import pytest

from accounts.models import Role
from analytics.models import ProductClick, StreamView
from realtime.runtime import threads
from shopping.models import Product
from tests import factories, sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
def product(show: sockets.Show) -> Product:
    """One of the show's products."""
    made = factories.product(show.creator)
    factories.listing(show.stream, made)
    return made


async def creator(server: sockets.Address, show: sockets.Show) -> sockets.Client:
    return await sockets.connect(server, **await threads.in_db(sockets.bearer, show.creator))


async def watch(client: sockets.Client, show: sockets.Show) -> None:
    ack = await client.ask("join-session", sessionId=show.id)
    assert ack["ok"], ack


# --- watching and being counted
@sockets.ON_BOTH
async def test_everyone_in_the_room_hears_who_comes_and_goes(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as first:
        await watch(first, show)
        await first.expect("viewer-count", data=1)
        async with await sockets.connect(server) as second:
            await watch(second, show)
            await first.expect("viewer-count", data=2)
            await second.expect("viewer-count", data=2)
            await second.say("leave-session", data=show.id)
            await first.expect("viewer-count", data=1)
            await watch(second, show)
            await first.expect("viewer-count", data=2)
        await first.expect("viewer-count", data=1)


async def test_the_publisher_is_not_counted(server: sockets.Address, show: sockets.Show) -> None:
    async with await creator(server, show) as publisher:
        await watch(publisher, show)
        await publisher.expect("viewer-count", data=0)
        async with await sockets.connect(server) as viewer:
            await watch(viewer, show)
            await viewer.expect("viewer-count", data=1)


async def test_two_tabs_of_one_person_count_twice(server: sockets.Address, show: sockets.Show) -> None:
    options = await threads.in_db(lambda: sockets.bearer(sockets.make_user()))
    async with await sockets.connect(server, **options) as one, await sockets.connect(server, **options) as two:
        await watch(one, show)
        await watch(two, show)
        await one.expect("viewer-count", data=2)


async def test_joining_twice_counts_once(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        await watch(client, show)
        await watch(client, show)
        async with await sockets.connect(server) as other:
            await watch(other, show)
            await client.expect("viewer-count", data=2)


@sockets.ON_BOTH
async def test_one_who_is_gone_without_a_word_is_no_longer_counted(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as stays:
        await watch(stays, show)
        lost = await sockets.connect(server)
        await watch(lost, show)
        await stays.expect("viewer-count", data=2)
        lost.abandon()
        await stays.expect("viewer-count", data=1)


async def test_the_leaver_hears_nothing_more(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as stays, await sockets.connect(server) as leaver:
        await watch(stays, show)
        await watch(leaver, show)
        await leaver.ask("leave-session", sessionId=show.id)
        await leaver.settle()
        await stays.say("send-message", sessionId=show.id, message="hello")
        await stays.expect("new-message")
        assert [frame["type"] for frame in await leaver.settle()] == []


async def test_a_view_is_stored_from_joining_to_leaving(server: sockets.Address, show: sockets.Show) -> None:
    user = await threads.in_db(sockets.make_user)
    async with await sockets.connect(server, **await threads.in_db(sockets.bearer, user)) as client:
        await watch(client, show)
        view = await threads.in_db(StreamView.objects.get, stream=show.stream)
        assert (view.user_id, view.viewer, view.role, view.left_at) == (user.pk, f"user:{user.pk}", "subscriber", None)
        await client.ask("leave-session", sessionId=show.id)
        view = await threads.in_db(StreamView.objects.get, stream=show.stream)
        assert view.left_at is not None
        assert view.watch_duration is not None


async def test_a_session_that_does_not_exist_cannot_be_joined(server: sockets.Address) -> None:
    async with await sockets.connect(server) as client:
        ack = await client.ask("join-session", sessionId="00000000-0000-4000-8000-000000000000")
        assert (ack["ok"], ack["code"]) == (False, "not_found")


async def test_leaving_where_one_never_was_is_no_mistake(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        assert (await client.ask("leave-session", sessionId=show.id))["ok"]


# --- its course


async def test_the_room_hears_the_course_of_the_show(server: sockets.Address) -> None:
    show = await threads.in_db(sockets.make_show, live=False)
    async with await sockets.connect(server) as client:
        await watch(client, show)
        await threads.in_db(show.stream.start)
        started = await client.expect("stream-started")
        assert (started["sessionId"], started["channelName"], started["status"]) == (show.id, show.id, "live")
        assert started["startedAt"].endswith("Z")
        await threads.in_db(show.stream.change_status, "paused")
        assert (await client.expect("stream-paused"))["status"] == "paused"
        await threads.in_db(show.stream.start)
        assert (await client.expect("stream-resumed"))["status"] == "live"
        await threads.in_db(show.stream.end)
        ended = await client.expect("stream-ended")
        assert (ended["sessionId"], ended["status"]) == (show.id, "ended")
        assert await threads.in_db(StreamView.objects.filter(stream=show.stream, left_at=None).count) == 0


# --- reactions


async def test_a_reaction_is_shown_to_all_and_counted(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as one, await sockets.connect(server) as two:
        await watch(one, show)
        await watch(two, show)
        await one.say("send-reaction", sessionId=show.id, kind="heart")
        for client in (one, two):
            assert (await client.expect("new-reaction"))["kind"] == "heart"
            stats = await client.expect("reaction-stats", total=1)
            assert (stats["percentages"], stats["counts"]) == ({"heart": 100}, {"heart": 1})


async def test_reactions_of_many_add_up(server: sockets.Address, show: sockets.Show) -> None:
    clients = [await sockets.connect(server) for _ in range(5)]
    viewer = await sockets.connect(server)
    await watch(viewer, show)
    kinds = ["heart", "fire", "heart", "clap", "heart"]
    acks = await asyncio.gather(
        *(
            client.ask("send-reaction", sessionId=show.id, kind=kind)
            for client, kind in zip(clients, kinds, strict=True)
        )
    )
    assert all(ack["ok"] for ack in acks)
    stats = await viewer.expect("reaction-stats", total=5)
    assert stats["counts"] == {"heart": 3, "fire": 1, "clap": 1}
    assert stats["percentages"] == {"heart": 60, "fire": 20, "clap": 20}
    for client in [viewer, *clients]:
        await client.connection.close()


async def test_a_flood_of_reactions_is_thinned_and_counted_in_full(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.LIMITS = {"shown-reaction": {"room": (0.001, 3)}}
    async with await sockets.connect(server) as client:
        await watch(client, show)
        for _ in range(8):
            await client.say("send-reaction", sessionId=show.id, kind="heart")
        await client.expect("reaction-stats", total=8)
        shown = [frame for frame in client.passed if frame["type"] == "new-reaction"]
        assert len(shown) == 3


async def test_no_reaction_counts_after_the_end(server: sockets.Address, show: sockets.Show) -> None:
    await threads.in_db(show.stream.end)
    async with await sockets.connect(server) as client:
        ack = await client.ask("send-reaction", sessionId=show.id, kind="heart")
        assert (ack["ok"], ack["code"]) == (False, "validation")


async def test_quick_reactions_are_refused_with_the_time_to_wait(
    server: sockets.Address, show: sockets.Show, settings: Any, at_once: None
) -> None:
    settings.LIMITS = {"reaction": {"identity": (0.1, 2)}}
    async with await sockets.connect(server) as client:
        acks = [await client.ask("send-reaction", sessionId=show.id, kind="heart") for _ in range(3)]
    assert [ack["ok"] for ack in acks] == [True, True, False]
    assert acks[2]["retryAfter"] > 5


# --- products


async def test_the_owner_showcases_a_product_and_clears_it(
    server: sockets.Address, show: sockets.Show, product: Product
) -> None:
    async with await creator(server, show) as owner, await sockets.connect(server) as viewer:
        await watch(viewer, show)
        assert (await owner.ask("showcase-product", sessionId=show.id, productId=str(product.pk)))["ok"]
        shown = await viewer.expect("product-showcased")
        assert (shown["sessionId"], shown["productId"]) == (show.id, str(product.pk))
        assert shown["product"]["name"] == product.name
        assert (await owner.ask("showcase-product", sessionId=show.id, productId=None))["ok"]
        assert await viewer.expect("showcase-cleared") == {"type": "showcase-cleared", "sessionId": show.id}


async def test_nobody_else_showcases(server: sockets.Address, show: sockets.Show, product: Product) -> None:
    other = await threads.in_db(lambda: sockets.bearer(sockets.make_user(Role.CREATOR)))
    for options in ({}, other):
        async with await sockets.connect(server, **options) as client:
            ack = await client.ask("showcase-product", sessionId=show.id, productId=str(product.pk))
            assert (ack["ok"], ack["code"]) == (False, "forbidden")


async def test_only_the_shows_own_products_are_showcased(server: sockets.Address, show: sockets.Show) -> None:
    stranger = await threads.in_db(factories.product, show.creator)
    async with await creator(server, show) as owner:
        ack = await owner.ask("showcase-product", sessionId=show.id, productId=str(stranger.pk))
        assert (ack["ok"], ack["code"]) == (False, "validation")


@pytest.mark.parametrize("event", ["track-product-click", "product-click"])
async def test_clicks_on_the_shows_products_are_stored(
    server: sockets.Address, show: sockets.Show, product: Product, event: str
) -> None:
    stranger = await threads.in_db(factories.product, show.creator)
    user = await threads.in_db(sockets.make_user)
    async with (
        await sockets.connect(server) as guest,
        await sockets.connect(server, **await threads.in_db(sockets.bearer, user)) as known,
    ):
        assert (await guest.ask(event, sessionId=show.id, productId=str(product.pk), userId=user.pk))["ok"]
        assert (await known.ask(event, sessionId=show.id, productId=str(product.pk)))["ok"]
        await known.ask(event, sessionId=show.id, productId=str(stranger.pk))
        await threads.in_db(show.stream.end)
        await known.ask(event, sessionId=show.id, productId=str(product.pk))
    rows = await threads.in_db(lambda: list(ProductClick.objects.filter(stream=show.stream).order_by("pk")))
    assert [(row.product_id, row.user_id) for row in rows] == [(product.pk, None), (product.pk, user.pk)]
