"""Reads that many connections ask for at once, done once."""

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

R = TypeVar("R")

KEPT = 10_000  # answers of each read; the oldest goes


class SharedRead(Generic[R]):
    """`read`, whose answer for the same arguments is kept for `seconds`; threads that ask meanwhile wait for it."""

    def __init__(self, read: Callable[..., R], seconds: float, kept: int = KEPT) -> None:
        functools.update_wrapper(self, read)
        self.read, self.seconds, self.kept = read, seconds, kept
        self.lock = threading.Lock()
        self.answers: OrderedDict[tuple[Hashable, ...], tuple[float, Future[R]]] = OrderedDict()

    def __call__(self, *arguments: Hashable) -> R:
        now = time.monotonic()
        with self.lock:
            until, answer = self.answers.get(arguments, (0.0, None))
            mine = answer is None or until < now
            if mine:
                answer = Future()
                self.answers[arguments] = (now + self.seconds, answer)
                self.answers.move_to_end(arguments)
                if len(self.answers) > self.kept:
                    self.answers.popitem(last=False)
        assert answer is not None
        if mine:
            self._read(arguments, answer)
        return answer.result()

    def _read(self, arguments: tuple[Hashable, ...], answer: "Future[R]") -> None:
        try:
            answer.set_result(self.read(*arguments))
        except BaseException as error:
            with self.lock:
                if self.answers.get(arguments, (0.0, None))[1] is answer:
                    del self.answers[arguments]
            answer.set_exception(error)

    def forget(self, *arguments: Hashable) -> None:
        with self.lock:
            self.answers.pop(arguments, None)

    def forget_all(self) -> None:
        with self.lock:
            self.answers.clear()


def shared(seconds: float, kept: int = KEPT) -> Callable[[Callable[..., R]], SharedRead[R]]:
    """Decorates a read whose answer may be `seconds` old."""

    def wrap(read: Callable[..., Any]) -> SharedRead[R]:
        return SharedRead(read, seconds, kept)

    return wrap
