"""A quiet room is written at once; a burst, and a room that processes share, in fewer; nothing waits forever."""

import pytest

from realtime.delivery import write_schedule
from realtime.delivery.write_schedule import BURST_WINDOW, LATEST_DELAY, SHARED_FOR, SHARED_INTERVAL
from tests.realtime.manual_loop import ManualLoop


class Room:
    """Events that wait to be written, and when how many of them were."""

    def __init__(self) -> None:
        self.loop = ManualLoop()
        self.schedule = write_schedule.WriteSchedule(self.loop, self._write, self.loop.time)  # type: ignore[arg-type]
        self.pending = 0
        self.cost = 0.0  # seconds that a write takes
        self.writes: list[tuple[float, int]] = []

    def _write(self) -> int:
        events, self.pending = self.pending, 0
        if events:
            self.writes.append((round(self.loop.now - 1000.0, 6), events))
            self.loop.now += self.cost
        return events

    def tell(self, events: int = 1, max_delay: float = 0.0) -> None:
        self.pending += events
        self.schedule.request(max_delay)

    def advance(self, seconds: float) -> None:
        self.loop.advance(seconds)


@pytest.fixture
def room() -> Room:
    return Room()


# --- a room of one process


def test_a_quiet_room_is_written_in_the_next_turn_of_the_loop(room: Room) -> None:
    room.tell()
    assert not room.writes  # not within the call, so that what comes in the same turn is written too
    room.tell()
    room.advance(0.0)
    assert room.writes == [(0.0, 2)]


def test_an_event_some_time_after_a_write_does_not_wait(room: Room) -> None:
    room.cost = 0.5
    room.tell()
    room.advance(0.0)
    room.advance(BURST_WINDOW * 1.5)
    room.tell()
    room.advance(0.0)
    assert room.writes == [(0.0, 1), (0.5 + BURST_WINDOW * 1.5, 1)]


@pytest.mark.parametrize(("cost", "events", "rest"), [(0.001, 1, 0.001), (0.004, 4, 0.001), (0.04, 1, 0.04)])
def test_an_event_of_a_burst_waits_as_long_as_the_last_write_took_per_event(
    room: Room, cost: float, events: int, rest: float
) -> None:
    room.cost = cost
    room.tell(events)
    room.advance(0.0)
    room.tell()
    room.tell()
    room.advance(rest * 0.9)
    assert len(room.writes) == 1
    room.advance(rest * 0.2)
    assert room.writes == [(0.0, events), (pytest.approx(cost + rest), 2)]


def test_an_event_after_the_window_takes_those_along_that_wait(room: Room) -> None:
    room.cost = 1.0
    room.tell()
    room.advance(0.0)
    room.tell()
    room.advance(BURST_WINDOW * 1.5)
    room.tell()
    room.advance(0.0)
    assert room.writes == [(0.0, 1), (1.0 + BURST_WINDOW * 1.5, 2)]


def test_an_event_after_a_cheap_write_does_not_wait_for_the_end_of_the_window(room: Room) -> None:
    room.cost = 0.0001
    room.tell()
    room.advance(0.0)
    room.advance(0.0005)
    room.tell()
    room.advance(0.0)
    assert [events for _, events in room.writes] == [1, 1]


# --- a room that processes share


def test_a_room_in_which_others_publish_is_written_at_intervals(room: Room) -> None:
    room.schedule.remote_published()
    room.tell()
    room.advance(0.0)  # the last write was long ago
    room.advance(SHARED_INTERVAL / 2)
    room.tell()
    room.advance(SHARED_INTERVAL / 4)
    room.tell()
    room.advance(SHARED_INTERVAL)
    assert room.writes == [(0.0, 1), (SHARED_INTERVAL, 2)]


def test_a_room_in_which_others_have_fallen_silent_is_written_at_once_again(room: Room) -> None:
    room.schedule.remote_published()
    room.advance(SHARED_FOR)
    room.tell()
    room.advance(0.0)
    room.advance(SHARED_INTERVAL / 2)
    room.tell()
    room.advance(0.0)
    assert [events for _, events in room.writes] == [1, 1]


# --- events that may wait


def test_a_latest_value_is_written_with_the_next_event(room: Room) -> None:
    room.tell(max_delay=LATEST_DELAY)
    room.advance(LATEST_DELAY / 2)
    assert not room.writes
    room.tell()
    room.advance(0.0)
    assert room.writes == [(LATEST_DELAY / 2, 2)]
    room.advance(LATEST_DELAY)
    assert len(room.writes) == 1


def test_a_latest_value_is_written_alone_if_nothing_else_comes(room: Room) -> None:
    room.tell(max_delay=LATEST_DELAY)
    room.advance(LATEST_DELAY)
    assert room.writes == [(LATEST_DELAY, 1)]


def test_a_latest_value_does_not_put_off_a_write_that_is_due(room: Room) -> None:
    room.tell()
    room.tell(max_delay=LATEST_DELAY)
    room.advance(0.0)
    assert room.writes == [(0.0, 2)]


# --- at once


def test_a_flush_writes_before_the_time_and_only_once(room: Room) -> None:
    room.tell(max_delay=LATEST_DELAY)
    room.schedule.flush()
    assert room.writes == [(0.0, 1)]
    room.advance(LATEST_DELAY)
    assert len(room.writes) == 1


def test_a_flush_of_nothing_is_no_write_that_a_burst_could_follow(room: Room) -> None:
    room.cost = 1.0
    room.schedule.flush()
    room.tell()
    room.advance(0.0)
    assert room.writes == [(0.0, 1)]
