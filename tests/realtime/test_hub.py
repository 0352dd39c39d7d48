"""A room's hub: every subscriber is told what concerns it, once and in order, from joining to leaving."""

import asyncio
import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from realtime import event_log, events
from realtime.broker import publisher
from realtime.delivery import delivery, hub, hubs, subscriptions, tail, write_schedule
from realtime.models import RoomEvent
from realtime.protocol import framing
from realtime.runtime import threads
from realtime.storage import outbox
from tests import sockets
from tests.realtime import recorders, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
def no_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fails a test in which a gap is read from the log although nothing was lost."""

    def fail(*_: Any) -> list[delivery.Delivery]:
        raise AssertionError("the log was read")

    monkeypatch.setattr(hub, "GAP_WAIT", 60.0)
    monkeypatch.setattr(tail, "read", fail)


# --- order


async def test_subscribers_hear_what_is_told_in_order(local: hubs.Hubs, room_key: str, no_reading: None) -> None:
    one, _ = await recorders.join(local, room_key)
    two, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1, 2, 3)
    await one.hears(1, 2, 3)
    await two.hears(1, 2, 3)


async def test_what_one_transaction_tells_is_one_write(local: hubs.Hubs, room_key: str) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    await recorders.tell_together(room_key, 1, 2, 3, 4)
    await subscriber.hears(1, 2, 3, 4)
    assert subscriber.writes == [4]


@pytest.fixture
def no_writing(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long each delivered event may wait at most, in rooms that write only when a test flushes their schedule."""
    requested: list[float] = []

    def request(schedule: write_schedule.WriteSchedule, max_delay: float = 0.0) -> None:
        requested.append(max_delay)

    monkeypatch.setattr(write_schedule.WriteSchedule, "request", request)
    return requested


async def test_what_waits_for_the_schedule_is_one_write(
    local: hubs.Hubs, room_key: str, no_writing: list[float]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    await recorders.tell(room_key, 1, 2, 3)
    await recorders.wait_for_position(room, 3)
    await subscriber.hears()
    assert no_writing == [0.0, 0.0, 0.0]
    room.schedule.flush()
    await subscriber.hears(1, 2, 3)
    assert subscriber.writes == [3]


async def test_who_joins_is_not_told_what_waits_for_the_schedule(
    local: hubs.Hubs, room_key: str, no_writing: list[float]
) -> None:
    """It is in what the joiner reads of the past already."""
    first, _ = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    await recorders.tell(room_key, 1)
    await recorders.wait_for_position(room, 1)
    second, _ = await recorders.join(local, room_key)
    await first.hears(1)
    room.schedule.flush()
    await second.hears()


async def test_a_batch_too_large_for_its_notification_is_read_from_the_log(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    monkeypatch.setattr(outbox, "MAX_NOTIFICATION", 10)
    await recorders.tell_together(room_key, 1, 2)
    await subscriber.hears(1, 2)


async def test_notifications_that_overtake_each_other_are_put_in_order_without_reading(
    local: hubs.Hubs, room_key: str, no_reading: None, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    waiting: list[publisher.Notification] = []

    def overtake(notification: publisher.Notification) -> Sequence[publisher.Notification]:
        if not waiting:
            waiting.append(notification)
            return []
        return [notification, waiting.pop()]

    intercept(overtake)
    await recorders.tell(room_key, 1, 2)
    await subscriber.hears(1, 2)


async def test_a_notification_that_arrives_twice_is_told_once(
    local: hubs.Hubs, room_key: str, no_reading: None, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [notification, notification])
    await recorders.tell(room_key, 1, 2, 3)
    await subscriber.hears(1, 2, 3)


# --- joining


async def test_a_subscriber_hears_only_what_comes_after_its_position(local: hubs.Hubs, room_key: str) -> None:
    first, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1, 2)
    await first.hears(1, 2)
    subscriber = recorders.Recorder()
    subscription = subscriptions.Subscription(subscriber, "plain", framing.FLAT, positions=True)  # type: ignore[arg-type]
    position = await local.join(room_key, subscription)
    assert position.seq == 2
    await recorders.tell(room_key, 3)
    await first.hears(3)
    await subscriber.hears()  # buffered until its answer is out
    subscription.release()
    frame = json.loads((await subscriber.frames.get()).text)
    assert frame == {"type": "note", "n": 3, "room": room_key, "seq": 3, "epoch": position.epoch}


async def test_joining_in_the_middle_of_traffic_has_neither_gap_nor_double(local: hubs.Hubs, room_key: str) -> None:
    total, joiners = 120, 12
    joined: list[tuple[int, recorders.Recorder]] = []

    async def join_now() -> None:
        subscriber = recorders.Recorder()
        subscription = subscriptions.Subscription(subscriber, "plain", framing.FLAT)  # type: ignore[arg-type]
        position = await local.join(room_key, subscription)
        history = await threads.in_db(lambda: list(RoomEvent.objects.between(room_key, 0, position.seq)))
        assert [event.seq for event in history] == list(range(1, position.seq + 1))
        subscription.release()
        joined.append((position.seq, subscriber))

    telling = asyncio.create_task(recorders.tell(room_key, *range(1, total + 1)))
    for _ in range(joiners):
        await join_now()
    await telling
    for seq, subscriber in joined:
        await subscriber.hears(*range(seq + 1, total + 1))


# --- who hears what


async def test_to_and_but_name_the_one_who_hears_or_the_one_who_does_not(local: hubs.Hubs, room_key: str) -> None:
    anna, _ = await recorders.join(local, room_key, addresses=frozenset({"user:1", "c1"}))
    ben, _ = await recorders.join(local, room_key, addresses=frozenset({"user:2", "c2"}))
    await recorders.tell(room_key, 1, to="user:1")
    await recorders.tell(room_key, 2, but="c1")
    await recorders.tell(room_key, 3)
    await anna.hears(1, 3)
    await ben.hears(2, 3)


async def test_a_dialect_without_words_for_an_event_is_silent(local: hubs.Hubs, room_key: str) -> None:
    subscriber = recorders.Recorder()
    subscription = subscriptions.Subscription(subscriber, "other", framing.FLAT)  # type: ignore[arg-type]
    await local.join(room_key, subscription)
    subscription.release()
    plain, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1)
    await plain.hears(1)
    await subscriber.hears()


async def test_a_transient_event_reaches_those_who_are_there_and_takes_no_number(
    local: hubs.Hubs, room_key: str
) -> None:
    subscriber, _ = await recorders.join(local, room_key, positions=True)
    await threads.in_db(event_log.tell, room_key, sample_protocol.Passed(n=1))
    frame = json.loads((await asyncio.wait_for(subscriber.frames.get(), sockets.PATIENCE)).text)
    assert frame == {"type": "note", "n": 1}
    assert local.rooms[room_key].position == 0


async def test_subscribers_of_one_encoding_are_written_the_same_frame(local: hubs.Hubs, room_key: str) -> None:
    one, _ = await recorders.join(local, room_key)
    two, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1)
    frames = [await asyncio.wait_for(subscriber.frames.get(), sockets.PATIENCE) for subscriber in (one, two)]
    assert frames[0] is frames[1]


# --- leaving


async def test_one_who_left_hears_nothing_more(local: hubs.Hubs, room_key: str) -> None:
    stays, _ = await recorders.join(local, room_key)
    goes, subscription = await recorders.join(local, room_key)
    local.leave(room_key, subscription)
    local.leave(room_key, subscription)  # twice does no harm
    await recorders.tell(room_key, 1)
    await stays.hears(1)
    await goes.hears()


# --- latest values


def counted(key: str, n: int, read_at: float, min_interval: float = 0.0) -> publisher.TransientEvent:
    return publisher.TransientEvent(
        key,
        events.encode(sample_protocol.Counted(n=n)),
        kind="test-counted",
        min_interval=min_interval,
        read_at=read_at,
    )


async def test_an_older_reading_of_a_latest_value_is_not_told(local: hubs.Hubs, room_key: str) -> None:
    """Two processes read a count one after the other, and the notification of the first comes last."""
    subscriber, _ = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    for n, read_at in [(1, 10.0), (3, 12.0), (2, 11.0), (4, 13.0)]:
        room.receive(counted(room_key, n, read_at))
    await subscriber.hears(1, 3, 4)


async def test_a_reading_that_seems_much_older_comes_after_a_clock_was_set_back(
    local: hubs.Hubs, room_key: str
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    for n, read_at in [(1, 1000.0), (2, 1000.0 - hub.MAX_READING_SKEW)]:
        room.receive(counted(room_key, n, read_at))
    await subscriber.hears(1, 2)


async def test_of_several_processes_people_hear_no_more_than_of_one(local: hubs.Hubs, room_key: str) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    for n in range(1, 9):
        room.receive(counted(room_key, n, read_at=float(n), min_interval=0.1))
    await subscriber.hears(1, 8)


async def test_only_a_latest_value_may_wait_for_other_events(
    local: hubs.Hubs, room_key: str, no_writing: list[float]
) -> None:
    await recorders.join(local, room_key)
    room = local.rooms[room_key]
    room.receive(counted(room_key, 1, read_at=10.0))
    room.receive(counted(room_key, 2, read_at=0.0))
    assert no_writing == [write_schedule.LATEST_DELAY, 0.0]


async def test_a_latest_value_is_written_with_what_comes_next(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(write_schedule, "LATEST_DELAY", 60.0)
    subscriber, _ = await recorders.join(local, room_key)
    await threads.in_db(event_log.tell, room_key, sample_protocol.Counted(n=5))
    await recorders.tell(room_key, 6)
    await subscriber.hears(5, 6)
    assert subscriber.writes == [2]


async def test_a_latest_value_is_written_alone_where_nothing_comes(local: hubs.Hubs, room_key: str) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    await threads.in_db(event_log.tell, room_key, sample_protocol.Counted(n=5))
    await subscriber.hears(5)


async def test_a_latest_value_is_read_after_the_commit(local: hubs.Hubs, room_key: str) -> None:
    subscriber, _ = await recorders.join(local, room_key)

    def told() -> None:
        with event_log.transaction():
            event_log.tell_latest(
                room_key,
                "count",
                lambda: sample_protocol.Counted(n=RoomEvent.objects.filter(room__key=room_key).count()),
            )
            event_log.tell(room_key, sample_protocol.Noted(n=7))

    await threads.in_db(told)
    await subscriber.hears(7, 1)
