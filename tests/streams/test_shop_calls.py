"""Calling the shop over sockets: it rings at one of the staff after another, who see who calls and from where."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from django.db.models.functions import Now

from realtime import database
from realtime.models import Restriction
from signaling.models import Call, Match
from streams import tasks
from streams.consumers.bazaar import is_shop_open
from streams.models import ShopCall, Stream
from tests import factories, sockets
from tests.signaling import people
from tests.streams.shop_calls import Shop, availability

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
async def shop(server: sockets.Address) -> AsyncIterator[Shop]:
    async with Shop(server) as shop:
        yield shop


def show_with_a_mug() -> tuple[Stream, str]:
    stream = factories.stream(factories.user("creator"), "live")
    product = factories.product(stream.creator)
    factories.listing(stream, product)
    return stream, str(product.pk)


async def rings_out(call: sockets.Frame) -> None:
    """Nobody has answered for the full time."""
    await database.in_db(ShopCall.objects.filter(pk=call["callId"]).update, rings_until=Now())
    await tasks.ring_on.run()


def outcome(call: sockets.Frame) -> str:
    return ShopCall.objects.get(pk=call["callId"]).outcome


# --- whether the shop can be called


async def test_pages_offer_to_call_while_somebody_takes_calls(shop: Shop) -> None:
    stream, _ = await database.in_db(show_with_a_mug)
    visitor, viewer = await shop.visitor(), await shop.connect()
    await viewer.ask("join-session", sessionId=str(stream.pk))
    assert [availability(client) for client in (visitor, viewer)] == [False, False]
    agent = await shop.agent()
    for client in (visitor, viewer):
        assert (await client.expect("shop-available"))["available"] is True
    assert availability(await shop.visitor())
    await agent.off_duty()
    for client in (visitor, viewer):
        assert (await client.expect("shop-available"))["available"] is False


async def test_whoever_closes_their_page_takes_no_calls(shop: Shop) -> None:
    agent, visitor = await shop.agent(), await shop.visitor()
    agent.client.abandon()
    assert (await visitor.expect("shop-available"))["available"] is False


async def test_a_page_that_comes_back_is_told_how_it_is_now(shop: Shop) -> None:
    visitor = await shop.visitor()
    joined = await visitor.ask("join-shop")
    position = {key: joined[key] for key in ("room", "epoch")} | {"after": joined["seq"]}
    visitor.abandon()
    await shop.agent()
    is_shop_open.invalidate_all()
    again = await shop.connect()
    assert (await again.ask("resume", **position))["recovered"]
    assert availability(again)


async def test_only_staff_take_calls(shop: Shop) -> None:
    for role in ("viewer", "creator", "moderator"):
        client = await shop.connect(await database.in_db(factories.user, role))
        assert (await client.ask("take-calls"))["code"] == "forbidden"
    assert (await (await shop.connect()).ask("take-calls"))["code"] == "forbidden"
    await shop.agent(role="admin")


async def test_an_agent_who_is_in_a_call_cannot_be_called(shop: Shop) -> None:
    agent, caller, visitor = await shop.agent(), await shop.connect(), await shop.visitor()
    await caller.ask("call-shop")
    assert (await visitor.expect("shop-available"))["available"] is False
    second = await (await shop.connect()).ask("call-shop")
    assert (second["code"], second["message"]) == (
        "unavailable",
        "Nobody can take your call right now. Please try again later.",
    )
    accepted = await agent.accept(await agent.rung())
    assert not (await (await shop.connect()).ask("call-shop"))["ok"]
    call = await database.in_db(Call.objects.get, match_name=accepted["matchId"])
    await database.in_db(call.end, "user_hangup")
    assert (await visitor.expect("shop-available"))["available"] is True


async def test_nobody_can_be_called_where_nobody_takes_calls(shop: Shop) -> None:
    ack = await (await shop.connect()).ask("call-shop")
    assert ack["code"] == "unavailable"
    assert not await database.in_db(Match.objects.filter(shop_calls__isnull=False, shop_calls__ended_at=None).exists)


# --- who is rung, and what they see


async def test_staff_see_who_calls_and_from_which_product_and_show(shop: Shop) -> None:
    stream, product = await database.in_db(show_with_a_mug)
    agent = await shop.agent()
    guest = await shop.connect()
    ack = await guest.ask("call-shop", name="  Anna\t B ", productId=product, sessionId=str(stream.pk))
    ring = await agent.rung()
    assert (
        ring.items()
        >= {
            "callId": ack["callId"],
            "name": "Anna B",
            "guest": True,
            "about": "Mug, Tea time",
            "productId": product,
            "sessionId": str(stream.pk),
        }.items()
    )
    await guest.ask("cancel-shop-call", callId=ack["callId"])
    assert await agent.over() == "cancelled"
    user = await database.in_db(factories.user)
    await (await shop.connect(user)).ask("call-shop", name="Somebody else")
    ring = await agent.rung()
    assert (ring["name"], ring["guest"], ring["about"]) == (user.username, False, "")


async def test_whoever_was_called_least_recently_is_rung_first(shop: Shop) -> None:
    first, second = await shop.agent(), await shop.agent()
    for agent in (first, second, first, second):
        caller = await shop.connect()
        call = await caller.ask("call-shop")
        assert (await agent.rung())["callId"] == call["callId"]
        await caller.ask("cancel-shop-call", callId=call["callId"])
        assert await agent.over() == "cancelled"


async def test_it_rings_at_the_next_one_where_one_does_not_answer_or_declines(shop: Shop) -> None:
    agents = [await shop.agent() for _ in range(3)]
    caller = await shop.connect()
    call = await caller.ask("call-shop")
    await agents[0].rung()
    await rings_out(call)
    assert await agents[0].over() == "missed"
    await agents[1].decline(await agents[1].rung())
    assert await agents[1].over() == "declined"
    assert (await agents[1].accept(call))["code"] == "gone"
    await agents[2].rung()
    await rings_out(call)
    told = await caller.expect("shop-call-ended")
    assert (told["callId"], told["reason"]) == (call["callId"], "unanswered")
    assert await database.in_db(outcome, call) == "unanswered"
    calls = await database.in_db(lambda: list(Call.objects.order_by("-pk").values_list("ending", flat=True)[:3]))
    assert calls == ["invite_timeout", "rejected", "invite_timeout"]
    assert (await caller.ask("call-shop"))["ok"]  # The least recently called one of three who are all free again.
    await agents[0].rung()


async def test_it_rings_at_the_next_one_by_itself(shop: Shop, settings: Any) -> None:
    settings.SHOP_CALL_RING_SECONDS = 0.3
    first, second = await shop.agent(), await shop.agent()
    caller = await shop.connect()
    await caller.ask("call-shop")
    await first.rung()
    assert await first.over() == "missed"
    await second.rung()
    assert (await caller.expect("shop-call-ended"))["reason"] == "unanswered"


async def test_it_rings_at_the_next_one_where_a_page_is_closed(shop: Shop, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 0.2
    first, second = await shop.agent(), await shop.agent()
    await (await shop.connect()).ask("call-shop")
    await first.rung()
    first.client.abandon()
    await second.rung()


async def test_staff_who_reload_their_page_find_it_ringing(shop: Shop) -> None:
    agent = await shop.agent()
    call = await (await shop.connect()).ask("call-shop")
    await agent.rung()
    agent.client.abandon()
    again = await shop.agent(agent.user)
    assert [frame["callId"] for frame in again.client.passed if frame["type"] == "shop-call-ringing"] == [
        call["callId"]
    ]
    assert (await again.accept(call))["ok"]


async def test_nobody_takes_a_call_that_rings_at_somebody_else(shop: Shop) -> None:
    agent, caller = await shop.agent(), await shop.connect()
    call = await caller.ask("call-shop")
    other = await shop.agent()
    assert (await other.accept(call))["code"] == "gone"
    assert (await caller.ask("accept-shop-call", callId=call["callId"]))["code"] == "gone"
    assert (await agent.accept(await agent.rung()))["ok"]


# --- once it is taken


async def test_both_meet_at_a_match_that_is_theirs_alone(shop: Shop) -> None:
    agent, guest = await shop.agent(), await shop.connect()
    call = await guest.ask("call-shop", name="Anna")
    accepted = await agent.accept(await agent.rung())
    told = await guest.expect("shop-call-accepted")
    assert (told["callId"], told["matchId"]) == (call["callId"], accepted["matchId"])
    async with people.House(shop.address) as house:
        stranger = await house.arrive(people.OverFlatSocket)
        refused = await stranger.say("register", {"userId": "stranger", "matchId": accepted["matchId"]})
        assert refused["code"] == "match_full"
        proof = (await database.in_db(sockets.bearer, agent.user))["subprotocols"][1]
        staff = await house.arrive(people.OverFlatSocket, proof)
        anna = await house.arrive(people.OverFlatSocket)
        await staff.sit(accepted["matchId"], accepted["userId"])
        await anna.sit(told["matchId"], told["userId"])
        assert (await staff.hear("user-joined"))["userId"] == told["userId"]
        await anna.say("initiate-call", {"to": accepted["userId"], "name": "Anna"})
        assert (await staff.hear("incoming-call"))["name"] == "Anna"
        await staff.say("accept-call", {"to": told["userId"]})
        await anna.hear("call-accepted")
        await anna.say("end-call", {})
    one = await database.in_db(Call.objects.get, match_name=accepted["matchId"])
    assert (one.caller, one.callee_user_id, one.ending) == (told["userId"], agent.user.pk, "user_hangup")
    assert one.answered_at is not None
    assert await database.in_db(outcome, call) == "accepted"


async def test_a_call_to_which_neither_comes_ends(shop: Shop) -> None:
    agent, guest = await shop.agent(), await shop.connect()
    await guest.ask("call-shop")
    accepted = await agent.accept(await agent.rung())

    def time_out() -> Call:
        Call.objects.filter(match_name=accepted["matchId"]).update(rings_until=Now())
        Call.objects.time_out()
        return Call.objects.get(match_name=accepted["matchId"])

    assert (await database.in_db(time_out)).ending == "invite_timeout"


# --- who calls


async def test_whoever_loses_their_connection_for_long_has_given_up(shop: Shop, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 0.2
    agent, guest = await shop.agent(), await shop.connect()
    call = await guest.ask("call-shop")
    await agent.rung()
    guest.abandon()
    assert await agent.over() == "cancelled"
    assert await database.in_db(outcome, call) == "cancelled"


async def test_who_comes_back_hears_what_has_become_of_the_call(shop: Shop) -> None:
    user = await database.in_db(factories.user)
    agent, caller = await shop.agent(), await shop.connect(user)
    call = await caller.ask("call-shop")
    caller.abandon()
    accepted = await agent.accept(await agent.rung())
    again = await shop.connect(user)
    assert (await again.ask("resume", room=call["room"], epoch=call["epoch"], after=call["seq"]))["recovered"]
    (told,) = (frame for frame in again.passed if frame["type"] == "shop-call-accepted")
    assert told["matchId"] == accepted["matchId"]
    stranger = await shop.connect()
    assert (await stranger.ask("resume", room=call["room"], epoch=call["epoch"], after=0))["code"] == "not_found"


async def test_a_call_that_is_sent_again_is_the_same_call(shop: Shop) -> None:
    agent, caller = await shop.agent(), await shop.connect()
    first = await caller.ask("call-shop", op="one")
    second = await caller.ask("call-shop", op="two")
    assert first["callId"] == second["callId"]
    await agent.accept(await agent.rung())
    await caller.expect("shop-call-accepted")
    again = await caller.ask("call-shop", op="one")
    assert again["callId"] == first["callId"]
    assert [frame["type"] for frame in caller.passed if frame.get("callId") == first["callId"]] == [
        "shop-call-accepted"
    ]


async def test_the_banned_cannot_call(shop: Shop) -> None:
    stream, _ = await database.in_db(show_with_a_mug)
    user, other = await database.in_db(factories.user), await database.in_db(factories.user)
    await database.in_db(lambda: Restriction.objects.ban(factories.identity(user).key))
    await database.in_db(lambda: Restriction.objects.ban(factories.identity(other).key, stream.room_key))
    await shop.agent()
    assert (await (await shop.connect(user)).ask("call-shop"))["code"] == "forbidden"
    caller = await shop.connect(other)
    assert (await caller.ask("call-shop", sessionId=str(stream.pk)))["code"] == "forbidden"
    assert (await caller.ask("call-shop"))["ok"]


async def test_what_does_not_exist_is_not_called_from(shop: Shop) -> None:
    nothing = "00000000-0000-4000-8000-000000000000"
    caller = await shop.connect()
    for field in ("productId", "sessionId"):
        assert (await caller.ask("call-shop", **{field: nothing}))["code"] == "not_found"


@pytest.mark.usefixtures("at_once")
async def test_one_address_calls_only_so_often(shop: Shop, settings: Any) -> None:
    settings.LIMITS = {**settings.LIMITS, "shop-call": {"address": (0.1, 2)}}
    acks = [await (await shop.connect()).ask("call-shop") for _ in range(3)]
    assert [ack["code"] for ack in acks] == ["unavailable", "unavailable", "rate_limited"]


async def test_over_socketio_the_words_are_the_same(shop: Shop) -> None:
    agent = await shop.agent()
    async with await sockets.Events().connect(shop.address) as caller:
        ack: dict[str, Any] = await caller.ask("call-shop", {"name": "Anna"})
        ring = await agent.rung()
        assert (ring["callId"], ring["name"]) == (ack["callId"], "Anna")
        accepted = await agent.accept(ring)
        told = await caller.expect("shop-call-accepted")
        assert told["matchId"] == accepted["matchId"]
