"""A process's hubs: opened once, closed when nobody is left, and deaf to what comes back of their own bells."""

import asyncio
from collections.abc import Callable

import pytest
from channels.layers import get_channel_layer

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


async def test_a_hub_that_could_not_open_listens_no_longer_and_can_be_opened_again(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = get_channel_layer()
    discard, discarded = layer.group_discard, []

    async def fail(_: hub.Hub) -> None:
        raise ConnectionError("the database is away")

    async def note(group: str, channel: str) -> None:
        discarded.append(group)
        await discard(group, channel)

    with monkeypatch.context() as away:
        away.setattr(hub.Hub, "open", fail)
        away.setattr(layer, "group_discard", note)
        with pytest.raises(ConnectionError):
            await ears.join(house, room_key)
    assert discarded == [publisher.group(room_key)]
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


async def test_a_listener_keeps_its_hub_open_and_hears_records(house: hubs.Hubs, room_key: str) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()
    await house.listen(room_key, heard.put_nowait)
    _, subscription = await ears.join(house, room_key)
    house.leave(room_key, subscription)
    await house._close(house.rooms[room_key])
    await ears.tell(room_key, 1)
    assert await asyncio.wait_for(heard.get(), sockets.PATIENCE) == words.Noted(n=1)


@pytest.mark.parametrize("kind", [event_log.verb, event_log.insert_only])
async def test_who_hears_a_bell_is_not_in_the_transaction_that_rang_it(
    house: hubs.Hubs, room_key: str, kind: Callable[[Callable[[], None]], Callable[[], None]]
) -> None:
    """What a listener starts, such as a leave after a removal, is a transaction of its own, and told."""
    ear, _ = await ears.join(house, room_key)
    started: list[asyncio.Task[None]] = []

    def answer(record: events.BaseEvent) -> None:
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


async def test_a_process_hears_itself_without_the_channel_layer(
    house: hubs.Hubs, room_key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose(notification: publisher.Notification) -> None:
        pass

    monkeypatch.setattr(publisher, "send", lose)
    ear, _ = await ears.join(house, room_key)
    await ears.tell(room_key, 1)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=2))
    await ear.hears(1, 2)


async def test_what_comes_back_to_the_process_that_rang_is_not_heard_again(house: hubs.Hubs, room_key: str) -> None:
    ear, _ = await ears.join(house, room_key)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=1))
    await publisher.flush()
    publisher.start(asyncio.get_running_loop(), "another process", lambda notification: None)
    await threads.in_db(event_log.tell, room_key, words.Passed(n=2))
    await ear.hears(1, 2)  # in the order in which the layer carried them
