"""A process's hubs: opened once, closed when nobody is left, fed by their own publisher and by other processes."""

import asyncio
from collections.abc import Callable

import pytest

from realtime import event_log, events
from realtime.broker import publisher
from realtime.delivery import hub, hubs
from realtime.runtime import threads
from tests import sockets
from tests.realtime import ears, entries, words

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


# --- opening and closing


async def test_many_who_join_at_once_open_one_hub(house: hubs.Hubs, room_key: str) -> None:
    together = [ear for ear, _ in await asyncio.gather(*(ears.join(house, room_key) for _ in range(20)))]
    assert len(house.rooms[room_key].subscribers.subscriptions) == 20
    await ears.tell(room_key, 1)
    for ear in together:
        await ear.hears(1)


async def test_a_hub_that_could_not_open_is_unsubscribed_and_can_be_opened_again(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsubscribe, unsubscribed = house.broker.unsubscribe, []

    async def fail(_: hub.Hub) -> None:
        raise ConnectionError("the database is away")

    async def note(channel: str) -> None:
        unsubscribed.append(channel)
        await unsubscribe(channel)

    with monkeypatch.context() as away:
        away.setattr(hub.Hub, "open", fail)
        away.setattr(house.broker, "unsubscribe", note)
        with pytest.raises(ConnectionError):
            await ears.join(house, room_key)
    assert unsubscribed == [room_key]
    ear, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    await ear.hears(1)


async def test_the_hub_of_an_empty_room_is_closed_after_a_while(room_key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hubs, "LINGER", 0.0)
    closed = asyncio.Event()

    class House(hubs.Hubs):
        async def _close(self, closing: hub.Hub) -> None:
            await super()._close(closing)
            closed.set()

    house = House()
    _, subscription = await ears.join(house, room_key)
    house.leave(room_key, subscription)
    await asyncio.wait_for(closed.wait(), sockets.PATIENCE)
    assert not house.rooms
    ear, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    await ear.hears(1)
    await house.stop()


async def test_a_hub_that_filled_again_meanwhile_stays(house: hubs.Hubs, room_key: str) -> None:
    _, subscription = await ears.join(house, room_key)
    room = house.rooms[room_key]
    house.leave(room_key, subscription)
    ear, _ = await ears.join(house, room_key)
    await house._close(room)
    assert house.rooms[room_key] is room
    await ears.tell(room_key, 1)
    await ear.hears(1)


async def test_a_listener_keeps_its_hub_open_and_is_called_with_events(house: hubs.Hubs, room_key: str) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    await house.listen(room_key, heard.put_nowait)
    _, subscription = await ears.join(house, room_key)
    house.leave(room_key, subscription)
    await house._close(house.rooms[room_key])
    await ears.tell(room_key, 1)
    assert await asyncio.wait_for(heard.get(), sockets.PATIENCE) == words.Noted(n=1)


@pytest.mark.parametrize("kind", [event_log.verb, event_log.insert_only])
async def test_who_receives_a_notification_is_not_in_the_transaction_that_published_it(
    house: hubs.Hubs, room_key: str, kind: Callable[[Callable[[], None]], Callable[[], None]]
) -> None:
    """What a listener starts, such as a leave after a removal, is a transaction of its own, and told."""
    ear, _ = await ears.join(house, room_key)
    started: list[asyncio.Task[None]] = []

    def answer(event: events.BaseEvent) -> None:
        if not started:
            started.append(asyncio.create_task(threads.in_db(verb)))

    @kind
    def verb() -> None:
        entries.note(room_key)

    await house.listen(room_key, answer)
    await threads.in_db(verb)
    await ear.hears(0, 0)
    await started[0]


# --- several processes


async def test_two_processes_hear_the_same_in_the_same_order(house: hubs.Hubs, room_key: str) -> None:
    other = hubs.Hubs()
    here, _ = await ears.join(house, room_key)
    there, _ = await ears.join(other, room_key)
    await asyncio.gather(*(ears.tell(room_key, 0) for _ in range(20)))
    await ears.tell(room_key, 99)
    for ear in (here, there):
        await ear.hears(*[0] * 20, 99)
    await other.stop()


async def test_a_process_hears_itself_without_the_broker(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(house.broker, "publish", lambda channel, message: None)
    ear, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=2))
    await ear.hears(1, 2)


async def test_what_a_process_publishes_is_not_received_again(
    house: hubs.Hubs, room_key: str, bend: Callable[[ears.Bend], None]
) -> None:
    ear, _ = await ears.join(house, room_key)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=1))
    await publisher.flush()
    bend(lambda notification: [notification])
    await threads.in_db(event_log.tell, room_key, words.Passed(n=2))
    await ear.hears(1, 2)  # in the order in which the broker carried them


async def test_a_room_knows_which_notifications_are_those_of_others(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch, bend: Callable[[ears.Bend], None]
) -> None:
    """A room in which another process publishes is written less often."""
    ear, _ = await ears.join(house, room_key)
    remote: list[None] = []
    monkeypatch.setattr(house.rooms[room_key].schedule, "remote_published", lambda: remote.append(None))
    await ears.tell(room_key, 1, 2)
    await ear.hears(1, 2)
    assert remote == []
    bend(lambda notification: [notification])
    await ears.tell(room_key, 3)
    await ear.hears(3)
    assert remote == [None]


async def test_a_message_that_cannot_be_understood_does_not_stop_what_follows(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ear, _ = await ears.join(house, room_key)

    def fail(notification: publisher.Notification) -> None:
        raise ZeroDivisionError

    house._receive_message(b"of tomorrow")
    stored = publisher.encode(publisher.StoredEvents(room_key, 1, [(events.encode(words.Noted(n=1)), "", "")]))
    with monkeypatch.context() as broken:
        broken.setattr(house.rooms[room_key], "receive_remote", fail)
        house._receive_message(stored)
    house._receive_message(stored)
    await ear.hears(1)
    assert [record.levelname for record in caplog.records] == ["WARNING", "ERROR"]


async def test_hubs_that_were_stopped_and_started_hear_other_processes_again(
    house: hubs.Hubs, room_key: str, bend: Callable[[ears.Bend], None]
) -> None:
    ear, _ = await ears.join(house, room_key)
    await house.stop()
    await house.stop()  # twice does no harm
    await ears.join(house, f"{room_key}-b")
    bend(lambda notification: [notification])
    await ears.tell(room_key, 1)
    await ear.hears(1)


async def test_a_room_of_a_broker_out_of_reach_is_refused_and_can_be_opened_later(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(channel: str) -> None:
        raise ConnectionError("Redis could not be reached")

    with monkeypatch.context() as away:
        away.setattr(house.broker, "subscribe", refuse)
        with pytest.raises(ConnectionError):
            await ears.join(house, room_key)
    assert room_key not in house.rooms
    await ears.join(house, room_key)
