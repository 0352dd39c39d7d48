"""Holding up whoever enters a room, for what may happen meanwhile."""

import asyncio
from typing import Any

import pytest

from realtime.presence import tracker


def hold(monkeypatch: pytest.MonkeyPatch) -> tuple[asyncio.Event, asyncio.Event]:
    """From now on whoever enters sets the first event, and waits for the second."""
    asked, go_on = asyncio.Event(), asyncio.Event()
    enter = tracker.Presences.enter

    async def slowly(self: tracker.Presences, *arguments: Any) -> Any:
        asked.set()
        await go_on.wait()
        return await enter(self, *arguments)

    monkeypatch.setattr(tracker.Presences, "enter", slowly)
    return asked, go_on
