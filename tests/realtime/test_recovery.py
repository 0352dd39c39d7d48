"""Coming back to a room over plain sockets: everything missed, in order and once."""

import asyncio
import json

import pytest

from accounts import identity as identities
from realtime import event_log
from realtime.broker import publisher
from realtime.models import Presence, RoomEvent
from realtime.runtime import threads
from streams.events import shows
from streams.models import ChatMessage
from tests import sockets
from tests.realtime import resuming

pytestmark = [pytest.mark.usefixtures("live_db", "no_limits"), pytest.mark.everywhere]


async def test_a_join_says_where_the_log_stands_and_what_follows_says_where_it_is(
    server: sockets.Address, show: sockets.Show
) -> None:
    await resuming.chat(show, "before")
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        await resuming.chat(show, "after")
        [line] = await resuming.hears(client, "after")
        assert ack["room"] == line["room"] == show.key
        assert line["seq"] == ack["seq"] + 1
        assert line["epoch"] == ack["epoch"]


async def test_what_was_missed_is_told_in_order_and_then_what_comes(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await resuming.arrive(server) as another:
        ack = await resuming.join(another, show)
        await resuming.chat(show, "one", "two", "three")
        await resuming.hears(another, "one", "two", "three")  # so this process knows of them
    async with await resuming.arrive(server) as client:
        again = await resuming.resume(client, show.key, ack["epoch"], ack["seq"])
        *lines, resumed = [frame for frame in client.passed if frame["type"] in ("new-message", "resumed")]
        assert [line["message"] for line in lines] == ["one", "two", "three"]
        assert [line["seq"] for line in lines] == [ack["seq"] + n for n in (1, 2, 3)]
        assert {(line["room"], line["epoch"]) for line in lines} == {(show.key, ack["epoch"])}
        position = {"room": show.key, "seq": ack["seq"] + 3, "epoch": ack["epoch"]}
        assert resumed == {"type": "resumed", "recovered": True, **position}
        assert again.items() >= {"ok": True, "recovered": True, **position}.items()
        await resuming.chat(show, "four")
        [line] = await resuming.hears(client, "four")
        assert line["seq"] == ack["seq"] + 4


async def test_one_who_missed_nothing_is_told_nothing(server: sockets.Address, show: sockets.Show) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    async with await resuming.arrive(server) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert not resuming.told(client.passed)
        assert not resuming.told(client.passed, "snapshot")


async def test_without_an_op_the_answer_says_where_the_log_stands(server: sockets.Address, show: sockets.Show) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    async with await resuming.arrive(server) as client:
        await client.say("resume", room=show.key, epoch=ack["epoch"], after=ack["seq"])
        await client.expect("resumed", recovered=True)
        await client.expect("room", room=show.key, seq=ack["seq"], epoch=ack["epoch"])


async def test_coming_back_again_and_again_in_the_middle_of_traffic_has_neither_gap_nor_double(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    talking = asyncio.create_task(resuming.chat(show, *(str(n) for n in range(150))))
    heard: list[sockets.Frame] = []
    while len(heard) < 150:
        async with await resuming.arrive(server) as client:
            after = heard[-1]["seq"] if heard else ack["seq"]
            assert (await resuming.resume(client, show.key, ack["epoch"], after))["recovered"]
            heard += resuming.told(client.passed)
            if len(heard) < 150:
                heard.append(await client.expect("new-message"))
    await talking
    assert [line["message"] for line in heard] == [str(n) for n in range(150)]
    assert [line["seq"] for line in heard] == list(range(ack["seq"] + 1, ack["seq"] + 151))


async def test_resuming_twice_on_one_connection_replays_twice_and_subscribes_once(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        await resuming.chat(show, "one")
        await resuming.hears(client, "one")
        for _ in range(2):
            client.passed.clear()
            assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
            assert [line["message"] for line in resuming.told(client.passed)] == ["one"]
        client.passed.clear()
        await resuming.chat(show, "two")
        await resuming.hears(client, "two")
        assert not resuming.told(await client.settle())
        assert await threads.in_db(Presence.objects.filter(room=show.key).count) == 1


async def test_one_who_saw_more_elsewhere_than_this_process_has_heard_of_is_not_told_it_again(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was killed, and here the bells were lost."""
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
        with monkeypatch.context() as deaf:
            deaf.setattr(publisher, "publish", lambda notifications: None)
            await resuming.chat(show, "one", "two", "three")
            async with await resuming.arrive(server) as mover:
                again = await resuming.resume(mover, show.key, ack["epoch"], ack["seq"] + 2)
                assert again["recovered"]
                lines = resuming.told(mover.passed)
                lines += await resuming.hears(mover, "three") if not lines else []
                assert [line["seq"] for line in lines] == [ack["seq"] + 3]
        await resuming.hears(client, "one", "two", "three")


async def test_two_rooms_are_resumed_each_from_its_own_place(server: sockets.Address, show: sockets.Show) -> None:
    other = await threads.in_db(sockets.make_show)
    async with await resuming.arrive(server) as client:
        here, there = await resuming.join(client, show), await resuming.join(client, other)
    async with await resuming.arrive(server) as client:
        await resuming.join(client, show)
        await resuming.join(client, other)
        await resuming.chat(show, "here")
        await resuming.chat(other, "there", "there again")
        await resuming.hears(client, "here", "there", "there again")
    async with await resuming.arrive(server) as client:
        assert (await resuming.resume(client, show.key, here["epoch"], here["seq"]))["recovered"], client.passed
        assert [line["message"] for line in resuming.told(client.passed)] == ["here"]
        client.passed.clear()
        await resuming.resume(client, other.key, there["epoch"], there["seq"] + 1)
        assert [line["message"] for line in resuming.told(client.passed)] == ["there again"]


async def test_what_was_taken_back_meanwhile_is_not_told_again(server: sockets.Address, show: sockets.Show) -> None:
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    said = await resuming.chat(show, "fine", "a slip", "fine too")
    await threads.in_db(said[1].erase)
    await resuming.known(show)
    async with await resuming.arrive(server) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert "a slip" not in json.dumps(client.passed)
        assert [line["message"] for line in resuming.told(client.passed)] == ["fine", "fine too"]
        assert [frame["messageId"] for frame in resuming.told(client.passed, "message-deleted")] == [str(said[1].pk)]


async def test_what_was_meant_for_one_is_told_to_that_one(server: sockets.Address, show: sockets.Show) -> None:
    someone, identity = await threads.in_db(resuming.user)

    def tell() -> None:
        for n, how in enumerate([{"to": identity.key}, {"to": "user:0"}, {"but": identity.key}, {}]):
            with event_log.transaction():
                event_log.tell(show.key, shows.Paused(stream_id=str(n)), **how)

    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    await threads.in_db(tell)
    await resuming.known(show)
    for options, heard in ((sockets.bearer(someone), ["0", "3"]), ({}, ["2", "3"])):
        async with await resuming.arrive(server, **options) as client:
            assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
            assert [frame["sessionId"] for frame in resuming.told(client.passed, "stream-paused")] == heard


# --- the client's own ids


async def test_what_is_sent_again_after_a_reconnect_is_acknowledged_with_the_first_row(
    server: sockets.Address, show: sockets.Show
) -> None:
    someone, _ = await threads.in_db(resuming.user)
    acks = []
    for _ in range(3):
        async with await resuming.arrive(server, **sockets.bearer(someone)) as client:
            await resuming.join(client, show)
            acks.append(await client.ask("send-message", sessionId=show.id, message="once", op="op-1"))
    assert acks[0]["ok"]
    assert acks[0] == acks[1] == acks[2]
    assert await threads.in_db(ChatMessage.objects.filter(stream=show.stream).count) == 1
    assert await threads.in_db(RoomEvent.objects.filter(room__key=show.key, op="op-1").count) == 1


async def test_what_is_sent_on_several_sockets_at_once_is_stored_once(
    server: sockets.Address, show: sockets.Show
) -> None:
    someone, _ = await threads.in_db(resuming.user)
    clients = [await resuming.arrive(server, **sockets.bearer(someone)) for _ in range(6)]
    acks = await asyncio.gather(
        *(client.ask("send-message", sessionId=show.id, message="once", op="op-1") for client in clients)
    )
    for client in clients:
        await client.connection.close()
    assert acks[0]["ok"]
    assert all(ack == acks[0] for ack in acks)
    assert await threads.in_db(ChatMessage.objects.filter(stream=show.stream).count) == 1


async def test_an_op_means_something_to_its_author_and_in_its_room_alone(
    server: sockets.Address, show: sockets.Show
) -> None:
    other = await threads.in_db(sockets.make_show)
    ids = set()
    for _ in range(2):
        someone, _ = await threads.in_db(resuming.user)
        async with await resuming.arrive(server, **sockets.bearer(someone)) as client:
            for place in (show, other):
                ids.add((await client.ask("send-message", sessionId=place.id, message="mine", op="1"))["id"])
    assert len(ids) == 4


async def test_the_same_op_in_two_shows_that_were_told_in_the_lobby_is_two_lines(show: sockets.Show) -> None:
    """As of a client that counts its messages from 1 in each show."""
    _, author = await threads.in_db(resuming.user)
    lines = []
    for place in (show, await threads.in_db(sockets.make_show)):
        await threads.in_db(place.stream.feature, identities.Identity(user=place.creator, visitor=""))
        lines.append(await threads.in_db(ChatMessage.objects.post, place.stream.pk, author, "mine", "1"))
    assert all(line.lobby_seq for line in lines)
    assert len({line.pk for line in lines}) == 2
