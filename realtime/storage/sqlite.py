"""What only SQLite needs."""

import gc
import threading
from types import TracebackType


class Uncollected:
    """Collects no garbage while anyone is inside: in a transaction, or waiting to begin one.

    A collection may finalize a cursor of another thread, which errors of Django leave in cycles. SQLite does that only
    when that thread's own statement has ended, and that may be waiting for this thread's transaction: both would stand
    until SQLite gives up.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.inside = 0
        self.collects = False  # outside

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
