"""What the server stands on: the database, Redis, storage, the relay of calls and the mail server."""

import secrets
import shutil
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage, Storage, storages
from django.core.mail import get_connection
from django.db import connection
from redis import Redis
from redis.exceptions import AuthenticationError, RedisError

from config.doctor import Finding, cause, missing, note, ok, slow, unsafe

OLDEST_POSTGRESQL = 150_000  # server_version_num of the oldest release that is tried
ROUND_TRIP = 0.005  # seconds; every message needs several, so with more of them everything is slow
TRIES = 5
PATIENCE = 4  # seconds that a service may take to answer
CLOCK_SECONDS = 2.0  # by which clocks may differ


def timed(ask: Callable[[], object]) -> float:
    """The median seconds of a few questions."""
    took = []
    for _ in range(TRIES):
        begin = time.perf_counter()
        ask()
        took.append(time.perf_counter() - begin)
    return statistics.median(took)


def answered(what: str, seconds: float) -> Finding:
    says = f"{what} answers in {seconds * 1000:.1f} ms"
    return (
        slow(f"{says}: every message asks it several times, so move it nearer.") if seconds > ROUND_TRIP else ok(says)
    )


def clock(what: str, theirs: float) -> Iterator[Finding]:
    if (apart := abs(theirs - time.time())) > CLOCK_SECONDS:
        yield unsafe(f"The clocks of this machine and of {what} are {apart:.0f} s apart: set both by NTP.")


def database() -> Iterator[Finding]:
    if connection.vendor == "sqlite":
        yield note("This is SQLite, which suits one process")
        if not settings.DEBUG:
            yield missing("Set DATABASE_URL to a PostgreSQL.")
        return
    given: dict[str, Any] = {**connection.get_connection_params(), "connect_timeout": PATIENCE}
    for ours in ("cursor_factory", "context", "prepare_threshold"):  # Django's, of no use here
        given.pop(ours, None)
    try:
        with psycopg.connect(**given, autocommit=True) as asked:
            yield from postgresql(asked)
    except psycopg.OperationalError as error:
        yield missing(f"PostgreSQL does not let us in; look at DATABASE_URL. {cause(error)}.")


def postgresql(asked: psycopg.Connection[Any]) -> Iterator[Finding]:
    def value(sql: str) -> Any:
        row = asked.execute(sql).fetchone()
        return row and row[0]

    version = asked.info.server_version
    yield answered(f"PostgreSQL {version // 10_000}", timed(lambda: value("SELECT 1")))
    if version < OLDEST_POSTGRESQL:
        yield missing(f"It is PostgreSQL {version // 10_000}: the oldest that is supported is 15.")
    for setting in ("fsync", "full_page_writes", "synchronous_commit"):
        if value(f"SHOW {setting}") == "off":
            yield unsafe(f"PostgreSQL's {setting} is off: what was acknowledged can be lost when its machine fails.")
    most, pool = int(value("SHOW max_connections")), settings.DATABASES["default"]["OPTIONS"]["pool"]["max_size"]
    used = int(value("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'"))
    yield note(f"{used} of its {most} connections are in use; each process of ours takes up to {pool} (DATABASE_POOL).")
    if pool > most - 3:
        yield missing(f"DATABASE_POOL is {pool} and PostgreSQL takes {most} connections: lower it, or raise theirs.")
    yield from clock("PostgreSQL", float(value("SELECT extract(epoch FROM clock_timestamp())")))


def redis() -> Iterator[Finding]:
    if not settings.REDIS_URL:
        yield note("There is none, which suits one process: set REDIS_URL before you start a second one.")
    for number, url in enumerate(settings.REDIS_URL.split(",") if settings.REDIS_URL else [], start=1):
        yield from one_redis(f"Redis {number}", url)


def one_redis(name: str, url: str) -> Iterator[Finding]:
    asked = Redis.from_url(url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=None)
    try:
        yield answered(name, timed(asked.ping))
        seconds, microseconds = asked.time()
        yield from clock(name, seconds + microseconds / 1e6)
    except AuthenticationError as error:
        yield missing(f"{name} refuses the password in REDIS_URL. {cause(error)}.")
    except (RedisError, OSError) as error:
        yield missing(f"{name} cannot be reached; look at REDIS_URL. {cause(error)}.")
    finally:
        asked.close()


def storage() -> Iterator[Finding]:
    for name, contents in (("recordings", "recordings"), ("support", "files that are sent to support")):
        try:
            yield from kept(storages[name], contents)
        except Exception as error:  # Each backend has errors of its own.
            is_folder = isinstance(storages[name], FileSystemStorage)
            where = "the folder and its owner" if is_folder else "S3_BUCKET and its keys"
            yield missing(f"The storage of {contents} does not keep a file; look at {where}. {cause(error)}.")


def kept(files: Storage, contents: str) -> Iterator[Finding]:
    """Writes a small file, reads it and deletes it."""
    written = secrets.token_bytes(16)
    begin = time.perf_counter()
    name = files.save(f"doctor-{secrets.token_hex(8)}", ContentFile(written))
    try:
        with files.open(name) as file:
            is_same = file.read() == written
    finally:
        files.delete(name)
    took = time.perf_counter() - begin
    if is_same:
        yield ok(f"The storage of {contents} keeps, gives back and deletes a file in {took * 1000:.0f} ms")
    else:
        yield missing(f"The storage of {contents} gives back other bytes than were written.")
    if isinstance(files, FileSystemStorage):
        yield from space(Path(files.location), contents)


def space(folder: Path, contents: str) -> Iterator[Finding]:
    free = shutil.disk_usage(folder).free
    if free < settings.RECORDINGS_MIN_FREE_BYTES:
        yield missing(
            f"Only {free // 1024**2:,} MB are free for {contents}, so nothing is recorded (RECORDINGS_MIN_FREE_BYTES)."
        )


def mail() -> Iterator[Finding]:
    if not settings.EMAIL_BACKEND.endswith(".smtp.EmailBackend"):
        say = note if settings.DEBUG else missing
        yield say("No mail goes out: set EMAIL_URL, by which customers hear of replies that they have not read.")
        return
    server = f"{settings.EMAIL_HOST}:{settings.EMAIL_PORT}"
    asked = get_connection(timeout=PATIENCE)
    try:
        asked.open()
        asked.close()
    except OSError as error:  # smtplib's errors are such
        yield missing(f"The mail server {server} does not let us in; look at EMAIL_URL. {cause(error)}.")
        return
    yield ok(f"The mail server {server} lets us in")
    if settings.EMAIL_HOST_PASSWORD and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield unsafe("The password of the mail server goes to it unencrypted: begin EMAIL_URL with smtp+tls://.")
