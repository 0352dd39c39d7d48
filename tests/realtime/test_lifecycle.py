"""Services of an event loop are made once, and stopped together in the order that they need."""

import asyncio

import pytest

from realtime import lifecycle
from realtime.lifecycle import Stage
from realtime.runtime import background


@pytest.fixture(autouse=True)
def own_declarations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that the application has declared is stopped here."""
    monkeypatch.setattr(lifecycle, "_declared", [])


def test_each_event_loop_has_its_own() -> None:
    own = lifecycle.per_loop(object)

    async def ask() -> tuple[object, object]:
        return own(), own()

    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert first[0] is first[1]
    assert second[0] is second[1]
    assert first[0] is not second[0]


async def test_what_was_used_is_stopped_in_order_and_what_was_not_is_left_alone() -> None:
    stopped: list[str] = []

    async def stop(name: str) -> None:
        stopped.append(name)

    delivery = lifecycle.per_loop(lambda: "delivery", Stage.DELIVERY, stop)
    connections = lifecycle.per_loop(lambda: "connections", Stage.CONNECTIONS, stop)
    lifecycle.per_loop(lambda: "never used", Stage.WRITER, stop)
    presence = lifecycle.per_loop(lambda: "presence", Stage.PRESENCE, stop)
    other = lifecycle.per_loop(lambda: "other")
    assert [own() for own in (presence, delivery, connections, other)] == [
        "presence",
        "delivery",
        "connections",
        "other",
    ]
    await lifecycle.stop_all()
    assert stopped == ["connections", "presence", "delivery"]


async def test_one_that_fails_or_hangs_does_not_keep_the_others_from_stopping(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(lifecycle, "STOP_TIMEOUT", 0.01)
    stopped: list[str] = []

    async def fail(_: str) -> None:
        raise ZeroDivisionError

    async def hang(_: str) -> None:
        await asyncio.Event().wait()

    async def stop(name: str) -> None:
        stopped.append(name)

    lifecycle.per_loop(lambda: "one", Stage.CONNECTIONS, fail)()
    lifecycle.per_loop(lambda: "two", Stage.WRITER, hang)()
    lifecycle.per_loop(lambda: "three", Stage.DELIVERY, stop)()
    await lifecycle.stop_all()
    assert stopped == ["three"]
    assert len(caplog.records) == 2


async def test_a_background_task_is_kept_to_its_end() -> None:
    done, tasks = asyncio.Event(), set[asyncio.Task[None]]()

    async def work() -> None:
        await done.wait()

    background.spawn(work(), tasks)
    [task] = tasks
    done.set()
    await task
    assert not tasks
