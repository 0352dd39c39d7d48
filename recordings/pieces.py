"""Pieces that are stored apart, as one file to read; one of them at a time is in memory."""

import bisect
from collections.abc import Callable, Iterable
from typing import Any

from recordings.piecewise import PiecewiseFile


class Pieces(PiecewiseFile):
    """Pieces in their order, each by its key and its size; `read` fetches one."""

    def __init__(self, sizes: Iterable[tuple[Any, int]], read: Callable[[Any], bytes]) -> None:
        self.index: list[tuple[int, int, Any]] = []  # of each piece: where it begins, where it ends, its key
        end = 0
        for key, size in sizes:
            if not size:
                continue
            self.index.append((end, end + size, key))
            end += size
        self.size, self._begin, self._fetch = end, 0, read

    def _turn_to(self, position: int) -> int:
        if not self._begin <= position < self._begin + len(self._open):
            index = bisect.bisect_right(self.index, position, key=lambda each: each[0]) - 1
            self._begin, _, key = self.index[index]
            self._open = self._fetch(key)
        return position - self._begin
