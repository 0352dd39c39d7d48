"""Two processes behind a PgBouncer that pools transactions, with fewer connections than they ask for together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connection
from psycopg import rows

from tests.journeys import server, show, visitors
from tools import backends

PGBOUNCER = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
    pytest.mark.skipif(PGBOUNCER is None, reason="needs PgBouncer: apt-get install pgbouncer"),
]

SERVER_CONNECTIONS = 4  # for two processes with up to sixteen each
PROCESS_CONNECTIONS = 16

# docs/scaling.md has the two lines that matter.
CONF = """\
[databases]
* = {target}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = {port}
unix_socket_dir =
auth_type = any
pool_mode = transaction
ignore_startup_parameters = options
default_pool_size = {size}
max_client_conn = 200
"""


@pytest.fixture
def pooled(database_url: str) -> Iterator[tuple[str, str]]:
    """The URL of the database through PgBouncer, and where PgBouncer itself is asked."""
    given = psycopg.conninfo.conninfo_to_dict(database_url)
    target = " ".join(f"{key}={given[key]}" for key in ("host", "port", "user", "password") if given.get(key))
    reserved, port = server.reserved_port()
    with backends.home() as home:
        conf = home.folder / "pgbouncer.ini"
        conf.write_text(CONF.format(target=target, port=port, size=SERVER_CONNECTIONS))
        home.own()
        console = f"postgresql://pgbouncer@127.0.0.1:{port}/pgbouncer"
        reserved.close()
        command: list[str | Path] = [str(PGBOUNCER), conf]
        url = f"postgresql://vitrine@127.0.0.1:{port}/{given['dbname']}?DISABLE_SERVER_SIDE_CURSORS=True"
        with backends.running(command, home, ping=lambda: psycopg.connect(url.partition("?")[0]).close()):
            yield url, console


async def test_a_show_goes_on_over_fewer_connections_than_processes_have(
    pooled: tuple[str, str], tmp_path: Path
) -> None:
    url, console = pooled
    database = connection.settings_dict["NAME"]
    few = {"DATABASE_POOL": str(PROCESS_CONNECTIONS)}
    with (
        server.running("uvicorn", url, tmp_path, **few) as one,
        server.running("uvicorn", url, tmp_path, **few) as other,
    ):
        for kind in (visitors.Plain, visitors.OverPolling):
            await show.play(kind, one.address, other.address)
        with psycopg.connect(console, autocommit=True, row_factory=rows.dict_row) as asked:
            pools = [pool for pool in asked.execute("SHOW POOLS") if pool["database"] == database]
            stats = next(each for each in asked.execute("SHOW STATS") if each["database"] == database)
    clients = sum(pool["cl_active"] + pool["cl_waiting"] for pool in pools)
    servers = sum(pool[state] for pool in pools for state in ("sv_active", "sv_idle", "sv_used", "sv_tested"))
    assert 0 < servers <= SERVER_CONNECTIONS < clients
    assert stats["total_xact_count"] > 100
