"""A thousand clients that come back at once cost the database what one of them would."""

import asyncio
import re
import secrets
import threading
import time
from collections import Counter
from typing import Any

import pytest
from django.db.backends.utils import CursorWrapper

from accounts import identity as identities
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.realtime import resuming

pytestmark = pytest.mark.usefixtures("live_db")

CLIENTS = 1000
MISSED = 400  # more than a room says in a minute, less than what is recovered
AT_ONCE = 100  # handshakes under way
LATELY = 20  # of them, which is all that most clients have missed

LOG = "realtime_roomevent"
PER_BATCH = {"realtime_presence", "analytics_streamview"}  # whoever comes is written down, together with others


class Statements:
    """What every thread of this process sends to the database; of the log, what concerns one room."""

    def __init__(self, room: str) -> None:
        self.room = room
        self.reads: Counter[str] = Counter()  # by the table they begin at
        self.lock = threading.Lock()
        self.began = time.monotonic()

    def note(self, sql: str, params: Any) -> None:
        if sql.startswith("SELECT") and (table := re.search(r'FROM "(\w+)"', sql)):
            if table[1] == LOG and self.room not in params:
                return  # a room of an earlier test heals
            with self.lock:
                self.reads[table[1]] += 1


@pytest.fixture
def statements(show: sockets.Show, monkeypatch: pytest.MonkeyPatch) -> Statements:
    statements = Statements(show.key)
    execute = CursorWrapper.execute

    def noted(self: Any, sql: Any, params: Any = None) -> Any:
        statements.note(str(sql), params)
        return execute(self, sql, params)

    monkeypatch.setattr(CursorWrapper, "execute", noted)
    return statements


@pytest.fixture
async def stopped_at(server: sockets.Address, show: sockets.Show, settings: Any) -> sockets.Frame:
    """Where all the clients had stopped; what they missed has been said, and the process has just started."""
    settings.LIMITS = {}
    async with await sockets.connect(server, "/ws/streams/") as client:
        ack = await client.ask("join-session", sessionId=show.id)

    def talk() -> None:
        author = identities.Identity(user=None, visitor=secrets.token_hex(16))
        for n in range(MISSED):
            ChatMessage.objects.post(show.stream.pk, author, str(n))

    await threads.in_db(talk)
    await resuming.forget_hub(show)
    return ack


async def storm(server: sockets.Address, *asked: dict[str, Any]) -> list[list[sockets.Frame]]:
    """CLIENTS come back, each asking as one of `asked`; returns what each is told."""
    turnstile = asyncio.Semaphore(AT_ONCE)
    everyone: list[sockets.Client] = []

    async def come(n: int) -> list[sockets.Frame]:
        async with turnstile:
            client = await sockets.connect(server, "/ws/streams/", open_timeout=60)
            everyone.append(client)
            await client.say("hello", recover=True)
            await client.say("resume", **asked[n % len(asked)])
            await client.expect("resumed", patience=60)
            return client.passed

    try:
        return await asyncio.gather(*(come(n) for n in range(CLIENTS)))
    finally:
        await asyncio.gather(*(client.connection.close() for client in everyone))


def too_often(statements: Statements) -> dict[str, int]:
    """The tables that were read more than a few times a second; most answers are shared for one."""
    most = 4 * (time.monotonic() - statements.began + 1)
    assert most < CLIENTS / 4
    return {table: n for table, n in statements.reads.items() if n > most and table not in PER_BATCH}


async def test_all_hear_what_they_missed_and_the_log_is_read_once(
    server: sockets.Address, show: sockets.Show, stopped_at: sockets.Frame, statements: Statements
) -> None:
    last = stopped_at["seq"] + MISSED
    afters = [stopped_at["seq"], *range(last - LATELY, last)]
    told = await storm(server, *({"room": show.key, "epoch": stopped_at["epoch"], "after": after} for after in afters))
    for n, frames in enumerate(told):
        seqs = [frame["seq"] for frame in frames if frame["type"] == "new-message"]
        assert seqs == list(range(afters[n % len(afters)] + 1, last + 1))
    assert statements.reads[LOG] == 1
    assert not too_often(statements)


async def test_all_who_missed_too_much_share_a_snapshot(
    server: sockets.Address, show: sockets.Show, stopped_at: sockets.Frame, statements: Statements
) -> None:
    told = await storm(server, {"room": show.key, "epoch": "another", "after": 0})
    for frames in told:
        [state] = [frame["state"] for frame in frames if frame["type"] == "snapshot"]
        assert [line["message"] for line in state["messages"]] == [str(n) for n in range(MISSED - 50, MISSED)]
    assert statements.reads[LOG] == 0
    assert not too_often(statements)
