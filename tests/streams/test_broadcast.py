"""A show's picture from browser to browser, over sockets: who is told of whom, and that signals reach nobody else."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from accounts.models import User
from realtime import database
from realtime.models import Restriction
from signaling.models import Broadcast, Peer
from streams.models import Stream
from tests import factories, sockets
from tests.streams.lobby import Lobby
from tests.streams.studio import ANSWER, AVAILABLE, CANDIDATE, OFFER, Studio, new, stopped

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.fixture
async def studio(server: sockets.Address) -> AsyncIterator[Studio]:
    async with await new(server) as studio:
        yield studio


# --- registering


@pytest.mark.everywhere
async def test_a_viewer_who_waited_gets_the_picture_when_a_broadcaster_comes(studio: Studio) -> None:
    ann = await studio.viewer("ann")
    host = await studio.broadcaster()
    assert await ann.next() == AVAILABLE
    assert await host.next() == {"type": "webrtc_new_customer", "customerId": "ann"}


@pytest.mark.everywhere
async def test_a_viewer_who_comes_later_gets_it_too(studio: Studio) -> None:
    host = await studio.broadcaster()
    ann = await studio.viewer("ann")
    assert await ann.next() == AVAILABLE
    assert await host.next() == {"type": "webrtc_new_customer", "customerId": "ann"}


async def test_the_answer_to_registering_comes_before_what_follows_from_it(studio: Studio) -> None:
    await studio.broadcaster()
    ann = await studio.connect()
    await ann.say("webrtc_register", peerId="ann", userType="customer", sessionId=str(studio.stream.pk))
    assert [(await ann.next())["type"] for _ in range(2)] == ["webrtc_registered", "webrtc_broadcaster_available"]


async def test_only_who_runs_the_show_or_is_an_admin_may_broadcast(studio: Studio) -> None:
    for role in ("viewer", "creator", "moderator", "staff"):
        client = await studio.connect(await database.in_db(factories.user, role))
        ack = await studio.register(client, "host", "admin")
        assert (ack["code"], client.passed.pop()) == (
            "forbidden",
            {"type": "error", "message": "You don't have permission to broadcast this show"},
        )
    guest = await studio.connect()
    assert (await studio.register(guest, "host", "admin"))["code"] == "forbidden"
    assert (await studio.register(guest, "guest", "customer"))["ok"]
    await studio.broadcaster(of=await database.in_db(factories.user, "admin"))


async def test_a_show_that_is_over_or_never_was_has_no_picture(studio: Studio) -> None:
    await database.in_db(studio.stream.end)
    host = await studio.connect(studio.creator)
    ack = await studio.register(host, "host", "admin")
    assert (ack["code"], ack["message"]) == ("validation", "This session has ended")
    unknown = {"sessionId": "00000000-0000-4000-8000-000000000000"}
    assert (await studio.register(host, "ann", "customer", **unknown))["code"] == "not_found"


async def test_who_was_banned_from_a_show_does_not_see_it(studio: Studio) -> None:
    user = await database.in_db(factories.user)
    await database.in_db(ban, user, studio.stream)
    client = await studio.connect(user)
    assert (await studio.register(client, "ann", "customer"))["code"] == "forbidden"


@pytest.mark.parametrize(
    "fields",
    [
        {"peerId": ""},
        {"peerId": "x" * 65},
        {"peerId": "a\0"},
        {"userType": "host"},
        {"peerId": None},
        {"sessionId": "x"},
    ],
)
async def test_what_no_client_would_register_as_is_refused(studio: Studio, fields: dict[str, Any]) -> None:
    client = await studio.connect()
    usual = {"peerId": "ann", "userType": "customer"}
    assert (await client.ask("webrtc_register", **usual | fields))["code"] == "validation"


async def test_a_peer_who_registers_for_another_show_leaves_the_first(studio: Studio) -> None:
    host, ann = await studio.pair()
    other = await database.in_db(factories.stream, studio.creator, "live")
    await studio.registered(ann, "ann", "customer", sessionId=str(other.pk))
    assert await host.expect("webrtc_customer_left") == {"type": "webrtc_customer_left", "customerId": "ann"}


# --- starting and stopping


@pytest.mark.everywhere
async def test_viewers_hear_both_spellings_of_a_start_and_of_a_stop(studio: Studio) -> None:
    host, ann = await studio.pair()
    await host.say("webrtc_broadcast_start", peerId="host")
    assert await ann.next() == AVAILABLE
    await host.say("webrtc_broadcast_stop", peerId="host")
    assert await ann.next() == stopped("stopped")
    await host.say("webrtc_broadcast_start", peerId="host")
    assert await ann.next() == AVAILABLE
    assert await host.next() == {"type": "webrtc_new_customer", "customerId": "ann"}


async def test_a_viewer_neither_starts_nor_stops(studio: Studio) -> None:
    host, ann = await studio.pair()
    for message in ("webrtc_broadcast_start", "webrtc_broadcast_stop"):
        ack = await ann.ask(message, peerId="host")
        assert (ack["code"], ack["message"]) == ("forbidden", "Register as the broadcaster first")
    await host.say("webrtc_broadcast_stop")
    assert (await ann.expect("webrtc_broadcast_stopped"))["reason"] == "stopped"


@pytest.mark.everywhere
async def test_peers_are_forgotten_when_their_connection_closes(studio: Studio, settings: Any) -> None:
    settings.BROADCAST_GRACE_SECONDS = 0.2
    host, ann = await studio.pair()
    ben = await studio.viewer("ben")
    await host.expect("webrtc_new_customer", customerId="ben")
    ann.abandon()
    assert await host.next() == {"type": "webrtc_customer_left", "customerId": "ann"}
    await ben.expect("webrtc_broadcaster_available")
    host.abandon()
    assert await ben.next() == stopped("left")
    assert await database.in_db(names, studio.stream) == ["ben"]


@pytest.mark.everywhere
async def test_a_second_broadcaster_replaces_the_first_when_it_starts(studio: Studio) -> None:
    host, ann = await studio.pair()
    second = await studio.broadcaster("second", of=await database.in_db(factories.user, "admin"))
    assert await host.settle() == await ann.settle() == await second.settle() == []
    await second.say("webrtc_broadcast_start", peerId="second")
    assert await host.next() == stopped("replaced")
    assert await ann.next() == stopped("replaced")
    assert await ann.next() == {**AVAILABLE, "broadcaster": "second", "broadcasterId": "second"}
    assert await second.next() == {"type": "webrtc_new_customer", "customerId": "ann"}
    assert (await host.ask("webrtc_offer", to="ann", offer=OFFER))["ok"]
    await second.say("webrtc_offer", to="ann", offer=OFFER)
    assert await ann.next() == {"type": "webrtc_offer", "from": "second", "offer": OFFER}
    await host.say("webrtc_broadcast_start", peerId="host")
    assert await second.next() == stopped("replaced", "second")
    assert await ann.expect("webrtc_broadcaster_available") == AVAILABLE
    assert await host.expect("webrtc_new_customer") == {"type": "webrtc_new_customer", "customerId": "ann"}


@pytest.mark.everywhere
async def test_who_starts_without_having_registered_is_registered(studio: Studio) -> None:
    ann = await studio.viewer("ann")
    host = await studio.connect(studio.creator)
    named = {"peerId": "host", "sessionId": str(studio.stream.pk)}
    await host.say("webrtc_broadcast_start", **named)
    assert await ann.next() == AVAILABLE
    assert await host.next() == {"type": "webrtc_new_customer", "customerId": "ann"}
    stranger = await studio.connect(await database.in_db(factories.user, "staff"))
    ack = await stranger.ask("webrtc_broadcast_start", **named)
    assert (ack["code"], ack["message"]) == ("forbidden", "You don't have permission to broadcast this show")
    assert (await stranger.ask("webrtc_broadcast_start"))["message"] == "Register as the broadcaster first"
    assert (await stranger.ask("webrtc_broadcast_start", **named | {"peerId": 5}))["code"] == "validation"


@pytest.mark.everywhere
async def test_a_broadcaster_who_reconnects_in_time_is_not_said_to_have_stopped(studio: Studio) -> None:
    host, ann = await studio.pair()
    await host.say("webrtc_broadcast_start")
    await ann.expect("webrtc_broadcaster_available")
    host.abandon()
    await lost(studio.stream)
    again = await studio.broadcaster()
    assert await ann.next() == AVAILABLE
    assert await again.next() == {"type": "webrtc_new_customer", "customerId": "ann"}
    await ann.say("webrtc_answer", to="host", answer=ANSWER)
    assert (await again.next())["type"] == "webrtc_answer"


async def test_one_who_goes_to_another_show_is_not_waited_for(studio: Studio) -> None:
    host, ann = await studio.pair()
    other = await database.in_db(factories.stream, studio.creator, "live")
    await studio.registered(host, "host", "admin", sessionId=str(other.pk))
    assert await ann.next() == stopped("left")


async def test_when_the_show_ends_the_picture_does(studio: Studio) -> None:
    host, ann = await studio.pair()
    await database.in_db(studio.stream.end)
    assert await ann.next() == stopped("ended")
    assert await host.next() == stopped("ended")


# --- places


@pytest.mark.everywhere
async def test_a_viewer_beyond_the_places_hears_so_and_gets_the_next_free_one(studio: Studio, settings: Any) -> None:
    settings.BROADCAST_VIEWERS = 1
    host, ann = await studio.pair()
    ben = await studio.viewer("ben")
    words = "All 1 places of this broadcast are taken. You will see it as soon as one is free."
    assert await ben.expect("webrtc_broadcast_full") == {
        "type": "webrtc_broadcast_full",
        "viewers": 1,
        "message": words,
    }
    assert await ben.next() == {"type": "error", "message": words}
    ann.abandon()
    assert await host.expect("webrtc_new_customer") == {"type": "webrtc_new_customer", "customerId": "ben"}
    assert await ben.next() == AVAILABLE


async def test_even_the_queue_for_a_place_may_be_full(
    studio: Studio, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.BROADCAST_VIEWERS = 1
    monkeypatch.setattr("signaling.models.broadcast_queryset.MAX_WAITING", 0)
    await studio.pair()
    ack = await studio.register(await studio.connect(), "ben", "customer")
    assert not ack["ok"]
    assert "are taken" in ack["message"]


# --- signals


@pytest.mark.everywhere
async def test_signals_reach_the_peer_they_are_for_in_order_and_say_who_sent_them(studio: Studio) -> None:
    host, ann = await studio.pair()
    await host.say("webrtc_offer", **{"from": "forged"}, to="ann", offer=OFFER)
    await host.say("webrtc_ice_candidate", to="ann", candidate=CANDIDATE)
    await host.say("webrtc_ice_candidate", to="ann", candidate=None)
    assert [await ann.next() for _ in range(3)] == [
        {"type": "webrtc_offer", "from": "host", "offer": OFFER},
        {"type": "webrtc_ice_candidate", "from": "host", "candidate": CANDIDATE},
        {"type": "webrtc_ice_candidate", "from": "host", "candidate": None},
    ]
    await ann.say("webrtc_answer", **{"from": "host"}, to="host", answer=ANSWER)
    assert await host.next() == {"type": "webrtc_answer", "from": "ann", "answer": ANSWER}


async def test_signals_reach_nobody_else(studio: Studio) -> None:
    host, ann = await studio.pair()
    ben, stranger = await studio.viewer("ben"), await studio.connect()
    await ben.expect("webrtc_broadcaster_available")
    await host.expect("webrtc_new_customer", customerId="ben")
    for client, to in [(ann, "ben"), (ann, "nobody"), (stranger, "ben"), (ben, "ben"), (host, "nobody")]:
        assert (await client.ask("webrtc_offer", to=to, offer=OFFER))["ok"]
        assert client.passed == []  # nor does it hear that there is no such peer
    await host.say("webrtc_offer", to="ben", offer=OFFER)
    assert (await ben.next())["from"] == "host"
    await host.say("webrtc_ice_candidate", to="ann", candidate=None)
    assert (await ann.next())["type"] == "webrtc_ice_candidate"


async def test_nobody_gets_what_is_meant_for_another_by_taking_its_name(studio: Studio) -> None:
    host, ann = await studio.pair()
    thief = await studio.viewer("ann")
    alias = (await host.next())["customerId"]
    assert alias.startswith("ann~")
    await host.say("webrtc_offer", to="ann", offer=OFFER)
    assert (await ann.next())["type"] == "webrtc_offer"
    await host.say("webrtc_ice_candidate", to=alias, candidate=None)
    assert [frame["type"] for frame in [await thief.next(), await thief.next()]] == [
        "webrtc_broadcaster_available",
        "webrtc_ice_candidate",
    ]
    await thief.say("webrtc_answer", to="host", answer=ANSWER)
    assert (await host.next())["from"] == alias


async def test_a_description_longer_than_any_browser_makes_is_refused(studio: Studio) -> None:
    host, ann = await studio.pair()
    longest = {"type": "offer", "sdp": "x" * 64 * 1024}
    await host.say("webrtc_offer", to="ann", offer=longest)
    assert (await ann.next())["offer"] == longest
    for offer in ({"type": "offer", "sdp": "x" * (64 * 1024 + 1)}, "x" * (64 * 1024 + 1)):
        assert (await host.ask("webrtc_offer", to="ann", offer=offer))["code"] == "validation"
    offer = {"type": "offer", "sdp": "x" * 128 * 1024}
    assert (await host.ask("webrtc_offer", to="ann", offer=offer))["code"] == "too_big"


async def test_a_room_of_peers_is_not_resumed(studio: Studio) -> None:
    _, ann = await studio.pair()
    for client in (ann, await studio.connect()):
        ack = await client.ask("resume", room=f"broadcast:{studio.stream.pk}", epoch="x", after=0)
        assert ack["code"] == "not_found"


# --- the current show


async def old_admin(lobby: Lobby, of: User, name: str = "host") -> sockets.Client:
    admin = await lobby.admin(of)
    await admin.ask("webrtc_register", peerId=name, userType="admin")
    assert admin.passed.pop() == {"type": "webrtc_registered", "peerId": name, "userType": "admin"}
    return admin


async def old_customer(lobby: Lobby, name: str) -> sockets.Client:
    customer = await lobby.customer()
    assert (await customer.ask("webrtc_register", peerId=name, userType="customer"))["ok"]
    customer.passed.clear()
    return customer


@pytest.mark.everywhere
async def test_shipped_clients_who_know_no_shows_meet_at_the_current_one(lobby: Lobby) -> None:
    """In their own order: everyone registers before there is a show, then the admin's page goes live."""
    ann = await old_customer(lobby, "ann")
    admin = await old_admin(lobby, await database.in_db(factories.user, "admin"))
    await admin.expect("webrtc_new_customer", customerId="ann")
    await admin.say("stream_started", streamData={"title": "Live"})
    await admin.expect("stream_started")
    await admin.say("webrtc_broadcast_start", peerId="host")
    await admin.say("webrtc_offer", to="ann", offer=OFFER)
    assert (await ann.expect("webrtc_offer"))["from"] == "host"
    assert [frame for frame in ann.passed if "stopped" in frame["type"] and "webrtc" in frame["type"]] == []
    late = await old_customer(lobby, "late")
    assert await late.expect("webrtc_broadcaster_available") == AVAILABLE
    await admin.say("stream_stopped")
    await admin.expect("stream_stopped")
    await admin.say("stream_started", streamData={"title": "Another"})
    await admin.expect("stream_started")
    await admin.say("webrtc_ice_candidate", to="late", candidate=None)
    assert (await late.expect("webrtc_ice_candidate"))["from"] == "host"


async def test_pages_that_name_the_current_show_see_its_shipped_broadcaster(
    server: sockets.Address, lobby: Lobby
) -> None:
    admin_user = await database.in_db(factories.user, "admin")
    admin = await old_admin(lobby, admin_user)
    stream = await database.in_db(factories.stream, admin_user)
    async with Studio(server, stream, admin_user) as studio:
        ann = await studio.viewer("ann")
        await admin.say("start_stream", streamId=str(stream.pk))
        assert await ann.next() == AVAILABLE
        assert await admin.expect("webrtc_new_customer") == {"type": "webrtc_new_customer", "customerId": "ann"}


async def test_shipped_customers_see_the_studio_of_the_current_show(server: sockets.Address, lobby: Lobby) -> None:
    stream = await lobby.show()
    early = await old_customer(lobby, "early")
    async with Studio(server, stream, stream.creator) as studio:
        host = await studio.broadcaster()
        assert await early.expect("webrtc_broadcaster_available") == AVAILABLE
        assert (await host.expect("webrtc_new_customer"))["customerId"] == "early"
        late = await old_customer(lobby, "late")
        assert await late.expect("webrtc_broadcaster_available") == AVAILABLE


async def test_an_admin_who_does_not_run_the_current_show_may_not_broadcast_it(lobby: Lobby) -> None:
    staff = await database.in_db(factories.user, "staff")
    waiting = await old_admin(lobby, staff)
    await old_customer(lobby, "ann")
    await lobby.show()
    assert (await waiting.expect("webrtc_broadcast_stopped"))["reason"] == "replaced"
    ack = await (await lobby.admin(staff)).ask("webrtc_register", peerId="staff", userType="admin")
    assert ack["message"] == "You don't have permission to broadcast this show"


# --- inside


def ban(user: User, stream: Stream) -> None:
    Restriction.objects.ban(f"user:{user.pk}", room=stream.room_key)


async def lost(stream: Stream) -> None:
    """Waits until the loss of the broadcaster's connection has been noticed."""
    kept = Peer.objects.filter(broadcast__channel=stream.pk, kept_until__isnull=False)
    async with asyncio.timeout(sockets.PATIENCE):
        while not await database.in_db(kept.exists):  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.02)


def names(stream: Stream) -> list[str]:
    return [peer.name for peer in Broadcast.objects.get(channel=str(stream.pk)).peers.order_by("pk")]
