"""How loud a track is over its time, and when somebody speaks in it."""

import array
import io
import math
from collections.abc import Iterable, Iterator
from typing import IO, Any, cast

import av
from av.error import FFmpegError

from recordings import remuxing, sealing, segments
from recordings.piecewise import PiecewiseFile

STEP = 100  # ms that one level stands for
RATE = 8000  # samples of a second are enough to tell how loud it is
RANGE = 60  # dB below the loudest that count as some sound; a level is this, from 0 to 255
MAX_LEVELS = 12 * 60 * 60 * 1000 // STEP  # as long as a recording may be
AHEAD = 8 * segments.SEGMENT  # bytes read at once

ABOVE = 12 * 255 // RANGE  # over the noise of the room by 12 dB: somebody speaks
LEAST, MOST = 15 * 255 // RANGE, 48 * 255 // RANGE  # between -45 dB and -12 dB, whatever the noise
PAUSE = 700  # ms within a passage
SHORTEST = 300  # ms of one
MARGIN = 200  # ms before and after


class TrackFile(PiecewiseFile):
    """A stored track, to be read and sought in; a few of its segments at a time are in memory, and none on the disk."""

    def __init__(self, box: sealing.Box, name: str, size: int) -> None:
        self.box, self.name, self.size = box, name, size
        self._begin = 0

    def _turn_to(self, position: int) -> int:
        if not self._begin <= position < self._begin + len(self._open):
            self._begin = position - position % segments.SEGMENT
            length = min(AHEAD, self.size - self._begin)
            self._open = b"".join(segments.read(self.box, self.name, self.size, self._begin, length))
        return position - self._begin


def levels(file: IO[bytes] | io.RawIOBase, mime: str) -> bytes:
    """One byte for every STEP: the highest sample in it, by its decibels. Raises remuxing.Unreadable."""
    try:
        with av.open(cast(Any, file), format="mp4" if mime == "audio/mp4" else "matroska") as container:
            return bytes(_level(samples) for samples in _steps(container))
    except FFmpegError as error:
        raise remuxing.Unreadable(f"it cannot be read: {error.strerror}") from error


def _steps(container: Any) -> Iterator["array.array[int]"]:
    """The samples of each STEP, and at the end of what is left."""
    resampler: Any = av.AudioResampler(format="s16", layout="mono", rate=RATE)
    step = RATE * STEP // 1000
    waiting = array.array("h")
    given = 0
    for frame in container.decode(audio=0):
        for each in resampler.resample(frame):
            waiting.frombytes(bytes(each.planes[0])[: each.samples * 2])
        while len(waiting) >= step and given < MAX_LEVELS:
            yield waiting[:step]
            given += 1
            del waiting[:step]
    if waiting and given < MAX_LEVELS:
        yield waiting[:step]


def _level(samples: "array.array[int]") -> int:
    peak = max(max(samples), -min(samples))
    if not peak:
        return 0
    below = 20 * math.log10(peak / 32768)
    return max(0, min(255, round((below + RANGE) * 255 / RANGE)))


def passages(levels: bytes) -> list[tuple[int, int]]:
    """When somebody speaks, in ms from the track's beginning: where it is louder than the room for a while."""
    if not levels:
        return []
    noise = sorted(levels)[len(levels) // 5]
    loud = max(LEAST, min(MOST, noise + ABOVE))
    found: list[tuple[int, int]] = []
    for begin, end in _runs(at for at, level in enumerate(levels) if level >= loud):
        if end - begin >= SHORTEST:
            found.append((max(0, begin - MARGIN), min(end + MARGIN, len(levels) * STEP)))
    return found


def _runs(steps: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Steps one after another, with short pauses among them, as times."""
    begin = end = None
    for step in steps:
        if begin is None or end is None:
            begin = step
        elif (step - end) * STEP > PAUSE:
            yield begin * STEP, end * STEP
            begin = step
        end = step + 1
    if begin is not None and end is not None:
        yield begin * STEP, end * STEP
