"""A connection on which nothing happens for a while stays what it was."""

import pytest
from django.conf import settings

from realtime.delivery import hubs
from tests import sockets

IDLE = 6.5  # seconds; a Redis client's own time-out of five once ended the subscriptions of rooms that were silent


@pytest.mark.skipif(not settings.REDIS_URL, reason="needs Redis")
async def test_a_room_that_was_silent_for_long_is_still_told(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def compare_nothing(_: hubs.Hubs) -> None:
        """What is told is told by the bell itself."""

    monkeypatch.setattr(hubs.Hubs, "check", compare_nothing)
    async with await sockets.connect(server) as client, await sockets.Events().connect(server) as events:
        await client.ask("join-session", sessionId=show.id)
        await events.ask("join-session", show.id)
        await events.settle()
        await client.settle()
        with pytest.raises(TimeoutError):
            await client.expect("new-message", patience=IDLE)
        await client.say("send-message", sessionId=show.id, message="still here")
        assert (await client.expect("new-message"))["message"] == "still here"
        assert (await events.expect("new-message"))["message"] == "still here"
