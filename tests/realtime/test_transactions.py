"""Verbs are run again where that helps, and one of many in a transaction is rolled back alone when it refuses."""

import threading
from collections.abc import Callable

import pytest
from django.db import DataError, OperationalError, connection, transaction

from accounts.models import User
from realtime import event_log
from realtime.models import Restriction
from tests import sockets
from tests.realtime import room_log, sample_protocol

pytestmark = pytest.mark.usefixtures("live_db")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer and no deadlock")
def test_the_victim_of_a_deadlock_runs_again_and_tells_once(room_key: str, caplog: pytest.LogCaptureFixture) -> None:
    first, second = sockets.make_user(), sockets.make_user()
    both_hold_one = threading.Barrier(2)
    runs: list[str] = []

    @event_log.verb
    def cross(name: str, *users: User) -> None:
        runs.append(name)
        room_log.note(room_key, author=name)
        for user in users:
            User.objects.select_for_update().get(pk=user.pk)
            if runs.count(name) == 1 and user is users[0]:
                both_hold_one.wait()

    room_log.in_threads(lambda: cross("a", first, second), lambda: cross("b", second, first))
    victims = len(runs) - 2  # one, or on a busy machine two: the second run may meet the other's first
    assert set(runs) == {"a", "b"}
    assert 1 <= victims <= 2
    assert sorted(event.author for event in room_log.stored_events(room_key)) == ["a", "b"]
    assert [record.name for record in caplog.records] == ["realtime.storage.transactions"] * victims


class _Cause(Exception):
    def __init__(self, sqlstate: str = "40P01") -> None:
        self.sqlstate = sqlstate


def failing(times: int, cause: Exception, runs: list[int]) -> Callable[[], str]:
    @event_log.verb
    def fail() -> str:
        runs.append(len(runs))
        if len(runs) <= times:
            raise OperationalError("no") from cause
        return "done"

    return fail


@pytest.mark.parametrize(("sqlstate", "times"), [("40P01", 3), ("23505", 3), ("23503", 1), ("VT001", 1)])
def test_a_verb_is_run_again_as_often_as_it_may_help(sqlstate: str, times: int) -> None:
    """Of three who toggle one thing at once, the last may find twice that somebody was first."""
    runs: list[int] = []
    assert failing(times, _Cause(sqlstate), runs)() == "done"
    runs.clear()
    with pytest.raises(OperationalError):
        failing(times + 1, _Cause(sqlstate), runs)()
    assert len(runs) == times + 1


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite divides by zero and finds NULL")
def test_a_division_by_zero_is_a_mistake_and_not_run_again() -> None:
    runs: list[int] = []

    @event_log.verb
    def divide() -> None:
        runs.append(len(runs))
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")

    with pytest.raises(DataError, match="division by zero"):
        divide()
    assert len(runs) == 1


def test_another_error_is_not_tried_again() -> None:
    runs: list[int] = []
    with pytest.raises(OperationalError):
        failing(1, ValueError(), runs)()
    assert len(runs) == 1


def test_a_verb_inside_a_transaction_leaves_rerunning_to_the_outermost() -> None:
    runs: list[int] = []
    with pytest.raises(OperationalError), event_log.transaction():
        failing(1, _Cause(), runs)()
    assert len(runs) == 1


# --- transactions of many verbs


def test_a_refused_verb_takes_back_what_it_told_and_the_others_stand(
    room_key: str, published: room_log.Published
) -> None:
    with event_log.transaction():
        room_log.note(room_key, 1)
        mark = event_log.savepoint()
        room_log.note(room_key, 2)
        event_log.insert(Restriction(identity=room_key, kind="mute"))
        event_log.tell(room_key, sample_protocol.Passed(n=2))
        event_log.rollback_to(mark)
        room_log.note(room_key, 3)
    assert [event.seq for event in room_log.stored_events(room_key)] == [1, 2]
    assert not Restriction.objects.filter(identity=room_key).exists()
    assert [room_log.upto(notification) for notification in published[0]] == [2]


def test_what_verbs_collect_is_stored_once_and_may_itself_tell(room_key: str) -> None:
    stored: list[list[int]] = []

    def store(numbers: list[int]) -> None:
        stored.append(numbers)
        room_log.note(room_key, sum(numbers))

    with event_log.transaction():
        for n in (1, 2, 3):
            event_log.collect(("sum", room_key), list[int], store).append(n)
        assert not stored
    assert stored == [[1, 2, 3]]
    assert [event.body for event in room_log.stored_events(room_key)] == ['{"fact":"test-noted","n":6,"text":""}']


@pytest.mark.everywhere
def test_what_a_commit_sets_off_has_transactions_of_its_own(room_key: str) -> None:
    """A background task may run at once."""

    @event_log.verb
    def follow() -> None:
        assert not connection.get_autocommit()
        room_log.note(room_key, author="after")

    @event_log.verb
    def begin() -> None:
        transaction.on_commit(follow)
        room_log.note(room_key, author="before")

    begin()
    assert [event.author for event in room_log.stored_events(room_key)] == ["before", "after"]
