"""Answers that come after a commit: the client is read on meanwhile, within bounds, and none is forgotten."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from realtime import errors, limits
from realtime.connections import unanswered
from realtime.endpoints import socketio
from tests import sockets
from tests.realtime import bulk_protocol
from tests.realtime.bulk_protocol import Waiting

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture(scope="module")
async def door(live_db: None) -> AsyncIterator[sockets.Address]:
    async with sockets.serving(socketio.endpoint(bulk_protocol.Endpoint, bulk_protocol.raw)) as address:
        yield address


@pytest.fixture(autouse=True)
def outcomes(settings: Any) -> "list[asyncio.Future[None]]":
    settings.LIMITS = {}
    limits.reset()
    Waiting.outcomes.clear()
    return Waiting.outcomes


async def come(outcomes: "list[asyncio.Future[None]]", count: int) -> None:
    """Waits until the server has handled so many."""
    async with asyncio.timeout(sockets.PATIENCE):
        while len(outcomes) < count:  # noqa: ASYNC110 - nothing tells of it
            await asyncio.sleep(0)


async def test_a_client_is_read_on_and_each_answer_comes_with_its_outcome(
    door: sockets.Address, outcomes: "list[asyncio.Future[None]]"
) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        for op in ("a", "b", "c"):
            await client.say("waiting", op=op)
        assert (await client.settle()) == []  # The pong comes past all of them.
        outcomes[1].set_result(None)
        assert await client.next() == {"type": "ack", "op": "b", "ok": True, "said": 2}
        outcomes[0].set_result(None)
        outcomes[2].set_result(None)
        assert [(await client.next())["op"] for _ in range(2)] == ["a", "c"]


async def test_a_refusal_comes_later_too(door: sockets.Address, outcomes: "list[asyncio.Future[None]]") -> None:
    async with await sockets.connect(door, greeted=False) as client:
        await client.say("waiting", op="a")
        await client.say("waiting")
        await come(outcomes, 2)
        for outcome in outcomes:
            outcome.set_exception(errors.RequestRefused("conflict", "No"))
        assert await client.expect("sorry") == {"type": "sorry", "code": "conflict"}
        ack = await client.expect("ack", op="a")
        assert (ack["ok"], ack["code"]) == (False, "conflict")
        assert [frame["type"] for frame in await client.settle()] == ["sorry"]


async def test_an_error_that_nobody_foresaw_is_logged_and_answered(
    door: sockets.Address, outcomes: "list[asyncio.Future[None]]", caplog: pytest.LogCaptureFixture
) -> None:
    async with await sockets.connect(door, greeted=False) as client:
        await client.say("waiting", op="a")
        await come(outcomes, 1)
        outcomes[0].set_exception(ZeroDivisionError())
        assert (await client.expect("ack", op="a"))["code"] == "server_error"
    assert [record for record in caplog.records if record.exc_info]


@pytest.mark.parametrize(("bound", "value", "waiting"), [("MAX_MESSAGES", 3, 3), ("MAX_BYTES", 2500, 3)])
async def test_beyond_its_bounds_a_client_is_not_read_on(
    door: sockets.Address,
    outcomes: "list[asyncio.Future[None]]",
    monkeypatch: pytest.MonkeyPatch,
    bound: str,
    value: int,
    waiting: int,
) -> None:
    monkeypatch.setattr(unanswered, bound, value)
    async with await sockets.connect(door, greeted=False) as client:
        for number in range(6):
            await client.say("waiting", op=str(number), padding="x" * 1000)
        async with await sockets.connect(door, greeted=False) as other:
            await come(outcomes, waiting)
            await other.settle()  # The server has had time for more.
        assert len(outcomes) == waiting
        outcomes[0].set_result(None)
        await client.expect("ack", op="0")
        await come(outcomes, waiting + 1)
        async with await sockets.connect(door, greeted=False) as other:
            await other.settle()
        assert len(outcomes) == waiting + 1
        for number in range(1, 6):
            await come(outcomes, number + 1)
            outcomes[number].set_result(None)
            await client.expect("ack", op=str(number))


async def test_an_outcome_after_the_end_of_its_client_harms_nothing(
    door: sockets.Address,
    outcomes: "list[asyncio.Future[None]]",
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(unanswered, "MAX_MESSAGES", 2)
    client = await sockets.connect(door, greeted=False)
    taken = await sockets.taken_up(client)
    for number in range(4):
        await client.say("waiting", op=str(number))
    await come(outcomes, 2)
    client.abandon()
    for number in range(2):
        outcomes[number].set_result(None)
    async with asyncio.timeout(sockets.PATIENCE):
        while not taken.has_ended:
            for outcome in outcomes[2:]:
                if not outcome.done():
                    outcome.set_exception(errors.RequestRefused("conflict", "No"))
            await asyncio.sleep(0)
    assert taken.unanswered is not None
    assert (taken.unanswered.messages, taken.unanswered.bytes) == (0, 0)
    assert not [record for record in caplog.records if record.exc_info]


async def test_on_socketio_only_who_asks_for_an_ack_waits(
    door: sockets.Address, outcomes: "list[asyncio.Future[None]]"
) -> None:
    async with await sockets.Events().connect(door, ["websocket"]) as client:
        for _ in range(3):
            await client.emit("waiting")
        await client.settle()
        assert len(outcomes) == 3
        outcomes[0].set_exception(errors.RequestRefused("conflict", "No"))
        assert await client.expect("sorry") == {"code": "conflict"}
        asked = asyncio.create_task(client.ask("waiting"))
        await come(outcomes, 4)
        outcomes[3].set_result(None)
        assert await asked == {"ok": True, "said": 4}
        for outcome in outcomes[1:3]:
            outcome.set_result(None)
