"""The publisher: in order, throttled where an event asks for it, and never blocking who publishes."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import msgspec
import pytest
from django.db import OperationalError

from realtime.broker import brokers, publisher
from realtime.runtime import threads
from tests.realtime.manual_loop import ManualLoop


class Recorder:
    """A broker that keeps what is published."""

    def __init__(self) -> None:
        self.published: list[publisher.Notification] = []
        self.is_stopped = False

    def publish(self, channel: str, message: bytes) -> None:
        notification = publisher.decode(message)
        assert channel == notification.room
        self.published.append(notification)

    async def flush(self) -> None:
        pass

    async def stop(self) -> None:
        self.is_stopped = True


class Bench:
    """A publisher, the bodies that the hubs of this process received of it, and those that it published."""

    def __init__(self) -> None:
        self.loop = ManualLoop()
        self.broker = Recorder()
        self.received: list[str] = []
        self.publisher = publisher.Publisher(self.loop, self.broker, self._receive)  # type: ignore[arg-type]

    def _receive(self, notification: publisher.Notification) -> None:
        assert isinstance(notification, publisher.TransientEvent)
        self.received.append(notification.body)

    @property
    def published(self) -> list[str]:
        return [event.body for event in self.broker.published if isinstance(event, publisher.TransientEvent)]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def transient(
    body: str, min_interval: float = 0.0, room: str = "test:1", kind: str = "counted"
) -> publisher.TransientEvent:
    return publisher.TransientEvent(room, body, kind=kind, min_interval=min_interval)


# --- what is published


@pytest.mark.parametrize(
    "notification",
    [
        publisher.StoredEvents("test:1", 7, [('{"fact":"a"}', "user:1", ""), ('{"fact":"b"}', "", "c2")]),
        publisher.StoredEvents("test:1", 7),
        publisher.TransientEvent("test:1", "{}", "user:1", "c2", "counted", 0.5, 1700000000.25),
        publisher.TransientEvent("test:1", "{}"),
    ],
)
def test_a_notification_arrives_as_it_was(notification: publisher.Notification) -> None:
    assert publisher.decode(publisher.encode(notification)) == notification


@pytest.mark.parametrize("message", [b"", b"\xc1", msgspec.msgpack.encode({"type": "of-tomorrow", "room": "test:1"})])
def test_a_message_of_another_version_is_an_error_of_one_kind(message: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        publisher.decode(message)


def test_fields_that_a_later_version_has_added_are_passed_over() -> None:
    message = msgspec.msgpack.encode({"type": "stored", "room": "test:1", "upto": 3, "of-tomorrow": 1})
    assert publisher.decode(message) == publisher.StoredEvents("test:1", 3)


async def test_notifications_are_received_here_and_published_in_order(bench: Bench) -> None:
    bench.publisher.publish([transient("1"), transient("2")])
    bench.publisher.publish([transient("3")])
    assert bench.received == bench.published == ["1", "2", "3"]


async def test_a_throttled_event_is_published_when_its_interval_is_over(bench: Bench) -> None:
    bench.publisher.publish([transient("1", 1.0)])
    bench.publisher.publish([transient("2", 1.0), transient("3", 1.0)])
    assert bench.received == bench.published == ["1"]
    bench.loop.advance(1.0)
    assert bench.received == bench.published == ["1", "3"]
    bench.publisher.publish([transient("4", 1.0)])
    assert bench.published == ["1", "3"]
    bench.loop.advance(1.0)
    assert bench.published == ["1", "3", "4"]


async def test_rooms_and_kinds_are_throttled_apart(bench: Bench) -> None:
    bench.publisher.publish(
        [
            transient("1", 1.0),
            transient("2", 1.0, room="test:2"),
            transient("3", 1.0, kind="liked"),
            transient("4", 1.0),
        ]
    )
    assert bench.published == ["1", "2", "3"]


async def test_a_throttled_event_that_waits_is_older_than_an_unthrottled_one_of_its_kind(bench: Bench) -> None:
    """A room that shrinks below the size from which counts are throttled must not end with an older count."""
    bench.publisher.publish([transient("50", 1.0)])
    bench.publisher.publish([transient("51", 1.0)])
    bench.publisher.publish([transient("49")])
    bench.loop.advance(1.0)
    assert bench.published == ["50", "49"]


async def test_stored_events_are_never_throttled(bench: Bench) -> None:
    received: list[publisher.Notification] = []
    bench.publisher.receive = received.append
    bench.publisher.publish([publisher.StoredEvents("test:1", n) for n in range(5)])
    assert received == bench.broker.published == [publisher.StoredEvents("test:1", n) for n in range(5)]


# --- latest values


class Value:
    """A latest value that can be read once the database can be asked again."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.reads = 0

    def read(self) -> publisher.TransientEvent:
        self.reads += 1
        if self.errors:
            raise self.errors.pop(0)
        return transient(str(self.reads), 0.001)

    def publish(self, bench: Bench) -> asyncio.Task[None]:
        bench.publisher.publish_latest({("test:1", "counted"): self.read})
        return bench.publisher.telling["test:1", "counted"]


async def test_a_latest_value_that_could_not_be_read_is_read_again(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publisher, "RETRY_DELAY", 0.001)
    await Value(OperationalError("away"), OperationalError("away")).publish(bench)
    assert bench.received == ["3"]
    assert [record.getMessage() for record in caplog.records] == ["counted of test:1 could not be read"] * 2


async def test_a_latest_value_whose_reading_is_wrong_is_given_up(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "RETRY_DELAY", 0.001)
    value = Value(ZeroDivisionError())
    await value.publish(bench)
    assert (value.reads, bench.received, bench.publisher.latest) == (1, [], {})


@contextlib.contextmanager
def in_its_interval(bench: Bench) -> Iterator[None]:
    """A latest value was told, may not be told again within the hour, and has changed since."""
    bench.publisher.publish_latest({("test:1", "counted"): lambda: transient("first", 3600.0)})
    yield
    bench.publisher.publish_latest({("test:1", "counted"): lambda: transient("last", 3600.0)})


async def told(bench: Bench) -> None:
    while not bench.received:  # noqa: ASYNC110 - a thread reads it, and nobody says when
        await asyncio.sleep(0)


async def test_a_flush_tells_latest_values_before_their_time(bench: Bench) -> None:
    with in_its_interval(bench):
        await told(bench)
    [telling] = bench.publisher.telling.values()
    await bench.publisher.flush()
    assert bench.received == bench.published == ["first", "last"]
    telling.cancel()


# --- the publisher of the process


@pytest.fixture
async def running() -> AsyncIterator[Bench]:
    """A publisher that is this process's, on the running loop."""
    bench = Bench()
    bench.publisher.loop = asyncio.get_running_loop()
    bench.publisher.start()
    yield bench
    await bench.publisher.stop()


async def test_what_any_thread_publishes_comes_to_the_publisher_that_was_started(running: Bench) -> None:
    await threads.in_db(publisher.publish, [transient("1")])
    await threads.in_db(publisher.publish_latest, {("test:1", "counted"): lambda: transient("2", 0.001)})
    async with asyncio.timeout(30):
        while len(running.received) < 2:  # noqa: ASYNC110 - a thread reads the second one, and nobody says when
            await asyncio.sleep(0)
    await publisher.flush()
    assert running.published == ["1", "2"]


async def test_a_publisher_that_stops_tells_what_waits_and_is_nobodys_any_more(running: Bench) -> None:
    with in_its_interval(running):
        await told(running)
    await running.publisher.stop()
    assert running.published == ["first", "last"]
    assert publisher.current() is None


async def test_a_publisher_that_was_replaced_stops_without_taking_the_next_one_along(running: Bench) -> None:
    other = Bench()
    other.publisher.loop = asyncio.get_running_loop()
    other.publisher.start()
    await running.publisher.stop()
    assert publisher.current() is other.publisher
    await other.publisher.stop()


def test_a_process_without_a_publisher_publishes_itself_and_waits_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publisher, "_current", None)
    broker = Recorder()
    monkeypatch.setattr(brokers, "create", lambda receive: broker)
    publisher.publish([])
    assert not broker.is_stopped
    publisher.publish([transient("1")])
    publisher.publish_latest({("test:1", "counted"): lambda: transient("2")})
    assert [event.body for event in broker.published if isinstance(event, publisher.TransientEvent)] == ["1", "2"]
    assert broker.is_stopped
