"""Pieces that are stored apart, as one file to read; one of them at a time is in memory."""

import bisect
import io
from collections.abc import Callable, Iterable
from typing import Any


class Pieces(io.RawIOBase):
    """Pieces in their order, each by its key and its size; `read` fetches one."""

    def __init__(self, sizes: Iterable[tuple[Any, int]], read: Callable[[Any], bytes]) -> None:
        self.index: list[tuple[int, int, Any]] = []  # of each piece: where it begins, where it ends, its key
        end = 0
        for key, size in sizes:
            if not size:
                continue
            self.index.append((end, end + size, key))
            end += size
        self.size, self.position = end, 0
        self._begin, self._open, self._fetch = 0, b"", read

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self.position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self.position, io.SEEK_END: self.size}[whence]
        self.position = max(0, start + offset)
        return self.position

    def read(self, size: int = -1) -> bytes:
        end = self.size if size < 0 else min(self.size, self.position + size)
        found = bytearray()
        while self.position < end:
            at = self._turn_to(self.position)
            piece = self._open[at : at + end - self.position]
            found += piece
            self.position += len(piece)
        return bytes(found)

    def _turn_to(self, position: int) -> int:
        """Opens the piece of a position; returns where in it that is."""
        if not self._begin <= position < self._begin + len(self._open):
            index = bisect.bisect_right(self.index, position, key=lambda each: each[0]) - 1
            self._begin, _, key = self.index[index]
            self._open = self._fetch(key)
        return position - self._begin
