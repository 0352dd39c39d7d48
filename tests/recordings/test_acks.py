"""A client is read on while what it has sent is being stored; nothing is acknowledged before, and nothing forgotten.

On SQLite one thread does all database work, which these tests hold up.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence

import pytest
from django.db import OperationalError

from realtime.runtime import threads
from recordings import feed, ingest
from recordings.ingest import Item, Outcome
from recordings.models import Recording, Status
from tests import sockets
from tests.recordings import visits
from tests.recordings.speaking import batch, capture, name, recordings_of, stored, the_recording

pytestmark = pytest.mark.usefixtures("live_db")


class Store:
    """Stores nothing until the test lets it go on."""

    def __init__(self) -> None:
        self.go_on, self.began = threading.Event(), threading.Event()
        self.calls: list[int] = []  # how many items each time
        self.failures: list[Exception] = []

    def __call__(self, items: Sequence[Item]) -> list[Outcome]:
        self.began.set()
        assert self.go_on.wait(sockets.PATIENCE)
        self.calls.append(len(items))
        if self.failures:
            raise self.failures.pop()
        return ingest.store(items)

    async def begun(self) -> None:
        assert await asyncio.to_thread(self.began.wait, sockets.PATIENCE)


@pytest.fixture
async def store(server: sockets.Address, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    held = Store()
    monkeypatch.setattr(feed._intake(), "store", held)
    yield held
    held.go_on.set()


async def known(client: sockets.Client) -> str:
    person = name()
    await client.ask("user:connected", data=person)
    return person


async def acks(client: sockets.Client, *ops: str) -> list[bool]:
    """Whether each was done; they may come in any order."""
    came = {frame["op"]: frame["ok"] for frame in client.passed if frame["type"] == "ack"}
    client.passed = [frame for frame in client.passed if frame["type"] != "ack"]
    while not came.keys() >= set(ops):
        frame = await client.expect("ack")
        came[frame["op"]] = frame["ok"]
    return [came[op] for op in ops]


async def test_numbered_batches_are_taken_while_others_are_being_stored(server: sockets.Address, store: Store) -> None:
    async with await capture(server) as client:
        person = await known(client)
        for number in range(20):
            await client.say("recording:events", op=str(number), **batch(number, ("n", number)))
        await store.begun()
        assert await client.settle() == []
        store.go_on.set()
        assert all(await acks(client, *map(str, range(20))))
    assert await stored(person) == [("n", number) for number in range(20)]
    assert len(store.calls) <= 3


async def test_single_events_are_gathered_while_others_are_being_stored(server: sockets.Address, store: Store) -> None:
    async with await capture(server) as client:
        person = await known(client)
        for number in range(40):
            await client.say("mouse:position", op=str(number), data=str(number))
        await store.begun()
        assert await client.settle() == []
        store.go_on.set()
        assert all(await acks(client, *map(str, range(40))))
    assert await stored(person) == [("mouse:position", str(number)) for number in range(40)]
    assert (await the_recording(person)).next_number <= 2  # rows


async def test_their_order_is_kept_while_the_database_is_away(server: sockets.Address, store: Store) -> None:
    store.failures = [OperationalError("away")]
    async with await capture(server) as client:
        person = await known(client)
        await client.say("click:event", op="0", data="0")
        await store.begun()
        for number in range(1, 10):
            await client.say("click:event", op=str(number), data=str(number))
        await client.settle()
        store.go_on.set()
        assert all(await acks(client, *map(str, range(10))))
    assert await stored(person) == [("click:event", str(number)) for number in range(10)]


async def test_what_waits_belongs_to_the_visit_that_is_ended(server: sockets.Address, store: Store) -> None:
    async with await capture(server) as client:
        person = await known(client)
        await client.say("recording:events", op="0", **batch(0, ("n", 0)))
        await client.say("click:event", op="1", data="1")
        await client.say("recording:end", op="2")
        await store.begun()
        store.go_on.set()
        assert await acks(client, "0", "1", "2") == [True] * 3
    recording = await the_recording(person)
    assert recording.status != Status.RECORDING
    assert {kind for kind, _ in await stored(person)} == {"n", "click:event"}


async def test_what_waits_is_stored_though_its_client_has_gone(server: sockets.Address, store: Store) -> None:
    client = await capture(server)
    person = await known(client)
    taken = await sockets.taken_up(client)
    for number in range(3):
        await client.say("recording:events", op=f"n{number}", **batch(number, ("n", number)))
        await client.say("click:event", op=f"c{number}", data=str(number))
    await client.settle()
    client.abandon()
    store.go_on.set()
    async with asyncio.timeout(sockets.PATIENCE):
        while not taken.has_ended or taken.handlers:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)
    assert len(await stored(person)) == 6
    assert taken.unanswered is not None
    assert taken.unanswered.messages == 0


async def test_who_declines_has_nothing_stored_of_what_waits(server: sockets.Address, store: Store) -> None:
    async with await capture(server) as client:
        person = await known(client)
        await client.say("click:event", op="0", data="0")
        await store.begun()
        await client.say("click:event", op="1", data="1")
        await client.say("recording:consent", op="2", version="1", declined=True)
        assert await acks(client, "1") == [False]
        store.go_on.set()
        assert await acks(client, "0", "2") == [True, True]
    kept = await threads.in_db(lambda: list(Recording.objects.kept().filter(participant=person)))
    assert kept == []


async def test_all_that_waits_goes_on_in_one_other_recording(server: sockets.Address, store: Store) -> None:
    """The visit was ended elsewhere meanwhile."""
    async with await capture(server) as client:
        person = await known(client)
        recording = await the_recording(person)
        for number in range(3):
            await client.say("recording:events", op=str(number), **batch(number, ("n", number)))
        await store.begun()
        await threads.in_db(lambda: Recording.objects.filter(pk=recording.pk).update(status=Status.FINISHED))
        store.go_on.set()
        assert all(await acks(client, "0", "1", "2"))
    _, second = await threads.in_db(recordings_of, person)
    assert sorted(event["data"] for event in await threads.in_db(visits.events, second)) == [0, 1, 2]


async def test_a_conflict_is_told_though_the_client_was_read_on(server: sockets.Address, store: Store) -> None:
    store.go_on.set()
    async with await capture(server) as client:
        await known(client)
        await client.say("recording:events", op="0", **batch(5, ("n", 0)))
        await client.say("recording:events", op="1", **batch(5, ("n", 1)))
        await client.say("recording:events", op="2", **batch(5, ("n", 0)))
        assert await acks(client, "0", "1", "2") == [True, False, True]
        assert [frame["code"] for frame in client.passed if frame["type"] == "error"] == ["conflict"]
