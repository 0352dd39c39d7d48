"""A process's hubs: opened once, closed when nobody is left, fed by their own publisher and by other processes."""

import asyncio
from collections.abc import Callable

import pytest

from realtime import event_log, events
from realtime.broker import publisher
from realtime.delivery import hub, hubs
from realtime.runtime import threads
from tests import sockets
from tests.realtime import recorders, room_log, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


# --- opening and closing


async def test_many_who_join_at_once_open_one_hub(local: hubs.Hubs, room_key: str) -> None:
    together = [
        subscriber for subscriber, _ in await asyncio.gather(*(recorders.join(local, room_key) for _ in range(20)))
    ]
    assert len(local.rooms[room_key].subscribers.subscriptions) == 20
    await recorders.tell(room_key, 1)
    for subscriber in together:
        await subscriber.hears(1)


async def test_a_hub_that_could_not_open_is_unsubscribed_and_can_be_opened_again(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsubscribe, unsubscribed = local.broker.unsubscribe, []

    async def fail(_: hub.Hub) -> None:
        raise ConnectionError("the database is away")

    async def note(channel: str) -> None:
        unsubscribed.append(channel)
        await unsubscribe(channel)

    with monkeypatch.context() as away:
        away.setattr(hub.Hub, "open", fail)
        away.setattr(local.broker, "unsubscribe", note)
        with pytest.raises(ConnectionError):
            await recorders.join(local, room_key)
    assert unsubscribed == [room_key]
    subscriber, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1)
    await subscriber.hears(1)


async def test_the_hub_of_an_empty_room_is_closed_after_a_while(room_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "LINGER", 0.0)
    closed = asyncio.Event()

    class Counting(hubs.Hubs):
        async def _close(self, closing: hub.Hub) -> None:
            await super()._close(closing)
            closed.set()

    local = Counting()
    _, subscription = await recorders.join(local, room_key)
    local.leave(room_key, subscription)
    await asyncio.wait_for(closed.wait(), sockets.PATIENCE)
    assert not local.rooms
    subscriber, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1)
    await subscriber.hears(1)
    await local.stop()


async def test_a_hub_that_filled_again_meanwhile_stays(local: hubs.Hubs, room_key: str) -> None:
    _, subscription = await recorders.join(local, room_key)
    room = local.rooms[room_key]
    local.leave(room_key, subscription)
    subscriber, _ = await recorders.join(local, room_key)
    await local._close(room)
    assert local.rooms[room_key] is room
    await recorders.tell(room_key, 1)
    await subscriber.hears(1)


async def test_a_listener_keeps_its_hub_open_and_is_called_with_events(local: hubs.Hubs, room_key: str) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    await local.listen(room_key, heard.put_nowait)
    _, subscription = await recorders.join(local, room_key)
    local.leave(room_key, subscription)
    await local._close(local.rooms[room_key])
    await recorders.tell(room_key, 1)
    assert await asyncio.wait_for(heard.get(), sockets.PATIENCE) == sample_protocol.Noted(n=1)


@pytest.mark.parametrize("kind", [event_log.verb, event_log.insert_only])
async def test_who_receives_a_notification_is_not_in_the_transaction_that_published_it(
    local: hubs.Hubs, room_key: str, kind: Callable[[Callable[[], None]], Callable[[], None]]
) -> None:
    """What a listener starts, such as a leave after a removal, is a transaction of its own, and told."""
    subscriber, _ = await recorders.join(local, room_key)
    started: list[asyncio.Task[None]] = []

    def answer(event: events.BaseEvent) -> None:
        if not started:
            started.append(asyncio.create_task(threads.in_db(verb)))

    @kind
    def verb() -> None:
        room_log.note(room_key)

    await local.listen(room_key, answer)
    await threads.in_db(verb)
    await subscriber.hears(0, 0)
    await started[0]


# --- several processes


async def test_two_processes_hear_the_same_in_the_same_order(local: hubs.Hubs, room_key: str) -> None:
    other = hubs.Hubs()
    here, _ = await recorders.join(local, room_key)
    there, _ = await recorders.join(other, room_key)
    await asyncio.gather(*(recorders.tell(room_key, 0) for _ in range(20)))
    await recorders.tell(room_key, 99)
    for subscriber in (here, there):
        await subscriber.hears(*[0] * 20, 99)
    await other.stop()


async def test_a_process_hears_itself_without_the_broker(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(local.broker, "publish", lambda channel, message: None)
    subscriber, _ = await recorders.join(local, room_key)
    await recorders.tell(room_key, 1)
    await threads.in_db(event_log.tell, room_key, sample_protocol.Passed(n=2))
    await subscriber.hears(1, 2)


async def test_what_a_process_publishes_is_not_received_again(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    await threads.in_db(event_log.tell, room_key, sample_protocol.Passed(n=1))
    await publisher.flush()
    intercept(lambda notification: [notification])
    await threads.in_db(event_log.tell, room_key, sample_protocol.Passed(n=2))
    await subscriber.hears(1, 2)  # in the order in which the broker carried them


async def test_a_room_knows_which_notifications_are_those_of_others(
    local: hubs.Hubs,
    room_key: str,
    monkeypatch: pytest.MonkeyPatch,
    intercept: Callable[[recorders.Interception], None],
) -> None:
    """A room in which another process publishes is written less often."""
    subscriber, _ = await recorders.join(local, room_key)
    remote: list[None] = []
    monkeypatch.setattr(local.rooms[room_key].schedule, "remote_published", lambda: remote.append(None))
    await recorders.tell(room_key, 1, 2)
    await subscriber.hears(1, 2)
    assert remote == []
    intercept(lambda notification: [notification])
    await recorders.tell(room_key, 3)
    await subscriber.hears(3)
    assert remote == [None]


async def test_a_message_that_cannot_be_understood_does_not_stop_what_follows(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber, _ = await recorders.join(local, room_key)

    def fail(notification: publisher.Notification) -> None:
        raise ZeroDivisionError

    local._receive_message(b"of tomorrow")
    stored = publisher.encode(
        publisher.StoredEvents(room_key, 1, [(events.encode(sample_protocol.Noted(n=1)), "", "")])
    )
    with monkeypatch.context() as broken:
        broken.setattr(local.rooms[room_key], "receive_remote", fail)
        local._receive_message(stored)
    local._receive_message(stored)
    await subscriber.hears(1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


async def test_hubs_that_were_stopped_and_started_hear_other_processes_again(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    await local.stop()
    await local.stop()  # twice does no harm
    await recorders.join(local, f"{room_key}-b")
    intercept(lambda notification: [notification])
    await recorders.tell(room_key, 1)
    await subscriber.hears(1)


async def test_a_room_opens_without_its_broker_hears_by_the_log_and_subscribes_when_that_is_back(
    local: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(channel: str) -> None:
        raise ConnectionError("Redis could not be reached")

    def tell(n: int) -> None:
        with event_log.transaction():
            event_log.tell(room_key, sample_protocol.Noted(n=n))

    monkeypatch.setattr(hubs, "CHECK_INTERVAL", 0.05)  # a test's second
    with monkeypatch.context() as away:
        away.setattr(publisher, "publish", lambda notifications: None)  # as another process, which nobody hears
        away.setattr(local.broker, "subscribe", refuse)
        subscriber, _ = await recorders.join(local, room_key)
        assert room_key in local.unheard
        await threads.in_db(tell, 1)
        await subscriber.hears(1)
    async with asyncio.timeout(sockets.PATIENCE):
        while local.is_degraded:  # noqa: ASYNC110 - it tells nobody
            await asyncio.sleep(0.01)
