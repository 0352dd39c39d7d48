"""What `tests/conftest.py` promises: tests that roll back and tests that commit share a process in peace."""

import asyncio
import os
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from channels.layers import get_channel_layer
from django.conf import settings
from django.contrib.auth.hashers import check_password, identify_hasher, make_password
from django.contrib.sessions.models import Session
from django.core.cache import caches
from django.core.cache.backends.locmem import LocMemCache
from django.db import connection, transaction
from django.utils import timezone

from tests import conftest

T = TypeVar("T")

pytestmark = pytest.mark.everywhere


def in_another_thread(work: Callable[[], T]) -> T:
    """What work returns in a thread with a connection of its own, which the thread gives back."""

    def work_and_close() -> T:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(max_workers=1) as thread:
        return thread.submit(work_and_close).result()


def create_row() -> str:
    """A row that belongs to no other test."""
    return Session.objects.create(session_key=secrets.token_hex(16), expire_date=timezone.now()).session_key


def exists(key: str) -> bool:
    return Session.objects.filter(session_key=key).exists()


def test_a_block_of_commits_runs_what_waits_for_the_commit(db: None, commits: conftest.Commits) -> None:
    rung: list[str] = []
    with commits():
        transaction.on_commit(lambda: rung.append("doorbell"))
        assert rung == []
    assert rung == ["doorbell"]


def test_rows_of_a_rolled_back_test_are_seen_by_nobody_else(db: None) -> None:
    key = create_row()
    assert exists(key)
    assert not in_another_thread(lambda: exists(key))


def test_rows_of_a_live_test_are_seen_by_every_thread(live_db: None) -> None:
    key = in_another_thread(create_row)
    assert exists(key)


async def test_coroutines_reach_the_live_database_through_threads(live_db: None) -> None:
    key = await asyncio.to_thread(in_another_thread, create_row)
    assert await asyncio.to_thread(in_another_thread, lambda: exists(key))


def test_a_rolled_back_test_still_works_after_a_live_one(live_db: None, request: pytest.FixtureRequest) -> None:
    request.getfixturevalue("db")
    key = create_row()
    assert not in_another_thread(lambda: exists(key))


def test_a_row_that_a_rolled_back_test_commits_is_found(
    live_db: None, committed_rows: Callable[[], dict[str, int]]
) -> None:
    with pytest.raises(AssertionError, match="django_session"), conftest.nothing_committed(committed_rows):
        in_another_thread(create_row)


def test_passwords_are_cheap_and_still_of_the_products_algorithm() -> None:
    encoded = make_password("swordfish")
    assert identify_hasher(encoded).algorithm == "argon2"
    assert "m=8,t=1,p=1" in encoded
    assert check_password("swordfish", encoded)


def test_what_this_process_counts_is_emptied_by_no_other() -> None:
    assert isinstance(caches["default"], LocMemCache)


async def test_redis_names_belong_to_this_process_alone() -> None:
    assert settings.REDIS_PREFIX.endswith(f"-{os.getpid()}")
    if settings.REDIS_URL:
        assert get_channel_layer().prefix == settings.REDIS_PREFIX
