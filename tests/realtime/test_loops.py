"""What belongs to an event loop ends with it, and a task that nobody waits for runs to its end."""

import asyncio

from realtime.runtime import loops


def test_each_loop_has_one_of_its_own() -> None:
    own = loops.one_each(object)

    async def ask_twice() -> tuple[object, object]:
        return own(), own()

    def in_a_new_loop() -> tuple[object, object]:
        loop = asyncio.new_event_loop()
        try:
            return loop.run_until_complete(ask_twice())
        finally:
            loop.close()

    (first, again), (other, _) = in_a_new_loop(), in_a_new_loop()
    assert first is again
    assert first is not other


async def test_a_task_is_kept_to_its_end() -> None:
    kept: set[asyncio.Task[None]] = set()
    may_end = asyncio.Event()

    async def wait() -> None:
        await may_end.wait()

    loops.run(wait(), kept)
    [task] = kept
    may_end.set()
    await task
    await asyncio.sleep(0)  # the loop tells of the end behind whoever waited for it
    assert not kept
