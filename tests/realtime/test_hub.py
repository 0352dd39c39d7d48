"""A room's hub: every member hears what concerns it, once and in order, from joining to leaving."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from realtime import event_log
from realtime.broker import publisher
from realtime.delivery import delivery, hub, hubs, subscriptions, tail
from realtime.models import RoomEvent
from realtime.protocol import framing
from realtime.runtime import threads
from realtime.storage import outbox
from tests import sockets
from tests.realtime import ears, words

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test in which a gap is read from the log although nothing was lost."""

    def fail(*_: Any) -> list[delivery.Delivery]:
        raise AssertionError("the log was read")

    monkeypatch.setattr(hub, "HOLD", 60.0)
    monkeypatch.setattr(tail, "read", fail)


# --- order


async def test_members_hear_what_is_told_in_order(house: hubs.Hubs, room_key: str, no_reading: None) -> None:
    one, _ = await ears.join(house, room_key)
    two, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1, 2, 3)
    await one.hears(1, 2, 3)
    await two.hears(1, 2, 3)


async def test_what_one_transaction_tells_is_one_write(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    await ears.tell_together(room_key, 1, 2, 3, 4)
    await ear.hears(1, 2, 3, 4)
    assert ear.writes == [4]


async def test_a_room_that_rests_says_the_next_things_in_one_write(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    room.wrote = room.rested = time.perf_counter() + 3600
    await ears.tell(room_key, 1, 2, 3)
    await ears.stands_at(room, 3)
    await ear.hears()
    assert room.flushing is not None
    assert room.due == room.rested
    room.flush()
    await ear.hears(1, 2, 3)
    assert ear.writes == [3]


async def test_what_comes_some_time_after_a_write_waits_for_no_rest(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    room.wrote, room.rested = time.perf_counter() - 2 * hub.WAVE, time.perf_counter() + 3600
    await ears.tell(room_key, 1)
    await ear.hears(1)


async def test_a_room_that_other_processes_speak_in_is_written_at_intervals(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    room.hear_other(counted(room_key, 1, read_at=0.0))
    await ear.hears(1)  # at once: the last write was long ago
    room.wrote, room.rested = time.perf_counter() + 3600, 0.0
    await ears.tell(room_key, 2)
    room.hear_other(counted(room_key, 3, read_at=0.0))
    await ears.stands_at(room, 1)
    assert room.due == room.wrote + hub.APART
    await ear.hears()
    room.flush()
    await ear.hears(2, 3)
    assert ear.writes == [1, 2]
    room.wrote, room.alone_from = time.perf_counter() - hub.APART / 2, 0.0
    await ears.tell(room_key, 4)
    await ear.hears(4)


async def test_its_own_bells_are_not_those_of_another_process(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1, 2)
    await ear.hears(1, 2)
    house._hear_other({**counted(room_key, 3, read_at=0.0), "by": house.channel})
    assert house.rooms[room_key].alone_from == 0.0
    house._hear_other({**counted(room_key, 4, read_at=0.0), "by": "another"})
    assert house.rooms[room_key].alone_from > 0.0
    await ear.hears(4)


async def test_a_room_rests_as_long_as_its_write_took_for_each_fact(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock:
        now = 100.0

        def perf_counter(self) -> float:
            return self.now

    clock = Clock()
    monkeypatch.setattr(hub, "time", clock)
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    for took, said, rest in [(0.001, 1, 0.001), (0.004, 4, 0.001), (0.04, 1, 0.04)]:
        write = room.subscribers.tell

        def slowly(*what: Any, write: Any = write, took: float = took) -> None:
            write(*what)
            clock.now += took

        monkeypatch.setattr(room.subscribers, "tell", slowly)
        room.rested = 0.0
        await ears.tell_together(room_key, *range(said))
        await ear.hears(*range(said))
        assert room.rested - clock.now == pytest.approx(rest)
        monkeypatch.setattr(room.subscribers, "tell", write)


async def test_a_batch_too_large_for_its_bell_is_read_from_the_log(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, _ = await ears.join(house, room_key)
    monkeypatch.setattr(outbox, "MAX_NOTIFICATION", 10)
    await ears.tell_together(room_key, 1, 2)
    await ear.hears(1, 2)


async def test_bells_that_overtake_each_other_are_put_in_order_without_reading(
    house: hubs.Hubs, room_key: str, no_reading: None, bend: Callable[[ears.Bend], None]
) -> None:
    ear, _ = await ears.join(house, room_key)
    waiting: list[publisher.Notification] = []

    def overtake(notification: publisher.Notification) -> Sequence[publisher.Notification]:
        if not waiting:
            waiting.append(notification)
            return []
        return [notification, waiting.pop()]

    bend(overtake)
    await ears.tell(room_key, 1, 2)
    await ear.hears(1, 2)


async def test_a_bell_rung_twice_is_heard_once(
    house: hubs.Hubs, room_key: str, no_reading: None, bend: Callable[[ears.Bend], None]
) -> None:
    ear, _ = await ears.join(house, room_key)
    bend(lambda notification: [notification, notification])
    await ears.tell(room_key, 1, 2, 3)
    await ear.hears(1, 2, 3)


# --- joining


async def test_a_member_hears_only_what_comes_after_its_position(house: hubs.Hubs, room_key: str) -> None:
    first, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1, 2)
    await first.hears(1, 2)
    ear = ears.Ear()
    subscription = subscriptions.Subscription(ear, "plain", framing.FLAT, positions=True)  # type: ignore[arg-type]
    position = await house.join(room_key, subscription)
    assert position.seq == 2
    await ears.tell(room_key, 3)
    await first.hears(3)
    await ear.hears()  # held until its answer is out
    subscription.release()
    frame = json.loads((await ear.frames.get()).text)
    assert frame == {"type": "note", "n": 3, "room": room_key, "seq": 3, "epoch": position.epoch}


async def test_joining_in_the_middle_of_traffic_has_neither_gap_nor_double(house: hubs.Hubs, room_key: str) -> None:
    total, joiners = 120, 12
    joined: list[tuple[int, ears.Ear]] = []

    async def join_now() -> None:
        ear = ears.Ear()
        subscription = subscriptions.Subscription(ear, "plain", framing.FLAT)  # type: ignore[arg-type]
        position = await house.join(room_key, subscription)
        history = await threads.in_db(lambda: list(RoomEvent.objects.between(room_key, 0, position.seq)))
        assert [event.seq for event in history] == list(range(1, position.seq + 1))
        subscription.release()
        joined.append((position.seq, ear))

    telling = asyncio.create_task(ears.tell(room_key, *range(1, total + 1)))
    for _ in range(joiners):
        await join_now()
    await telling
    for seq, ear in joined:
        await ear.hears(*range(seq + 1, total + 1))


# --- who hears what


async def test_to_and_but_name_the_one_who_hears_or_the_one_who_does_not(house: hubs.Hubs, room_key: str) -> None:
    anna, _ = await ears.join(house, room_key, addresses=frozenset({"user:1", "c1"}))
    ben, _ = await ears.join(house, room_key, addresses=frozenset({"user:2", "c2"}))
    await ears.tell(room_key, 1, to="user:1")
    await ears.tell(room_key, 2, but="c1")
    await ears.tell(room_key, 3)
    await anna.hears(1, 3)
    await ben.hears(2, 3)


async def test_a_dialect_without_words_for_a_fact_is_silent(house: hubs.Hubs, room_key: str) -> None:
    ear = ears.Ear()
    subscription = subscriptions.Subscription(ear, "other", framing.FLAT)  # type: ignore[arg-type]
    await house.join(room_key, subscription)
    subscription.release()
    plain, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    await plain.hears(1)
    await ear.hears()


async def test_a_passing_fact_reaches_those_who_are_there_and_takes_no_number(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key, positions=True)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=1))
    frame = json.loads((await asyncio.wait_for(ear.frames.get(), sockets.PATIENCE)).text)
    assert frame == {"type": "note", "n": 1}
    assert house.rooms[room_key].position == 0


async def test_members_of_one_style_are_written_the_same_frame(house: hubs.Hubs, room_key: str) -> None:
    one, _ = await ears.join(house, room_key)
    two, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    frames = [await asyncio.wait_for(ear.frames.get(), sockets.PATIENCE) for ear in (one, two)]
    assert frames[0] is frames[1]


# --- leaving


async def test_one_who_left_hears_nothing_more(house: hubs.Hubs, room_key: str) -> None:
    stays, _ = await ears.join(house, room_key)
    goes, subscription = await ears.join(house, room_key)
    house.leave(room_key, subscription)
    house.leave(room_key, subscription)  # twice does no harm
    await ears.tell(room_key, 1)
    await stays.hears(1)
    await goes.hears()


# --- how something stands


def counted(key: str, n: int, read_at: float, pace: float = 0.0) -> publisher.Notification:
    body = json.dumps({"fact": "test-counted", "n": n})
    return {"room": key, "transient": (body, "", ""), "fact": "test-counted", "min_interval": pace, "read_at": read_at}


async def test_an_older_reading_of_a_gauge_is_not_told(house: hubs.Hubs, room_key: str) -> None:
    """Two processes read a count one after the other, and the bell of the first comes last."""
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    for n, read_at in [(1, 10.0), (3, 12.0), (2, 11.0), (4, 13.0)]:
        room.hear(counted(room_key, n, read_at))
    await ear.hears(1, 3, 4)


async def test_of_several_processes_people_hear_no_more_than_of_one(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    room = house.rooms[room_key]
    for n in range(1, 9):
        room.hear(counted(room_key, n, read_at=float(n), pace=0.1))
    await ear.hears(1, 8)


async def test_a_gauge_goes_out_with_what_comes_next(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub, "RIDE", 60.0)
    ear, _ = await ears.join(house, room_key)
    await threads.in_db(event_log.tell, room_key, words.Counted(n=5))
    await ears.tell(room_key, 6)
    await ear.hears(5, 6)
    assert ear.writes == [2]


async def test_a_gauge_goes_out_alone_where_nothing_comes(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    await threads.in_db(event_log.tell, room_key, words.Counted(n=5))
    await ear.hears(5)


async def test_a_gauge_is_read_after_the_commit(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)

    def told() -> None:
        with event_log.transaction():
            event_log.tell_latest(
                room_key, "count", lambda: words.Counted(n=RoomEvent.objects.filter(room__key=room_key).count())
            )
            event_log.tell(room_key, words.Noted(n=7))

    await threads.in_db(told)
    await ear.hears(7, 1)
