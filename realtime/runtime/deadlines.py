"""The end of calls that hang in the database: over a half-open connection a thread would wait for ever.

What the server itself ends in time (statement_timeout) and what the network finds out (TCP's own time-outs) come to
nothing where a proxy or a frozen machine still acknowledges every byte. So each call of a database thread is watched,
and the connection of one that takes too long is shut down under it, whereupon the call fails as with any lost
connection. The pool's idle connections, which are likely to be as dead, are replaced.
"""

import logging
import threading
import time

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.transaction import get_connection

from realtime.adapters import postgres

logger = logging.getLogger(__name__)

LOOK_INTERVAL = 0.5  # seconds between two looks at the calls that go on


class _Call:
    __slots__ = ("connection", "due", "seconds")

    def __init__(self, connection: BaseDatabaseWrapper, seconds: float) -> None:
        self.connection, self.seconds = connection, seconds
        self.due = time.monotonic() + seconds


class Watch:
    """Watches the calls of this process, at most one of each thread."""

    def __init__(self) -> None:
        self.calls: dict[int, _Call] = {}
        self.lock = threading.Lock()  # A call does not end while its connection is being shut down.
        self.is_looking = False

    def begin(self, seconds: float) -> None:
        """From now on this thread's database work may take so long. It ends what the thread began before."""
        if not self.is_looking:
            self._start()
        self.calls[threading.get_ident()] = _Call(get_connection(), seconds)

    def end(self) -> None:
        with self.lock:
            self.calls.pop(threading.get_ident(), None)

    def _start(self) -> None:
        with self.lock:
            if not self.is_looking:
                self.is_looking = True
                threading.Thread(target=self._look_regularly, name="deadlines", daemon=True).start()

    def _look_regularly(self) -> None:
        while True:
            time.sleep(LOOK_INTERVAL)
            try:
                self._look()
            except Exception:
                logger.exception("calls that hang could not be ended")

    def _look(self) -> None:
        with self.lock:
            now = time.monotonic()
            overdue = [call for call in list(self.calls.values()) if call.due < now]
            for call in overdue:
                call.due = now + call.seconds  # It may hang again, in another connection.
            ended = sum(postgres.shut_down(call.connection) for call in overdue)
        if ended:
            logger.error("%d calls hung in the database: their connections were given up", ended)
            postgres.renew_idle()


watch = Watch()
