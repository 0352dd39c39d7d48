"""Files in sealed segments: any part of one can be read, or written, without the rest of it.

Segment n of a file holds its bytes from n * SEGMENT on, sealed in its place: none can be changed, moved or swapped for
one of another file. How long the file is stands in the database, so that one that was cut short is noticed.
"""

from collections.abc import Generator
from typing import IO

from recordings import sealing, storage
from recordings.piecewise import PiecewiseFile

SEGMENT = 64 * 1024  # bytes before sealing


class SegmentedFile(PiecewiseFile):
    """What is written here reaches `raw` in sealed segments; one of them at a time is in memory."""

    _open: bytearray

    def __init__(self, raw: IO[bytes], box: sealing.Box, name: str) -> None:
        self.raw, self.box, self.name, self.size = raw, box, name, 0
        self._index, self._open, self._changed = 0, bytearray(), False

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        if self.position > self.size:  # A gap is filled with zeros.
            gap, self.position = self.position - self.size, self.size
            self._write(bytes(gap))
        return self._write(bytes(data))

    def _write(self, data: bytes) -> int:
        done = 0
        while done < len(data):
            at = self._turn_to(self.position)
            piece = data[done : done + SEGMENT - at]
            self._open[at : at + len(piece)] = piece
            self._changed = True
            done += len(piece)
            self.position += len(piece)
            self.size = max(self.size, self.position)
        return done

    def flush(self) -> None:
        """Seals the open segment once more if it has changed."""
        if self._changed:
            self.raw.seek(self._index * (SEGMENT + self.box.overhead))
            self.raw.write(self.box.seal(bytes(self._open), place(self.name, self._index)))
            self._changed = False
        self.raw.flush()

    def _turn_to(self, position: int) -> int:
        index, at = divmod(position, SEGMENT)
        if index != self._index:
            self.flush()
            self._index = index
            length = min(SEGMENT, self.size - index * SEGMENT)
            self._open = bytearray()
            if length > 0:
                self.raw.seek(index * (SEGMENT + self.box.overhead))
                sealed = self.raw.read(length + self.box.overhead)
                self._open = bytearray(self.box.open(sealed, place(self.name, index)))
        return at


def place(name: str, index: int) -> str:
    return f"{name}/{index}"


def read(box: sealing.Box, name: str, size: int, start: int, length: int) -> Generator[bytes]:
    """The bytes of a stored file from `start` on, a segment at a time; `size` is that of the whole.

    Raises sealing.Damaged.
    """
    if length <= 0:
        return
    step = SEGMENT + box.overhead
    first, last = start // SEGMENT, (start + length - 1) // SEGMENT
    end = min((last + 1) * step, size + (size + SEGMENT - 1) // SEGMENT * box.overhead)
    with storage.open_at(name, first * step, end - first * step) as file:
        for index in range(first, last + 1):
            plain_length = min(SEGMENT, size - index * SEGMENT)
            plain = box.open(_exactly(file, plain_length + box.overhead, name), place(name, index))
            begin = max(0, start - index * SEGMENT)
            yield plain[begin : start + length - index * SEGMENT]


def _exactly(file: IO[bytes], length: int, name: str) -> bytes:
    found = b""
    while len(found) < length:
        piece = file.read(length - len(found))
        if not piece:
            raise sealing.Damaged(f"{name} was cut short")
        found += piece
    return found
