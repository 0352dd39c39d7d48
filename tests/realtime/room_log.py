"""A room's log, as tests write and read it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.db import connection

from realtime import event_log, events
from realtime.broker import publisher
from realtime.models import RoomEvent
from realtime.runtime import threads
from tests.realtime import sample_protocol

Published = list[list[publisher.Notification]]


def upto(notification: publisher.Notification) -> int:
    """The last stored event that a notification tells of."""
    assert isinstance(notification, publisher.StoredEvents)
    return notification.upto


def carried(notification: publisher.Notification) -> int | None:
    """How many stored events a notification carries; None if they must be read from the log."""
    assert isinstance(notification, publisher.StoredEvents)
    return None if notification.events is None else len(notification.events)


def note(key: str, n: int = 0, **how: Any) -> None:
    event_log.tell(key, sample_protocol.Noted(n=n), **how)


async def tell(key: str, *told: events.Event, **how: Any) -> None:
    """All in one transaction."""

    def verb() -> None:
        with event_log.transaction():
            for event in told:
                event_log.tell(key, event, **how)

    await threads.in_db(verb)


def stored_events(key: str) -> list[RoomEvent]:
    return list(RoomEvent.objects.filter(room__key=key).order_by("seq"))


def in_threads(*calls: Callable[[], object]) -> None:
    """Runs all at once, each with a connection of its own; raises what any of them raised."""

    def call_and_close(call: Callable[[], object]) -> None:
        try:
            call()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(calls)) as pool:
        for future in [pool.submit(call_and_close, call) for call in calls]:
            future.result()


def is_waited_for() -> bool:
    """Whether another connection waits for what this one has locked in PostgreSQL."""
    with connection.cursor() as cursor:
        blocked = "NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))"
        cursor.execute(f"SELECT EXISTS (SELECT FROM pg_locks WHERE {blocked})")
        return bool(cursor.fetchone()[0])
