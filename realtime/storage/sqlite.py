"""A pause of garbage collection, which only SQLite needs."""

import gc
import threading
from types import TracebackType


class Uncollected:
    """A context in which the process collects no garbage, for whoever is in a transaction or waits to begin one.

    A collection may finalize a cursor of another thread, which errors of Django leave in reference cycles. SQLite does
    that only when the other thread's own statement has ended, and that may be waiting for this thread's transaction:
    both would wait until SQLite gives up. It holds for the whole process, and for the transactions of event_log alone.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.collects = False  # whether it does so outside

    def __enter__(self) -> None:
        with self.lock:
            if not self.inside:
                self.collects = gc.isenabled()
                gc.disable()
            self.inside += 1

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self.lock:
            self.inside -= 1
            if not self.inside and self.collects:
                gc.enable()


uncollected = Uncollected()
