"""Coming back where one may not be, or while something fails: nobody is left in a room with a hole."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from realtime import event_log
from realtime.connections import control
from realtime.delivery import delivery, hubs, outgoing, subscriptions, tail
from realtime.models import Restriction, Room, restricted
from realtime.protocol import framing
from realtime.runtime import threads
from tests import sockets
from tests.realtime import resuming

pytestmark = [pytest.mark.usefixtures("live_db", "no_limits"), pytest.mark.everywhere]


@pytest.fixture
async def forbidden(show: sockets.Show) -> tuple[User, dict[str, str]]:
    """Someone, and rooms that this one may not read."""
    someone, identity = await threads.in_db(resuming.user)
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
    async with await resuming.arrive(server, **sockets.bearer(someone)) as client:
        answers = {}
        for why, key in keys.items():
            dialect = {"dialect": "bazaar"} if key == "lobby:main" else {}
            ack = await resuming.resume(client, key, "x", 0, **dialect)
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
    someone, identity = await threads.in_db(resuming.user)
    async with await resuming.arrive(server, **sockets.bearer(someone)) as client:
        ack = await resuming.join(client, show)

        def ban_elsewhere() -> None:
            restricted(show.key)
            ban = Restriction(kind=Restriction.Kind.BAN, identity=identity.key, room=show.key)
            Restriction.objects.bulk_create([ban])
            with event_log.transaction():
                control.ControlRoom().tell(control.AccessRevoked(identity=identity.key, code=outgoing.COME_BACK))

        await threads.in_db(ban_elsewhere)
        assert await client.close_code() == outgoing.COME_BACK
    async with await resuming.arrive(server, **sockets.bearer(someone)) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["code"] == "not_found"


async def test_one_who_is_banned_for_a_time_learns_how_long_and_is_let_in_after_it(
    server: sockets.Address, show: sockets.Show
) -> None:
    """`resume` says no more than of a room that is not there; joining says why, and when to come again."""
    someone, identity = await threads.in_db(resuming.user)
    options = await threads.in_db(sockets.bearer, someone)
    async with await resuming.arrive(server, **options) as client:
        ack = await resuming.join(client, show)
        ban = await threads.in_db(
            lambda: Restriction.objects.ban(identity.key, until=timezone.now() + timedelta(minutes=10))
        )
        assert await client.close_code() == outgoing.COME_BACK
    async with await resuming.arrive(server, **options) as client:
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["code"] == "not_found"
        refused = await client.ask("join-session", sessionId=show.id)
        assert (refused["code"], 590 < refused["retryAfter"] <= 600) == ("forbidden", True)
        told = next(frame for frame in client.passed if frame.get("kind") == "forbidden")
        assert told["retryAfter"] == refused["retryAfter"]
        await threads.in_db(Restriction.objects.filter(pk=ban.pk).update, until=timezone.now())
        await threads.in_db(restricted.invalidate_all)
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]


# --- when something fails


async def test_one_who_could_not_be_told_what_it_missed_is_not_in_the_room_and_may_try_again(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In the room, it would hear what comes next, believe that it missed nothing, and have a hole for ever."""
    async with await resuming.arrive(server) as client:
        ack = await resuming.join(client, show)
    await resuming.chat(show, "one")
    await resuming.forget_hub(show)

    def fail(*_: Any) -> list[delivery.Delivery]:
        raise TimeoutError

    async with await resuming.arrive(server) as client:
        with monkeypatch.context() as away:
            away.setattr(tail, "read", fail)
            refused = await resuming.resume(client, show.key, ack["epoch"], ack["seq"])
            assert (refused["ok"], refused["code"]) == (False, "busy")
        async with await resuming.arrive(server) as witness:
            await resuming.join(witness, show)
            await resuming.chat(show, "two")
            await resuming.hears(witness, "two")
        assert not resuming.told(await client.settle())
        assert (await resuming.resume(client, show.key, ack["epoch"], ack["seq"]))["recovered"]
        assert [line["message"] for line in resuming.told(client.passed)] == ["one", "two"]


async def test_a_client_that_goes_in_the_middle_leaves_nothing_behind(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    reading, go_on = asyncio.Event(), asyncio.Event()
    between = tail.Tail.between

    async def slowly(self: tail.Tail, after: int, upto: int) -> list[delivery.Delivery] | None:
        reading.set()
        await go_on.wait()
        return await between(self, after, upto)

    async with await resuming.arrive(server) as watching:
        ack = await resuming.join(watching, show)
        monkeypatch.setattr(tail.Tail, "between", slowly)
        client = await resuming.arrive(server)
        await client.say("resume", room=show.key, epoch=ack["epoch"], after=0)
        await watching.expect("viewer-count", data=2)
        await asyncio.wait_for(reading.wait(), sockets.PATIENCE)
        client.abandon()
        go_on.set()
        await watching.expect("viewer-count", data=1)
        assert len(hubs.current().rooms[show.key].subscribers.subscriptions) == 1
    assert not [record for record in caplog.records if record.exc_info]


class Stuck(outgoing.SendQueue):
    """The way to a client that reads nothing."""

    def __init__(self) -> None:
        super().__init__(self.never)
        self.is_open = True
        self.was_cut = False

    async def never(self, message: dict[str, Any]) -> None:
        await asyncio.Event().wait()

    def disconnect(self) -> None:
        self.was_cut = True
        self.stop()


async def test_what_waits_for_one_that_is_catching_up_has_a_bound() -> None:
    send_queue = Stuck()
    subscription = subscriptions.Subscription(send_queue, "bazaar", framing.FLAT)
    large = framing.Frame(b"x" * 1024 * 1024)
    for _ in range(outgoing.MAX_WAITING // len(large)):
        subscription.write(framing.FrameBatch([large]))
    before = send_queue.was_cut
    subscription.write(framing.FrameBatch([large]))
    assert (before, send_queue.was_cut, subscription.buffered) == (False, True, [])
