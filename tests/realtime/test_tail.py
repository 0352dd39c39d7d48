"""What a hub remembers of its room: enough for all who come back, from one read of the log, and never only a part."""

import asyncio
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from realtime.broker import publisher
from realtime.delivery import delivery, hubs, subscriptions, tail
from realtime.models import RoomEvent
from realtime.protocol import framing
from realtime.runtime import threads
from tests import sockets
from tests.realtime import recorders, room_log, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


class Reads:
    """The log as the tail reads it: counted, and held up or refused where a test says so."""

    def __init__(self) -> None:
        self.count = 0
        self.began = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.error: Exception | None = None

    def of(self, read: Callable[..., list[delivery.Delivery]]) -> Callable[..., list[delivery.Delivery]]:
        def counted(*args: Any) -> list[delivery.Delivery]:
            self.count += 1
            if self.error is not None:
                raise self.error
            found = read(*args)
            self.began.set()
            assert self.may_end.wait(sockets.PATIENCE)
            return found

        return counted


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    reads = Reads()
    monkeypatch.setattr(tail, "read", reads.of(tail.read))
    return reads


async def tell_many(key: str, first: int, last: int) -> None:
    await room_log.tell(key, *(sample_protocol.Noted(n=n) for n in range(first, last + 1)))


def numbers(found: list[delivery.Delivery] | None) -> list[int | None] | None:
    """What the events say; None for each that has been taken back."""
    if found is None:
        return None
    return [event.event.n if isinstance(event.event, sample_protocol.Noted) else None for event in found]


async def test_what_was_told_since_the_hub_opened_needs_no_reading(
    local: hubs.Hubs, room_key: str, reads: Reads
) -> None:
    room = await local.open(room_key)
    await tell_many(room_key, 1, 5)
    await recorders.wait_for_position(room, 5)
    assert numbers(await room.tail.between(2, 5)) == [3, 4, 5]
    assert numbers(await room.tail.between(2, 4)) == [3, 4]
    assert numbers(await room.tail.between(5, 5)) == []
    assert reads.count == 0


async def test_a_hub_that_has_just_opened_reads_once_for_all_who_ask(
    local: hubs.Hubs, room_key: str, reads: Reads
) -> None:
    """A restarted process, and a thousand clients that had stopped at different places."""
    await tell_many(room_key, 1, 900)
    room = await local.open(room_key)
    found = await asyncio.gather(*(room.tail.between(after, 900) for after in range(0, 900, 3)))
    for after, missed in zip(range(0, 900, 3), found, strict=True):
        assert numbers(missed) == list(range(after + 1, 901))
    assert reads.count == 1
    assert len(await room.tail.between(0, 900) or []) == 900
    assert reads.count == 1


async def test_a_gap_as_wide_as_the_setting_is_told_and_one_wider_is_not(
    local: hubs.Hubs, room_key: str, settings: Any, reads: Reads
) -> None:
    settings.RECOVERY_EVENTS = 10
    await tell_many(room_key, 1, 30)
    room = await local.open(room_key)
    assert numbers(await room.tail.between(20, 30)) == list(range(21, 31))
    assert await room.tail.between(19, 30) is None
    assert reads.count == 1


async def test_what_is_told_while_someone_comes_back_does_not_push_out_what_it_missed(
    local: hubs.Hubs, room_key: str, settings: Any
) -> None:
    settings.RECOVERY_EVENTS = 10
    room = await local.open(room_key)
    await tell_many(room_key, 1, 10)
    await recorders.wait_for_position(room, 10)
    await tell_many(room_key, 11, 60)
    await recorders.wait_for_position(room, 60)
    assert numbers(await room.tail.between(0, 10)) == list(range(1, 11))


async def test_what_has_been_pushed_out_is_never_told_in_part(local: hubs.Hubs, room_key: str, settings: Any) -> None:
    settings.RECOVERY_EVENTS = 10
    room = await local.open(room_key)
    await tell_many(room_key, 1, 20 + tail.SLACK)
    await recorders.wait_for_position(room, 20 + tail.SLACK)
    assert await room.tail.between(5, 12) is None
    assert numbers(await room.tail.between(10, 12)) == [11, 12]


async def test_a_client_that_missed_something_too_long_ago_is_not_told(
    local: hubs.Hubs, room_key: str, settings: Any
) -> None:
    await tell_many(room_key, 1, 4)
    long_ago = timezone.now() - timedelta(seconds=settings.RECOVERY_SECONDS + 1)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq__lte=2).update, at=long_ago)
    room = await local.open(room_key)
    assert await room.tail.between(1, 4) is None
    assert numbers(await room.tail.between(2, 4)) == [3, 4]


@pytest.mark.parametrize("after", [-1, 4, 2**62])
async def test_a_position_that_the_log_does_not_have_cannot_be_recovered_from(
    local: hubs.Hubs, room_key: str, after: int
) -> None:
    await tell_many(room_key, 1, 3)
    room = await local.open(room_key)
    assert await room.tail.between(after, 3) is None


async def test_what_has_been_pruned_is_asked_for_once(local: hubs.Hubs, room_key: str, reads: Reads) -> None:
    await tell_many(room_key, 1, 6)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq__lte=3).delete)
    room = await local.open(room_key)
    for _ in range(3):
        assert await room.tail.between(2, 6) is None
    assert numbers(await room.tail.between(3, 6)) == [4, 5, 6]
    assert reads.count == 1


async def test_a_log_of_which_nothing_is_left_is_asked_once(local: hubs.Hubs, room_key: str, reads: Reads) -> None:
    await tell_many(room_key, 1, 6)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key).delete)
    room = await local.open(room_key)
    for _ in range(3):
        assert await room.tail.between(2, 6) is None
    assert await room.tail.between(6, 6) == []
    assert reads.count == 1


async def test_a_hole_in_the_log_is_not_told_over(local: hubs.Hubs, room_key: str) -> None:
    await tell_many(room_key, 1, 6)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq=3).delete)
    room = await local.open(room_key)
    assert await room.tail.between(1, 6) is None
    assert numbers(await room.tail.between(3, 6)) == [4, 5, 6]
    await room_log.tell(room_key, sample_protocol.Retracted(taken_back=5))
    await recorders.wait_for_position(room, 7)
    assert numbers(await room.tail.between(3, 7)) == [4, None, 6, None]


async def test_what_comes_while_the_log_is_read_stands_behind_it(local: hubs.Hubs, room_key: str, reads: Reads) -> None:
    await tell_many(room_key, 1, 3)
    room = await local.open(room_key)
    reads.may_end.clear()
    asking = asyncio.create_task(room.tail.between(0, 3))
    await asyncio.to_thread(reads.began.wait, sockets.PATIENCE)
    for n in (4, 5):
        room.receive(publisher.StoredEvents(room_key, n, [(f'{{"fact":"test-noted","n":{n}}}', "", "")]))
    assert numbers(await room.tail.between(3, 5)) == [4, 5]
    reads.may_end.set()
    assert numbers(await asking) == [1, 2, 3]
    assert numbers(await room.tail.between(1, 5)) == [2, 3, 4, 5]


async def test_what_is_taken_back_is_forgotten(local: hubs.Hubs, room_key: str) -> None:
    room = await local.open(room_key)
    await tell_many(room_key, 1, 3)
    await room_log.tell(room_key, sample_protocol.Retracted(taken_back=2))
    await recorders.wait_for_position(room, 4)
    assert numbers(await room.tail.between(0, 4)) == [1, None, 3, None]


async def test_what_is_taken_back_while_the_log_is_read_is_forgotten(
    local: hubs.Hubs, room_key: str, reads: Reads
) -> None:
    """The read saw it before it was taken back; the news of that is faster than the read's end."""
    await tell_many(room_key, 1, 3)
    room = await local.open(room_key)
    reads.may_end.clear()
    asking = asyncio.create_task(room.tail.between(0, 3))
    await asyncio.to_thread(reads.began.wait, sockets.PATIENCE)
    taken_back = '{"fact":"test-retracted","taken_back":2}'
    room.receive(publisher.StoredEvents(room_key, 4, [(taken_back, "", "")]))
    reads.may_end.set()
    assert numbers(await asking) == [1, None, 3]


async def test_a_read_that_failed_is_done_again(local: hubs.Hubs, room_key: str, reads: Reads) -> None:
    await tell_many(room_key, 1, 3)
    room = await local.open(room_key)
    reads.error = ConnectionError("the database is away")
    outcomes = await asyncio.gather(*(room.tail.between(0, 3) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [ConnectionError] * 3
    assert reads.count == 1
    reads.error = None
    assert numbers(await room.tail.between(0, 3)) == [1, 2, 3]


async def test_a_client_that_leaves_while_the_log_is_read_takes_nothing_from_the_others(
    local: hubs.Hubs, room_key: str, reads: Reads
) -> None:
    await tell_many(room_key, 1, 3)
    room = await local.open(room_key)
    reads.may_end.clear()
    first = asyncio.create_task(room.tail.between(0, 3))
    await asyncio.to_thread(reads.began.wait, sockets.PATIENCE)
    second = asyncio.create_task(room.tail.between(1, 3))
    await asyncio.sleep(0)
    first.cancel()
    reads.may_end.set()
    assert numbers(await second) == [2, 3]
    assert reads.count == 1


async def test_an_event_lost_from_the_log_and_from_notifications_ends_what_can_be_recovered(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = await local.open(room_key)
    monkeypatch.setattr(publisher, "publish", lambda notifications: None)
    await tell_many(room_key, 1, 3)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq=2).delete)
    await local.check()
    await recorders.wait_for_position(room, 3)
    assert await room.tail.between(0, 3) is None
    assert await room.tail.between(1, 3) is None
    assert numbers(await room.tail.between(2, 3)) == [3]


# --- told again


def encoding(**options: Any) -> subscriptions.Subscription:
    return subscriptions.Subscription(None, "plain", framing.FLAT, **options)  # type: ignore[arg-type]


async def test_what_many_have_missed_is_packed_once_for_those_of_one_encoding(local: hubs.Hubs, room_key: str) -> None:
    room = await local.open(room_key)
    await tell_many(room_key, 1, 3)
    await recorders.wait_for_position(room, 3)
    late, later = await room.tail.between(0, 3), await room.tail.between(1, 3)
    assert late is not None
    assert later is not None
    first = list(room.tail.frames(late, encoding(positions=True), "e"))
    second = list(room.tail.frames(later, encoding(positions=True), "e"))
    assert [one is other for one, other in zip(first[1:], second, strict=True)] == [True, True]
    assert json.loads(first[0].text) == {"type": "note", "n": 1, "room": room_key, "seq": 1, "epoch": "e"}
    [plain, *_] = room.tail.frames(late, encoding(), "e")
    assert json.loads(plain.text) == {"type": "note", "n": 1}


async def test_what_was_taken_back_is_not_told_again_however_often_it_was_packed(
    local: hubs.Hubs, room_key: str
) -> None:
    """One who was being told of it when it was taken back must not leave it behind for the next."""
    room = await local.open(room_key)
    await tell_many(room_key, 1, 2)
    await recorders.wait_for_position(room, 2)
    early = await room.tail.between(0, 2)
    assert early is not None
    list(room.tail.frames(early, encoding(), "e"))
    await room_log.tell(room_key, sample_protocol.Retracted(taken_back=1))
    await recorders.wait_for_position(room, 3)
    list(room.tail.frames(early, encoding(), "e"))
    late = await room.tail.between(0, 3)
    assert late is not None
    assert [json.loads(frame.text)["n"] for frame in room.tail.frames(late, encoding(), "e")] == [2]


async def test_packed_frames_are_forgotten_with_their_events_and_within_seconds(
    local: hubs.Hubs, room_key: str, settings: Any
) -> None:
    settings.RECOVERY_EVENTS = 10
    room = await local.open(room_key)
    await tell_many(room_key, 1, 10)
    await recorders.wait_for_position(room, 10)
    found = await room.tail.between(0, 10)
    assert found is not None
    list(room.tail.frames(found, encoding(), "e"))
    last = 5 + 10 + tail.SLACK
    await tell_many(room_key, 11, last)
    await recorders.wait_for_position(room, last)
    [packed] = room.tail.packed.values()
    assert sorted(packed) == [6, 7, 8, 9, 10]  # the older ones are no longer kept
    await local.check()
    assert not room.tail.packed
