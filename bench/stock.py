"""What a measured installation already holds: live shows, and as many rows in the log as are asked for."""

import json
import shutil
import subprocess
import sys
from typing import Any

import psycopg

from bench import servers

ROOM = 10_000  # rows of one room
DEEP = 5_000  # an event in the middle of it
BYTES = 700  # of disk for a row, with its indexes and what the write-ahead log keeps of it
SPARE = 4 * 2**30
FILL_SECONDS = 240

LINE = 'SELECT body FROM realtime_roomevent WHERE body LIKE \'%%"fact":"chatted"%%\' LIMIT 1'
LAST_ROOM = "SELECT max(id) FROM realtime_room"
COUNT = "SELECT coalesce(sum(seq), 0) FROM realtime_room WHERE epoch = 'stock' OR key = %(own)s"
ADVANCE = "UPDATE realtime_room SET seq = seq + %(each)s WHERE key = %(own)s RETURNING seq - %(each)s"
OTHERS = """
INSERT INTO realtime_room (key, seq, epoch)
SELECT 'show:' || gen_random_uuid(), %(each)s, 'stock' FROM generate_series(1, %(rooms)s)
"""
# Shows follow one another, and so do their events in the log.
EVENTS = """
INSERT INTO realtime_roomevent (room_id, seq, author, "to", but, body, redacted)
SELECT room.id, event.seq + %(after)s, 'visitor:' || event.seq %% 500, '', '', %(body)s, false
FROM (SELECT id FROM realtime_room WHERE {which} ORDER BY id) room
CROSS JOIN LATERAL generate_series(1, %(each)s) event (seq)
"""
OWN_EVENTS = EVENTS.format(which="key = %(own)s")
OTHER_EVENTS = EVENTS.format(which="epoch = 'stock' AND id > %(last)s")


def shows(urls: dict[str, str], count: int) -> list[str]:
    """Migrates the database and starts shows in it; returns their ids."""
    seed = [sys.executable, "-m", "bench.seed", str(count)]
    done = subprocess.run(seed, cwd=servers.ROOT, env=servers.environment(urls), stdout=subprocess.PIPE, check=True)
    ids: list[str] = json.loads(done.stdout)
    return ids


def fits(rows: int) -> bool:
    return shutil.disk_usage("/tmp").free > rows * BYTES + SPARE


def fill(url: str, own: str, rows: int) -> None:
    """Brings the log to `rows` events: ROOM of them in the room `own`, where something was said, the rest in others."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f"SET statement_timeout = '{FILL_SECONDS}s'")
        connection.execute("ALTER TABLE realtime_roomevent SET (autovacuum_enabled = false)")  # it would be measured
        values: dict[str, object] = {"own": own, "each": ROOM, "body": _value(connection, LINE)}
        if _value(connection, COUNT, values) < ROOM:
            values["after"] = _value(connection, ADVANCE, values)
            connection.execute(OWN_EVENTS, values)
        values["rooms"] = (rows - _value(connection, COUNT, values)) // ROOM
        if values["rooms"] > 0:
            values |= {"after": 0, "last": _value(connection, LAST_ROOM)}
            connection.execute(OTHERS, values)
            connection.execute(OTHER_EVENTS, values)
        connection.execute("ANALYZE realtime_roomevent")
        connection.execute("CHECKPOINT")


def _value(connection: "psycopg.Connection[tuple[object]]", query: str, values: dict[str, object] | None = None) -> Any:
    """The one value of a query."""
    row = connection.execute(query, values or {}).fetchone()
    if row is None:
        raise servers.Failed(f"no row for {query}")
    return row[0]
