"""What every test relies on: a database and Redis names of its own, verbs that roll back, sockets that commit."""

import functools
import os
import re
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import hypothesis
import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection, connections
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from realtime import limits
from rest import throttling
from tools import backends

Commits = Callable[[], AbstractContextManager[list[Callable[[], Any]]]]

COMMITTING = pytest.StashKey[bool]()  # set once this process has run a test that commits

GROUP = r"@[\w./-]+-(rolls-back|commits)$"  # as it stands behind a test's name
KERNEL = Path(__file__).parent / "realtime"
ADAPTERS = KERNEL / "adapters"
ATTACKS = Path(__file__).parent / "attack"

CHROMIUM = next(filter(None, map(shutil.which, ("chromium-headless-shell", "chromium", "chromium-browser"))), None)

hypothesis.settings.register_profile("suite", deadline=None)  # two busy workers make any deadline a matter of luck
hypothesis.settings.load_profile("suite")


def set_apart() -> None:
    """Before the first use of settings: names in Redis that no other worker has, and passwords that cost little.

    Not in pytest_configure: conftests of folders that were named on the command line are loaded before it, and with the
    application they import they have the first cache made.
    """
    if "PYTEST_XDIST_WORKER" in os.environ:  # a killed suite's workers would work on for a quarter of a minute
        backends.die_with_parent(signal.SIGTERM)
    settings.REDIS_PREFIX = os.environ["REDIS_PREFIX"] = f"test-{os.getpid()}"
    if settings.REDIS_URL:
        channel_layer: dict[str, Any] = settings.CHANNEL_LAYERS["default"]
        channel_layer["CONFIG"]["prefix"] = settings.REDIS_PREFIX
    # All clients of a test have one address, and many have one account.
    for most in ("MAX_CONNECTIONS_PER_IP", "MAX_CONNECTIONS_PER_USER"):
        os.environ[most] = "0"
        setattr(settings, most, 0)
    settings.RUN_JOBS = False  # by a server of this process, in the background of tests
    # Emptying a cache in Redis empties the whole of Redis, under the feet of the other workers.
    settings.CACHES["default"] = {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    # The algorithm stays, so servers that a journey starts can check what a test has stored.
    Argon2PasswordHasher.time_cost = Argon2PasswordHasher.parallelism = 1
    Argon2PasswordHasher.memory_cost = 8


set_apart()


def _may_differ_on_plain_roads(item: pytest.Item) -> bool:
    """Whether a test runs again on the adapters' plain roads.

    Those of the kernel do that are marked `everywhere`, an adapter's own, and those that speak to a server in this
    process.
    Attacks do not: on the plain roads the libraries' own faults would be found.
    """
    if item.get_closest_marker("browser") or ATTACKS in item.path.parents:
        return False
    is_marked = KERNEL in item.path.parents and item.get_closest_marker("everywhere") is not None
    is_of_adapter = ADAPTERS in item.path.parents
    is_served = bool({"server", "door"} & set(getattr(item, "fixturenames", ())))
    return is_marked or is_of_adapter or is_served


def _rolls_back(item: Any) -> bool:
    return "db" in item.fixturenames or item.get_closest_marker("django_db") is not None


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Refuses tests that would flush the tables, and skips what this machine has no browser for.

    One worker takes all tests of a file that roll back, and one takes all that commit, so that a file's servers are
    started once. Those that commit come after everything that rolls back.
    """
    if settings.PLAIN_ADAPTERS:
        items[:] = [item for item in items if _may_differ_on_plain_roads(item)]
    for item in items:
        file = item.path.relative_to(Path(__file__).parent)
        item.add_marker(pytest.mark.xdist_group(f"{file}-{'rolls-back' if _rolls_back(item) else 'commits'}"))
        marker = item.get_closest_marker("django_db")
        flushes = marker and (marker.kwargs.get("transaction") or marker.kwargs.get("reset_sequences"))
        if flushes or {"transactional_db", "live_server"} & set(getattr(item, "fixturenames", ())):
            raise pytest.UsageError(f"{item.nodeid} would flush what socket tests rely on: use `live_db` instead.")
        if CHROMIUM is None and item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.skip(reason="needs Chromium: apt-get install chromium-headless-shell"))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """What has failed is remembered by its name alone, without the group that xdist writes behind it."""
    cache: pytest.Cache | None = getattr(session.config, "cache", None)  # there is none with -p no:cacheprovider
    if cache is not None and not hasattr(session.config, "workerinput"):
        failed = cache.get("cache/lastfailed", {})
        cache.set("cache/lastfailed", {re.sub(GROUP, "", name): True for name in failed})


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of the browser, for Playwright's `executable_path`."""
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium-headless-shell")
    return CHROMIUM


# --- the database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file: its usual in-memory test database locks whole tables and cannot be shared with a server."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "vitrine.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_modify_db_settings: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """Always makes the test database: pytest-django's own leaves it out where only `live_db` tests were selected."""
    with django_db_blocker.unblock():
        created = setup_databases(verbosity=0, interactive=False, serialized_aliases=[])
    yield
    with django_db_blocker.unblock():
        if connection.vendor == "postgresql":
            end_other_sessions()
        teardown_databases(created, verbosity=0)


def end_other_sessions() -> None:
    """Threads that still hold a connection would keep PostgreSQL from dropping the database."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


@pytest.fixture
def commits(django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[Any]]) -> Commits:
    """`with commits(): ...` runs, on leaving, what the block wanted to run after its commit."""
    return functools.partial(django_capture_on_commit_callbacks, execute=True)


@pytest.fixture(scope="session")
def live_db(
    request: pytest.FixtureRequest, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """For socket tests: whatever any thread or coroutine writes is committed and stays until the worker ends."""
    request.config.stash[COMMITTING] = True
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="session")
def database_url(live_db: None) -> str:
    """The URL of this worker's test database, for a server in another process."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return f"sqlite:///{Path(name)}"
    return urlsplit(os.environ["DATABASE_URL"])._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def servers_url(database_url: str) -> str:
    """The same for tests of the product as it is run."""
    if not settings.REDIS_URL or database_url.startswith("sqlite"):
        pytest.skip("servers as they are run need PostgreSQL and Redis")
    return database_url


# --- limits


@contextmanager
def one_moment() -> Iterator[None]:
    """The clock of limits stands still: a slow machine would earn tokens while it is about to use them up."""
    now = time.monotonic()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: now))
        patch.setattr(throttling, "time", SimpleNamespace(time=lambda: 1_000_000_000.0))  # REST's
        yield


@pytest.fixture
def at_once() -> Iterator[None]:
    """For limits, all of the test is one moment."""
    with one_moment():
        yield


# --- rolled-back tests leave nothing behind


@pytest.fixture(scope="session")
def committed_rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Callable[[], dict[str, int]]]:
    """The number of rows in every table, as a connection outside the test's transaction sees it."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)

    def count() -> dict[str, int]:
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(query)
            return dict(cursor.fetchall())

    with ThreadPoolExecutor(max_workers=1) as another_thread:
        yield lambda: another_thread.submit(count).result()
        another_thread.submit(connections.close_all).result()


@contextmanager
def nothing_committed(committed_rows: Callable[[], dict[str, int]]) -> Iterator[None]:
    """Fails where any table has more or fewer rows after the block than before it."""
    before = committed_rows()
    yield
    changed = {table for table, count in committed_rows().items() if count != before[table]}
    assert not changed, f"rows were committed in a test that is rolled back: {sorted(changed)}"


@pytest.fixture(autouse=True)
def nothing_leaks(request: pytest.FixtureRequest) -> Iterator[None]:
    """A verb test that commits after all, by way of another thread, fails here and not in a later test.

    Committing tests run last; what their sockets and servers write in the background would be blamed on others.
    """
    if not _rolls_back(request.node) or request.config.stash.get(COMMITTING, False):
        yield
        return
    with nothing_committed(request.getfixturevalue("committed_rows")):
        yield
