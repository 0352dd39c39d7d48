"""Garbage waits while SQLite is in a transaction."""

import gc

import pytest
from django.db import connection

from realtime import event_log
from realtime.storage import sqlite


def test_no_garbage_is_collected_until_the_last_one_is_out() -> None:
    uncollected = sqlite.Uncollected()
    with uncollected:
        with uncollected:
            assert not gc.isenabled()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_whoever_collects_none_anyway_goes_on_so() -> None:
    gc.disable()
    with sqlite.Uncollected():
        pass
    assert not gc.isenabled()
    gc.enable()


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
def test_a_verb_collects_no_garbage_on_sqlite_alone() -> None:
    with event_log.transaction():
        assert gc.isenabled() == (connection.vendor != "sqlite")
