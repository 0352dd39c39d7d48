"""Tests that hold on both event loops: asyncio's and uvloop."""

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import uvloop

Loop = Callable[[], asyncio.AbstractEventLoop]

on_both_loops = pytest.mark.parametrize("loop", [asyncio.new_event_loop, uvloop.new_event_loop])


def run(loop: Loop, test: Coroutine[Any, Any, None]) -> None:
    """Runs `test` on a loop of its own."""
    with ThreadPoolExecutor(1) as thread, asyncio.Runner(loop_factory=loop) as runner:
        thread.submit(runner.run, test).result()
