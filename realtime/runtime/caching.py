"""Reads that many connections ask for at once, done once."""

import functools
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from concurrent.futures import Future
from typing import Any, Generic, TypeVar

R = TypeVar("R")
K = TypeVar("K", bound=Hashable)

KEPT = 10_000  # answers of each read; the oldest goes
TOGETHER = 500  # keys that are looked up at once


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


class _Answer(Generic[R]):
    __slots__ = ("asked", "until", "value")

    def __init__(self, value: R, until: float) -> None:
        self.value, self.until = value, until
        self.asked = False  # since it was read


class SharedLookup(Generic[K, R]):
    """`read`, whose answer for each key is kept for `seconds`, and read anew together with those of other keys.

    Whoever finds an answer too old looks up all that were asked for since they were read. So what a thousand rooms need
    to know every second is a read or two, not a thousand.
    """

    def __init__(self, read: Callable[[list[K]], Mapping[K, R]], seconds: float) -> None:
        functools.update_wrapper(self, read)
        self.read, self.seconds = read, seconds
        self.answers: dict[K, _Answer[R]] = {}
        self.reading = threading.Lock()
        self.lock = threading.Lock()  # of what follows, and of changing `answers`
        self.changes = 0

    def __call__(self, key: K) -> R:
        answer = self._known(key)
        if answer is None:
            with self.reading:
                answer = self._known(key) or self._read(key)
        answer.asked = True
        return answer.value

    def forget(self, key: K) -> None:
        with self.lock:
            self.changes += 1
            self.answers.pop(key, None)

    def forget_all(self) -> None:
        with self.lock:
            self.changes += 1
            self.answers = {}

    def _known(self, key: K) -> _Answer[R] | None:
        answer = self.answers.get(key)
        return answer if answer is not None and time.monotonic() <= answer.until else None

    def _read(self, key: K) -> _Answer[R]:
        before, now = self.changes, time.monotonic()
        answers = {other: answer for other, answer in list(self.answers.items()) if now <= answer.until or answer.asked}
        together = [key, *(other for other, answer in answers.items() if answer.asked and other != key)][:TOGETHER]
        found = self.read(together)
        answers.update({other: _Answer(found[other], now + self.seconds) for other in together})
        with self.lock:
            if self.changes == before:  # what was forgotten meanwhile is not served again
                self.answers = answers
        return answers[key]


def lookup(seconds: float) -> Callable[[Callable[[list[K]], Mapping[K, R]]], SharedLookup[K, R]]:
    """Decorates a look-up of many keys, which finds something for each; called with one. It may be `seconds` old."""

    def wrap(read: Callable[[list[K]], Mapping[K, R]]) -> SharedLookup[K, R]:
        return SharedLookup(read, seconds)

    return wrap


def shared(seconds: float, kept: int = KEPT) -> Callable[[Callable[..., R]], SharedRead[R]]:
    """Decorates a read whose answer may be `seconds` old."""

    def wrap(read: Callable[..., Any]) -> SharedRead[R]:
        return SharedRead(read, seconds, kept)

    return wrap
