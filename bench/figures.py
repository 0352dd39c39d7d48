"""A show with 100,000 views is over: how long counting it takes, in how much memory, and reading what was counted."""

import os
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable

from bench import servers
from tools import backends

VIEWS = 100_000
PEOPLE = 20_000  # with an account, each of whom comes about twice; the others are guests
CLICKS = 20_000
LINES = 10_000
READS = 20
GOAL_COUNT = 5.0  # seconds
GOAL_READ = 0.2

COME = """
INSERT INTO analytics_streamview (stream_id, user_id, viewer, connection, role, joined_at, left_at, watch_duration)
SELECT %(show)s, who, coalesce('user:' || who, 'visitor:' || n), n, 'subscriber', came,
       came + stayed * interval '1 second', stayed
FROM (
    SELECT n, CASE WHEN n %% 2 = 0 THEN (SELECT max(id) FROM accounts_user) - n %% %(people)s END AS who,
           now() - (n %% 7200) * interval '1 second' AS came, (n * 37) %% 2400 AS stayed
    FROM generate_series(1, %(views)s) n
) drawn
"""
LOOK = """
INSERT INTO analytics_productclick (stream_id, product_id, user_id, viewer, at)
SELECT %(show)s, (SELECT product_id FROM streams_listing WHERE stream_id = %(show)s ORDER BY id OFFSET n %% 5 LIMIT 1),
       NULL, 'visitor:' || n, now() - (n %% 7200) * interval '1 second'
FROM generate_series(1, %(clicks)s) n
"""
SAY = """
INSERT INTO streams_chatmessage
    (id, stream_id, author, address, name, badge, text, by_staff, extra, seq, lobby_seq, deleted, shadowed, created_at)
SELECT gen_random_uuid(), %(show)s, 'visitor:' || n %% 500, '', 'Guest', '', 'Does it come in blue?', false, '{}', n, 0,
       false, false, now() - (n %% 7200) * interval '1 second'
FROM generate_series(1, %(lines)s) n
"""

PATHS = (
    *("analytics", "analytics/dashboard", "analytics/audience", "analytics/minutes", "analytics/funnel"),
    *("analytics/people", "conversion-stats"),
)


def took(act: Callable[[], object]) -> float:
    begin = time.perf_counter()
    act()
    return time.perf_counter() - begin


def fill(show: str) -> None:
    from django.db import connection

    from accounts.models import User

    User.objects.bulk_create(User(username=f"fan{n}", email=f"fan{n}@example.org") for n in range(PEOPLE))
    counts = {"show": show, "people": PEOPLE, "views": VIEWS, "clicks": CLICKS, "lines": LINES}
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for statement in (COME, LOOK, SAY, "UPDATE streams_stream SET started_at = now() - interval '2 hours'"):
            cursor.execute(statement, counts if "%" in statement else None)
        cursor.execute("VACUUM ANALYZE")


def table() -> str:
    """In a process with Django on a database of its own."""
    from bench import seed  # sets Django up

    seed.call_command("migrate", verbosity=0)
    [show] = seed.shows(1)

    from analytics import rollups
    from streams.models import Stream
    from tests import factories

    fill(show)
    stream = Stream.objects.get(pk=show)
    client = factories.client(stream.creator)
    client.defaults["SERVER_NAME"] = "127.0.0.1"
    live = [took(lambda: client.get(f"/api/sessions/{show}/analytics/dashboard")) for _ in range(2)]
    stream.end()
    counting = took(lambda: rollups.roll_up(stream))
    parts = ", ".join(
        f"{name} {took(lambda section=section: section.count(stream)):.2f}"
        for name, section in rollups.SECTIONS.items()
    )
    tracemalloc.start()
    rollups.roll_up(stream)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    lines = [
        f"A show with {VIEWS:,} views, {CLICKS:,} looks and {LINES:,} lines. Of counting it, in seconds: {parts}.",
        "",
        "| what | seconds | longest | goal |",
        "| --- | --- | --- | --- |",
        f"| counting it, in {peak // 1024:,} KB | {counting:.2f} | | {GOAL_COUNT} {verdict(counting, GOAL_COUNT)} |",
    ]
    lines.append(f"| its dashboard while it is on, counted and some seconds after | {live[0]:.3f}, {live[1]:.3f} | | |")
    for path in PATHS:
        address = f"/api/sessions/{show}/{path}"
        assert client.get(address).status_code == 200
        times = [took(lambda address=address: client.get(address)) for _ in range(READS)]
        middle, longest = statistics.median(times), max(times)
        lines.append(f"| reading {path} | {middle:.3f} | {longest:.3f} | {GOAL_READ} {verdict(middle, GOAL_READ)} |")
    return "\n".join(lines)


def verdict(seconds: float, goal: float) -> str:
    return "kept" if seconds <= goal else "**missed**"


def main() -> None:
    if "--here" in sys.argv:
        print(table())
        return
    command = [sys.executable, "-m", "bench.figures", "--here"]
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    if len(given) == 2:
        subprocess.run(command, env=servers.environment(given), check=True)
        return
    with backends.services(durable=True) as urls:
        subprocess.run(command, cwd=servers.ROOT, env=servers.environment(urls), check=True)


if __name__ == "__main__":
    main()
