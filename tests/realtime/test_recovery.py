"""Coming back to a room over plain sockets: everything missed, in order and once, or the room as it is now."""

import asyncio
import json
import secrets
from collections.abc import Awaitable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import control, doorbell, framing, hub, log, members, rooms, tail, threads, transport
from realtime.models import Presence, Restriction, Room, RoomEvent, restricted
from streams import records
from streams.models import ChatMessage
from tests import sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

LIMITS: dict[str, dict[str, tuple[float, int]]] = {"chat": {}, "join": {}, "message": {}}


@pytest.fixture(autouse=True)
def no_limits(settings: Any) -> None:
    settings.LIMITS = settings.LIMITS | LIMITS


async def arrive(server: sockets.Address, path: str = "/ws/streams/", **options: Any) -> sockets.Client:
    """A client that wants to recover."""
    client = await sockets.connect(server, path, **options)
    await client.ask("hello", recover=True)
    client.passed.clear()
    return client


async def join(client: sockets.Client, show: sockets.Show) -> sockets.Frame:
    ack = await client.ask("join-session", sessionId=show.id)
    assert ack["ok"], ack
    return ack


async def resume(client: sockets.Client, room: str, epoch: str, after: int, **fields: Any) -> sockets.Frame:
    """The ack; what came before it is in `passed`."""
    return await client.ask("resume", room=room, epoch=epoch, after=after, **fields)


async def chat(show: sockets.Show, *texts: str, author: identities.Identity | None = None) -> list[ChatMessage]:
    said = author or guest()
    lines = [await threads.in_db(ChatMessage.objects.post, show.stream.pk, said, text) for text in texts]
    await known(show)
    return lines


async def known(show: sockets.Show) -> None:
    """Waits until this process knows of all that was said: else it would be told after an answer rather than in it."""
    if (room := hub.hubs().rooms.get(show.key)) is not None:
        last, _ = await threads.in_db(Room.objects.position, show.key)
        assert await room.reaches(last)


def guest() -> identities.Identity:
    return identities.Identity(user=None, visitor=secrets.token_hex(16))


def user() -> tuple[User, identities.Identity]:
    someone = sockets.make_user()
    return someone, identities.Identity(user=someone, visitor=secrets.token_hex(16))


async def hears(client: sockets.Client, *texts: str) -> list[sockets.Frame]:
    """The chat lines come next, one after the other, whatever is told between them."""
    lines = []
    for text in texts:
        frame = await client.expect("new-message")
        assert frame["message"] == text
        lines.append(frame)
    return lines


def told(frames: list[sockets.Frame], type: str = "new-message") -> list[sockets.Frame]:
    return [frame for frame in frames if frame["type"] == type]


# --- what was missed


async def test_a_join_says_where_the_log_stands_and_what_follows_says_where_it_is(
    server: sockets.Address, show: sockets.Show
) -> None:
    await chat(show, "before")
    async with await arrive(server) as client:
        ack = await join(client, show)
        await chat(show, "after")
        [line] = await hears(client, "after")
        assert ack["room"] == line["room"] == show.key
        assert line["seq"] == ack["seq"] + 1
        assert line["epoch"] == ack["epoch"]


async def test_what_was_missed_is_told_in_order_and_then_what_comes(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await arrive(server) as another:
        ack = await join(another, show)
        await chat(show, "one", "two", "three")
        await hears(another, "one", "two", "three")  # so this process knows of them
    async with await arrive(server) as client:
        again = await resume(client, show.key, ack["epoch"], ack["seq"])
        *lines, resumed = [frame for frame in client.passed if frame["type"] in ("new-message", "resumed")]
        assert [line["message"] for line in lines] == ["one", "two", "three"]
        assert [line["seq"] for line in lines] == [ack["seq"] + n for n in (1, 2, 3)]
        assert {(line["room"], line["epoch"]) for line in lines} == {(show.key, ack["epoch"])}
        position = {"room": show.key, "seq": ack["seq"] + 3, "epoch": ack["epoch"]}
        assert resumed == {"type": "resumed", "recovered": True, **position}
        assert again.items() >= {"ok": True, "recovered": True, **position}.items()
        await chat(show, "four")
        [line] = await hears(client, "four")
        assert line["seq"] == ack["seq"] + 4


async def test_one_who_missed_nothing_is_told_nothing(server: sockets.Address, show: sockets.Show) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
    async with await arrive(server) as client:
        assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert not told(client.passed)
        assert not told(client.passed, "snapshot")


async def test_without_an_op_the_answer_says_where_the_log_stands(server: sockets.Address, show: sockets.Show) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
    async with await arrive(server) as client:
        await client.say("resume", room=show.key, epoch=ack["epoch"], after=ack["seq"])
        await client.expect("resumed", recovered=True)
        await client.expect("room", room=show.key, seq=ack["seq"], epoch=ack["epoch"])


async def test_coming_back_again_and_again_in_the_middle_of_traffic_has_neither_gap_nor_double(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
    talking = asyncio.create_task(chat(show, *(str(n) for n in range(150))))
    heard: list[sockets.Frame] = []
    while len(heard) < 150:
        async with await arrive(server) as client:
            after = heard[-1]["seq"] if heard else ack["seq"]
            assert (await resume(client, show.key, ack["epoch"], after))["recovered"]
            heard += told(client.passed)
            if len(heard) < 150:
                heard.append(await client.expect("new-message"))
    await talking
    assert [line["message"] for line in heard] == [str(n) for n in range(150)]
    assert [line["seq"] for line in heard] == list(range(ack["seq"] + 1, ack["seq"] + 151))


async def test_resuming_twice_on_one_connection_tells_twice_and_hears_once(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
        await chat(show, "one")
        await hears(client, "one")
        for _ in range(2):
            client.passed.clear()
            assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
            assert [line["message"] for line in told(client.passed)] == ["one"]
        client.passed.clear()
        await chat(show, "two")
        await hears(client, "two")
        assert not told(await client.settle())
        assert await threads.in_db(Presence.objects.filter(room=show.key).count) == 1


async def test_one_who_saw_more_elsewhere_than_this_process_has_heard_of_is_not_told_it_again(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its process was killed, and here the bells were lost."""
    async with await arrive(server) as client:
        ack = await join(client, show)
        with monkeypatch.context() as deaf:
            deaf.setattr(doorbell, "ring", lambda bells: None)
            await chat(show, "one", "two", "three")
            async with await arrive(server) as mover:
                again = await resume(mover, show.key, ack["epoch"], ack["seq"] + 2)
                assert again["recovered"]
                lines = told(mover.passed)
                lines += await hears(mover, "three") if not lines else []
                assert [line["seq"] for line in lines] == [ack["seq"] + 3]
        await hears(client, "one", "two", "three")


async def test_two_rooms_are_resumed_each_from_its_own_place(server: sockets.Address, show: sockets.Show) -> None:
    other = await threads.in_db(sockets.make_show)
    async with await arrive(server) as client:
        here, there = await join(client, show), await join(client, other)
    async with await arrive(server) as client:
        await join(client, show)
        await join(client, other)
        await chat(show, "here")
        await chat(other, "there", "there again")
        await hears(client, "here", "there", "there again")
    async with await arrive(server) as client:
        assert (await resume(client, show.key, here["epoch"], here["seq"]))["recovered"], client.passed
        assert [line["message"] for line in told(client.passed)] == ["here"]
        client.passed.clear()
        await resume(client, other.key, there["epoch"], there["seq"] + 1)
        assert [line["message"] for line in told(client.passed)] == ["there again"]


async def test_what_was_taken_back_meanwhile_is_not_told_again(server: sockets.Address, show: sockets.Show) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
    said = await chat(show, "fine", "a slip", "fine too")
    await threads.in_db(said[1].erase)
    await known(show)
    async with await arrive(server) as client:
        assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert "a slip" not in json.dumps(client.passed)
        assert [line["message"] for line in told(client.passed)] == ["fine", "fine too"]
        assert [frame["messageId"] for frame in told(client.passed, "message-deleted")] == [str(said[1].pk)]


async def test_what_was_meant_for_one_is_told_to_that_one(server: sockets.Address, show: sockets.Show) -> None:
    someone, identity = await threads.in_db(user)

    def tell() -> None:
        for n, how in enumerate([{"to": identity.key}, {"to": "user:0"}, {"but": identity.key}, {}]):
            with log.transaction():
                log.tell(show.key, records.Paused(stream_id=str(n)), **how)

    async with await arrive(server) as client:
        ack = await join(client, show)
    await threads.in_db(tell)
    await known(show)
    for options, heard in ((sockets.bearer(someone), ["0", "3"]), ({}, ["2", "3"])):
        async with await arrive(server, **options) as client:
            assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
            assert [frame["sessionId"] for frame in told(client.passed, "stream-paused")] == heard


# --- the room as it is now


async def test_a_gap_wider_than_the_setting_gives_the_room_as_it_is_now(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.RECOVERY_EVENTS = 60
    async with await arrive(server) as client:
        ack = await join(client, show)
        await chat(show, *(str(n) for n in range(61)))
        async with await arrive(server) as late:
            again = await resume(late, show.key, ack["epoch"], ack["seq"])
            frames = [frame for frame in late.passed if frame["type"] != "viewer-count"]
            assert [frame["type"] for frame in frames] == ["snapshot", "resumed"]
            snapshot, resumed = frames
            assert resumed["recovered"] is again["recovered"] is False
            assert resumed["seq"] == again["seq"] == ack["seq"] + 61
            assert snapshot["room"] == show.key
            assert snapshot["state"]["id"] == show.id
            assert snapshot["state"]["viewerCount"] == 2
            assert [line["message"] for line in snapshot["state"]["messages"]] == [str(n) for n in range(11, 61)]
            await chat(show, "next")
            [line] = await hears(late, "next")
            assert line["seq"] == resumed["seq"] + 1
        async with await arrive(server) as client:
            assert (await resume(client, show.key, ack["epoch"], ack["seq"] + 2))["recovered"]
            assert len(told(client.passed)) == 60


async def test_a_snapshot_ends_where_what_is_told_begins(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said while the snapshot is taken stands in one of the two, not in both."""
    loop = asyncio.get_running_loop()
    kind = type(rooms.find(show.key))
    take = kind.snapshot

    def slowly(*arguments: Any) -> dict[str, Any]:
        asyncio.run_coroutine_threadsafe(_outside(chat(show, "meanwhile")), loop).result(sockets.PATIENCE)
        return take(*arguments)

    await chat(show, "before")
    if connection.vendor == "sqlite":
        pytest.skip("one thread does all database work")
    monkeypatch.setattr(kind, "snapshot", slowly)
    async with await arrive(server) as client:
        await resume(client, show.key, "nonsense", 0)
        [snapshot] = told(client.passed, "snapshot")
        assert [line["message"] for line in snapshot["state"]["messages"]] == ["before"]
        await hears(client, "meanwhile")


async def _outside(what: Awaitable[Any]) -> None:
    await what


async def test_the_lines_of_a_snapshot_stand_in_the_order_in_which_they_were_told(
    server: sockets.Address, show: sockets.Show
) -> None:
    """Two processes' clocks, or two who waited for the same lock, may disagree with it."""
    said = await chat(show, "one", "two", "three")
    later = timezone.now() + timedelta(seconds=1)
    await threads.in_db(ChatMessage.objects.filter(pk=said[0].pk).update, created_at=later)
    async with await arrive(server) as client:
        await resume(client, show.key, "nonsense", 0)
        [snapshot] = told(client.passed, "snapshot")
        assert [line["message"] for line in snapshot["state"]["messages"]] == ["one", "two", "three"]


@pytest.mark.parametrize(
    ("after", "epoch"),
    [(5, None), (2**62, None), (-1, None), (0, "nonsense"), (0, ""), (1, "\N{SNOWMAN}")],
)
async def test_a_place_that_the_log_does_not_have_gives_the_room_as_it_is_now(
    server: sockets.Address, show: sockets.Show, after: int, epoch: str | None
) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
        again = await resume(client, show.key, ack["epoch"] if epoch is None else epoch, after)
        assert again["recovered"] is False
        assert (again["seq"], again["epoch"]) == (ack["seq"], ack["epoch"])
        assert len(told(client.passed, "snapshot")) == 1


@pytest.mark.parametrize(
    "fields",
    [
        {"after": 2**63},
        {"after": -2},
        {"after": "1"},
        {"after": 1.5},
        {"after": None},
        {"epoch": 5},
        {"epoch": None},
        {"epoch": "x" * 65},
        {"room": None},
        {"room": "show:\x00"},
        {"room": "x" * 151},
        {"dialect": 5},
    ],
)
async def test_nonsense_is_refused_as_nonsense(
    server: sockets.Address, show: sockets.Show, fields: dict[str, Any]
) -> None:
    async with await arrive(server) as client:
        ack = await client.ask("resume", **{"room": show.key, "epoch": "x", "after": 0, **fields})
        assert (ack["ok"], ack["code"]) == (False, "validation")


async def test_what_a_room_no_longer_keeps_is_never_told_in_part(server: sockets.Address, show: sockets.Show) -> None:
    async with await arrive(server) as client:
        ack = await join(client, show)
    await chat(show, "one", "two", "three")
    await threads.in_db(RoomEvent.objects.filter(room__key=show.key, seq__lte=ack["seq"] + 2).delete)
    await forget_hub(show)
    async with await arrive(server) as client:
        assert (await resume(client, show.key, ack["epoch"], ack["seq"] + 1))["recovered"] is False
        assert not told(client.passed)
    async with await arrive(server) as client:
        assert (await resume(client, show.key, ack["epoch"], ack["seq"] + 2))["recovered"]
        assert [line["message"] for line in told(client.passed)] == ["three"]


async def forget_hub(show: sockets.Show) -> None:
    """As if the process had just started."""
    house = hub.hubs()
    async with asyncio.timeout(sockets.PATIENCE):
        while (room := house.rooms.get(show.key)) is not None:
            await house._close(room)
            await asyncio.sleep(0.01)


# --- who may


@pytest.fixture
async def forbidden(show: sockets.Show) -> tuple[User, dict[str, str]]:
    """Someone, and rooms that this one may not read."""
    someone, identity = await threads.in_db(user)
    await threads.in_db(Restriction.objects.ban, identity.key, show.key)
    stranger = "00000000-0000-4000-8000-000000000000"
    return someone, {
        "banned": show.key,
        "there is no such show": f"show:{stranger}",
        "no id": "show:hello",
        "another spelling of one banned from": f"show:{show.id.upper()}",
        "yet another": f"show:{{{show.id}}}",
        "and another": f"show:{show.id.replace('-', '')}",
        "no such kind": f"stream:{show.id}",
        "no key": "show",
        "nothing": "",
        "for nobody": control.ControlRoom().key,
        "not told here": "lobby:main",
    }


async def test_a_room_that_one_may_not_read_answers_like_one_that_there_is_not(
    server: sockets.Address, forbidden: tuple[User, dict[str, str]]
) -> None:
    someone, keys = forbidden
    async with await arrive(server, **sockets.bearer(someone)) as client:
        answers = {}
        for why, key in keys.items():
            dialect = {"dialect": "bazaar"} if key == "lobby:main" else {}
            ack = await resume(client, key, "x", 0, **dialect)
            answers[why] = {**ack, "op": ""}, [frame for frame in client.passed if frame["type"] != "viewer-count"]
            client.passed.clear()
    refused = {"type": "ack", "op": "", "ok": False, "code": "not_found", "message": "Room not found"}
    assert answers == dict.fromkeys(keys, (refused, [{"type": "error", "message": "Room not found"}]))
    known = Room.objects.filter(key__in=keys.values()).values_list("key", flat=True)
    assert set(await threads.in_db(list, known)) <= {keys["banned"], keys["for nobody"], keys["not told here"]}


async def test_one_who_is_banned_does_not_come_back_through_what_a_process_remembers(
    server: sockets.Address, show: sockets.Show
) -> None:
    """The ban came from another process, just after this one had looked."""
    someone, identity = await threads.in_db(user)
    async with await arrive(server, **sockets.bearer(someone)) as client:
        ack = await join(client, show)

        def ban_elsewhere() -> None:
            restricted(show.key)
            ban = Restriction(kind=Restriction.Kind.BAN, identity=identity.key, room=show.key)
            Restriction.objects.bulk_create([ban])
            with log.transaction():
                control.ControlRoom().tell(control.AccessRevoked(identity=identity.key, code=transport.COME_BACK))

        await threads.in_db(ban_elsewhere)
        assert await client.close_code() == transport.COME_BACK
    async with await arrive(server, **sockets.bearer(someone)) as client:
        assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["code"] == "not_found"


# --- when something fails


async def test_one_who_could_not_be_told_what_it_missed_is_not_in_the_room_and_may_try_again(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the room, it would hear what comes next, believe that it missed nothing, and have a hole for ever."""
    async with await arrive(server) as client:
        ack = await join(client, show)
    await chat(show, "one")
    await forget_hub(show)

    def fail(*_: Any) -> list[members.Delivery]:
        raise TimeoutError

    async with await arrive(server) as client:
        with monkeypatch.context() as away:
            away.setattr(tail, "read", fail)
            refused = await resume(client, show.key, ack["epoch"], ack["seq"])
            assert (refused["ok"], refused["code"]) == (False, "busy")
        async with await arrive(server) as witness:
            await join(witness, show)
            await chat(show, "two")
            await hears(witness, "two")
        assert not told(await client.settle())
        assert (await resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert [line["message"] for line in told(client.passed)] == ["one", "two"]


async def test_a_client_that_goes_in_the_middle_leaves_nothing_behind(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()
    between = tail.Tail.between

    async def slowly(self: tail.Tail, after: int, upto: int) -> list[members.Delivery] | None:
        reading.set()
        await go_on.wait()
        return await between(self, after, upto)

    async with await arrive(server) as watching:
        ack = await join(watching, show)
        monkeypatch.setattr(tail.Tail, "between", slowly)
        client = await arrive(server)
        await client.say("resume", room=show.key, epoch=ack["epoch"], after=0)
        await watching.expect("viewer-count", data=2)
        await asyncio.wait_for(reading.wait(), sockets.PATIENCE)
        client.abandon()
        go_on.set()
        await watching.expect("viewer-count", data=1)
        assert len(hub.hubs().rooms[show.key].audience.members) == 1
    assert not [record for record in caplog.records if record.exc_info]


class Stuck(transport.Outlet):
    """The way to a client that reads nothing."""

    def __init__(self) -> None:
        super().__init__(self.never)
        self.open = True
        self.was_cut = False

    async def never(self, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    def cut(self) -> None:
        self.was_cut = True
        self.shut()


async def test_what_waits_for_one_that_is_catching_up_has_a_bound() -> None:
    outlet = Stuck()
    member = members.Member(outlet, "bazaar", framing.FLAT)
    large = framing.Frame(b"x" * 1024 * 1024)
    for _ in range(transport.MAX_WAITING // len(large)):
        member.write(framing.Burst([large]))
    before = outlet.was_cut
    member.write(framing.Burst([large]))
    assert (before, outlet.was_cut, member.held) == (False, True, [])


# --- another log


async def test_a_log_that_was_replaced_sends_everyone_back_to_hear_how_things_are(
    server: sockets.Address, show: sockets.Show
) -> None:
    """A backup was restored under running processes: the hub's numbers mean nothing any more."""
    await chat(show, "one", "two", "three")
    async with await arrive(server) as client:
        ack = await join(client, show)

        def restore() -> None:
            RoomEvent.objects.filter(room__key=show.key).delete()
            Room.objects.filter(key=show.key).update(seq=0, epoch="restored")

        await threads.in_db(restore)
        await hub.hubs().check()
        assert await client.close_code() == transport.COME_BACK
    async with await arrive(server) as client:
        again = await resume(client, show.key, ack["epoch"], ack["seq"])
        assert (again["recovered"], again["epoch"], again["seq"]) == (False, "restored", 0)
        await chat(show, "first")
        [line] = await hears(client, "first")
        assert (line["seq"], line["epoch"]) == (1, "restored")


async def test_comparing_with_the_log_while_things_are_said_sends_nobody_away(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await arrive(server) as client:
        await join(client, show)
        talking = asyncio.create_task(chat(show, *(str(n) for n in range(40))))
        while not talking.done():
            await hub.hubs().check()
        await hears(client, *(str(n) for n in range(40)))


# --- the client's own ids


async def test_what_is_sent_again_after_a_reconnect_is_acknowledged_with_the_first_row(
    server: sockets.Address, show: sockets.Show
) -> None:
    someone, _ = await threads.in_db(user)
    acks = []
    for _ in range(3):
        async with await arrive(server, **sockets.bearer(someone)) as client:
            await join(client, show)
            acks.append(await client.ask("send-message", sessionId=show.id, message="once", op="op-1"))
    assert acks[0]["ok"]
    assert acks[0] == acks[1] == acks[2]
    assert await threads.in_db(ChatMessage.objects.filter(stream=show.stream).count) == 1
    assert await threads.in_db(RoomEvent.objects.filter(room__key=show.key, op="op-1").count) == 1


async def test_what_is_sent_on_several_sockets_at_once_is_stored_once(
    server: sockets.Address, show: sockets.Show
) -> None:
    someone, _ = await threads.in_db(user)
    clients = [await arrive(server, **sockets.bearer(someone)) for _ in range(6)]
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
        someone, _ = await threads.in_db(user)
        async with await arrive(server, **sockets.bearer(someone)) as client:
            for place in (show, other):
                ids.add((await client.ask("send-message", sessionId=place.id, message="mine", op="1"))["id"])
    assert len(ids) == 4


async def test_the_same_op_in_two_shows_that_were_told_in_the_lobby_is_two_lines(show: sockets.Show) -> None:
    """As of a client that counts its messages from 1 in each show."""
    _, author = await threads.in_db(user)
    lines = []
    for place in (show, await threads.in_db(sockets.make_show)):
        await threads.in_db(place.stream.headline, identities.Identity(user=place.creator, visitor=""))
        lines.append(await threads.in_db(ChatMessage.objects.post, place.stream.pk, author, "mine", "1"))
    assert all(line.lobby_seq for line in lines)
    assert len({line.pk for line in lines}) == 2
