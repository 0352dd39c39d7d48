"""Files to be read and sought in, of which one piece at a time is in memory."""

import io
from abc import ABC, abstractmethod


class PiecewiseFile(io.RawIOBase, ABC):
    """Reads across pieces; a subclass says what `size` is and opens the piece that a position is in."""

    size: int
    position = 0
    _open: bytes | bytearray = b""

    @abstractmethod
    def _turn_to(self, position: int) -> int:
        """Makes `_open` the piece of a position; returns where in it that is."""

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
