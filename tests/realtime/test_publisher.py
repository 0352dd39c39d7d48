"""The publisher: in order, paced where a fact says so, and never blocking who rings it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from django.db import OperationalError

from realtime.broker import publisher


class Loop:
    """The running loop, but its clock is turned by the test."""

    def __init__(self) -> None:
        self.later: list[tuple[float, Callable[..., object], tuple[Any, ...]]] = []

    def create_task(self, coroutine: Any) -> asyncio.Task[Any]:
        return asyncio.get_running_loop().create_task(coroutine)

    def call_later(self, delay: float, call: Callable[..., object], *arguments: Any) -> None:
        self.later.append((delay, call, arguments))

    def turn(self) -> None:
        """The time that everything waits for has come."""
        due, self.later = self.later, []
        for _, call, arguments in due:
            call(*arguments)


class Bench:
    """A publisher, what was heard of it here, and what it published."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.heard: list[Any] = []
        self.published: list[Any] = []
        self.publisher = publisher.Publisher(self.loop, "here", self.hear)  # type: ignore[arg-type]

    def hear(self, notification: publisher.Notification) -> None:
        self.heard.append(notification["transient"])

    async def publish(self, notification: publisher.Notification) -> None:
        assert notification["by"] == "here"
        self.published.append(notification["transient"])

    async def offer(self, *notifications: publisher.Notification) -> None:
        self.publisher.publish(list(notifications))
        await self.quiet()

    async def turn(self) -> None:
        self.loop.turn()
        await self.quiet()

    async def quiet(self) -> None:
        if self.publisher.task is not None:
            await self.publisher.task


@pytest.fixture
async def bench(monkeypatch: pytest.MonkeyPatch) -> Bench:
    bench = Bench()
    monkeypatch.setattr(publisher, "send", bench.publish)
    return bench


def passing(what: object, pace: float = 0.0, room: str = "test:1", fact: str = "counted") -> publisher.Notification:
    return {"type": "notification", "room": room, "transient": what, "min_interval": pace, "fact": fact}


async def test_bells_are_published_in_the_order_they_were_rung(bench: Bench) -> None:
    bench.publisher.publish([passing(1), passing(2)])
    bench.publisher.publish([passing(3)])
    await bench.quiet()
    assert bench.published == [1, 2, 3]


async def test_the_first_of_a_paced_kind_goes_at_once_and_the_newest_when_its_turn_comes(bench: Bench) -> None:
    await bench.offer(passing(1, 1.0))
    await bench.offer(passing(2, 1.0), passing(3, 1.0))
    assert bench.published == [1]
    assert [delay for delay, _, _ in bench.loop.later] == [1.0]
    await bench.turn()
    assert bench.published == [1, 3]
    await bench.offer(passing(4, 1.0))
    assert bench.published == [1, 3]
    await bench.turn()
    assert bench.published == [1, 3, 4]


async def test_a_paced_kind_that_is_silent_is_forgotten(bench: Bench) -> None:
    await bench.offer(passing(1, 1.0))
    await bench.turn()
    assert not bench.publisher.throttle.turns
    await bench.offer(passing(2, 1.0))
    assert bench.published == [1, 2]


async def test_rooms_and_facts_are_paced_apart(bench: Bench) -> None:
    await bench.offer(passing(1, 1.0), passing(2, 1.0, room="test:2"), passing(3, 1.0, fact="liked"), passing(4, 1.0))
    assert bench.published == [1, 2, 3]


async def test_a_paced_bell_that_waits_is_older_than_an_unpaced_one_of_its_kind(bench: Bench) -> None:
    """A room that shrinks below the size from which counts are paced must not end with an older count."""
    await bench.offer(passing(50, 1.0))
    await bench.offer(passing(51, 1.0))
    await bench.offer(passing(49))
    await bench.turn()
    assert bench.published == [50, 49]


async def test_beyond_the_bound_the_oldest_bells_are_left_to_the_healing(bench: Bench) -> None:
    for n in range(publisher.MAX_WAITING + 2):
        bench.publisher.publish([passing(n)])
    await bench.quiet()
    assert len(bench.published) == publisher.MAX_WAITING
    assert bench.published[0] == 2


async def test_a_channel_layer_that_refuses_does_not_stop_the_next_bell(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    sent: list[str] = []

    class Layer:
        async def group_send(self, group: str, notification: publisher.Notification) -> None:
            if not sent and notification["transient"] == 1:
                raise ConnectionError("Redis is away")
            sent.append(group)

    monkeypatch.setattr(publisher, "get_channel_layer", Layer)
    notification = publisher.Publisher(asyncio.get_running_loop(), "here", lambda notification: None)
    notification.publish([passing(1), passing(2)])
    assert notification.task is not None
    await notification.task
    assert sent == ["test.1"]
    assert [record.getMessage() for record in caplog.records] == ["no notification for test:1"]


class Gauge:
    """How something stands, once the database can be asked again."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.taken = 0

    def take(self) -> publisher.Notification:
        self.taken += 1
        if self.errors:
            raise self.errors.pop(0)
        return passing(self.taken, 0.001)

    def on(self, notification: publisher.Publisher) -> asyncio.Task[None]:
        notification.publish_latest({("test:1", "counted"): self.take})
        return notification.reading["test:1", "counted"]


async def test_a_gauge_that_could_not_be_read_is_read_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publisher, "RETRY", 0.001)
    await Gauge(OperationalError("away"), OperationalError("away")).on(bench.publisher)
    assert bench.heard == [3]
    assert [record.getMessage() for record in caplog.records] == ["counted of test:1 could not be read"] * 2


async def test_a_gauge_whose_reading_is_wrong_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "RETRY", 0.001)
    gauge = Gauge(ZeroDivisionError())
    await gauge.on(bench.publisher)
    assert (gauge.taken, bench.heard, bench.publisher.latest) == (1, [], {})


async def test_a_process_that_ends_tells_what_waits_for_its_turn(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gauge = Gauge()
    monkeypatch.setattr(gauge, "take", lambda: passing("first", 3600.0))
    resting = gauge.on(bench.publisher)
    while not bench.heard:  # noqa: ASYNC110 - by a thread, and nobody tells when
        await asyncio.sleep(0)
    monkeypatch.undo()
    bench.publisher.publish_latest({("test:1", "counted"): Gauge().take})
    await bench.publisher.flush()
    assert bench.heard == ["first", 1]
    resting.cancel()
