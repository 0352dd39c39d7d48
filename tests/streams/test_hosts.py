"""Viewers of a live show are told when its host has lost every connection, and when they are back."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from realtime import database
from streams.models import Host, Stream
from tests import factories, sockets
from tests.streams.studio import Studio

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def at_once(settings: Any) -> None:
    """Hosts are away as soon as they have gone."""
    settings.HOST_AWAY_SECONDS = 0


def show(status: str = "live") -> Stream:
    made = factories.stream(factories.user("creator"), status)
    return Stream.objects.select_related("creator").get(pk=made.pk)


async def enter(server: sockets.Address, stream: Stream, of: User | None = None, **hello: Any) -> sockets.Client:
    """Somebody on a page of the show; its creator is its host."""
    proof = await database.in_db(sockets.bearer, of) if of else {}
    client = await sockets.connect(server, "/ws/streams/", **proof)
    await client.ask("hello", recover=True)
    assert (await client.ask("join-session", sessionId=str(stream.pk)))["ok"]
    client.passed.clear()
    return client


async def leave(client: sockets.Client, stream: Stream) -> None:
    """Goes, and is known to have gone."""
    await client.ask("leave-session", sessionId=str(stream.pk))
    await client.connection.close()


def is_away(stream: Stream) -> bool:
    """As REST says it, and the state of the room for those who missed too much."""
    answer = factories.client().get(f"/api/sessions/{stream.pk}").json()["data"]
    listed = factories.client().get("/api/sessions?public=true").json()["data"]
    (of_list,) = (found["hostAway"] for found in listed if found["id"] == str(stream.pk))
    assert of_list == answer["hostAway"]
    return bool(answer["hostAway"])


def told(stream: Stream) -> list[bool]:
    return [fact["away"] for fact in factories.told(stream.room_key) if fact["fact"] == "host-away"]


async def test_a_host_whose_page_is_gone_is_said_to_be_away_until_they_come_back(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    async with await enter(server, stream) as viewer:
        host = await enter(server, stream, stream.creator)
        assert not await database.in_db(is_away, stream)
        host.abandon()
        assert (await viewer.expect("host-away"))["away"] is True
        assert await database.in_db(is_away, stream)
        async with await enter(server, stream, stream.creator):
            assert (await viewer.expect("host-away"))["away"] is False
            assert not await database.in_db(is_away, stream)


async def test_old_clients_over_socketio_are_told_too(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    async with await sockets.Events().connect(server) as viewer:
        await viewer.ask("join-session", {"sessionId": str(stream.pk)})
        await leave(await enter(server, stream, stream.creator), stream)
        assert await viewer.expect("host-away") == {"sessionId": str(stream.pk), "away": True}


async def test_who_comes_later_and_missed_too_much_reads_it_in_the_state_of_the_room(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    async with await enter(server, stream) as viewer:
        await leave(await enter(server, stream, stream.creator), stream)
        await viewer.expect("host-away")
        await viewer.ask("resume", room=stream.room_key, epoch="another", after=0)
        (snapshot,) = (frame for frame in viewer.passed if frame["type"] == "snapshot")
        assert snapshot["state"]["hostAway"] is True


async def test_a_second_page_of_the_host_keeps_them_here(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    async with await enter(server, stream, stream.creator):
        await leave(await enter(server, stream, stream.creator), stream)
        await database.in_db(Host.objects.mark_away)
        assert await database.in_db(told, stream) == []


async def test_whoever_sends_the_picture_is_a_host_too(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    admin = await database.in_db(factories.user, "admin")
    async with await enter(server, stream) as viewer, Studio(server, stream, stream.creator) as studio:
        camera = await studio.broadcaster(of=admin)
        camera.abandon()
        assert (await viewer.expect("host-away"))["away"] is True
        await studio.broadcaster("again", of=admin)
        assert (await viewer.expect("host-away"))["away"] is False


async def test_a_picture_that_is_lost_is_a_host_who_is_away_though_their_desk_is_open(server: sockets.Address) -> None:
    stream = await database.in_db(show)
    async with await enter(server, stream, stream.creator) as desk, Studio(server, stream, stream.creator) as studio:
        camera = await studio.broadcaster()
        await camera.ask("webrtc_broadcast_start", peerId="host")
        camera.abandon()
        assert (await desk.expect("host-away"))["away"] is True
        camera = await studio.broadcaster("again")
        assert (await desk.expect("host-away"))["away"] is False
        await camera.ask("webrtc_broadcast_stop")  # on purpose, to go on without a picture
        other = await database.in_db(show)
        assert (await studio.register(camera, "ann", "customer", sessionId=str(other.pk)))["ok"]
        await database.in_db(Host.objects.mark_away)
        assert await database.in_db(told, stream) == [True, False]


async def test_a_host_who_never_came_by_a_socket_is_not_judged(server: sockets.Address) -> None:
    """As where an encoder sends the picture, and the show is run over REST."""
    stream = await database.in_db(show)
    async with await enter(server, stream), await enter(server, stream, await database.in_db(factories.user, "staff")):
        pass
    await database.in_db(Host.objects.mark_away)
    assert not await database.in_db(is_away, stream)
    assert not await database.in_db(Host.objects.filter(stream=stream).exists)


async def test_a_host_is_away_from_a_show_only(server: sockets.Address) -> None:
    stream = await database.in_db(show, "paused")
    async with await enter(server, stream):
        await leave(await enter(server, stream, stream.creator), stream)
        await database.in_db(Host.objects.mark_away)
        assert await database.in_db(told, stream) == []
        await database.in_db(stream.change_status, "live")
        await database.in_db(Host.objects.mark_away)
        assert await database.in_db(is_away, stream)
        await database.in_db(stream.end)
        assert not await database.in_db(is_away, stream)


async def test_a_host_who_is_back_in_time_was_never_away(server: sockets.Address, settings: Any) -> None:
    settings.HOST_AWAY_SECONDS = 60
    stream = await database.in_db(show)
    host = await enter(server, stream, stream.creator)
    host.abandon()
    async with await enter(server, stream, stream.creator):

        def long_ago() -> None:
            Host.objects.filter(stream=stream).exclude(left_at=None).update(left_at=timezone.now() - timedelta(hours=1))

        await database.in_db(long_ago)
        await database.in_db(Host.objects.mark_away)
        assert await database.in_db(told, stream) == []
