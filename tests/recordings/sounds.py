"""Sounds as browsers record them, made by PyAV."""

import io
import math
from array import array
from fractions import Fraction
from typing import Any

import av

RATE = 48_000
STEP = 960  # samples of one frame: 20 ms


class Sink:
    """A MediaRecorder's output cannot be sought in, so nothing at its beginning says how long it is."""

    def __init__(self) -> None:
        self.pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self.pieces.append(bytes(data))
        return len(data)


def webm(seconds: float = 2.0) -> bytes:
    """What Chromium and Firefox record: live WebM with Opus."""
    sink = Sink()
    with av.open(sink, "w", format="webm", options={"live": "1"}) as container:
        encode(container, "libopus", seconds)
    return b"".join(sink.pieces)


def mp4(seconds: float = 2.0, fragmented: bool = False) -> bytes:
    """What Safari records: one MP4 with AAC."""
    made = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"} if fragmented else {}
    with av.open(made, "w", format="mp4", options=options) as container:
        encode(container, "aac", seconds)
    return made.getvalue()


def encode(container: Any, codec: str, seconds: float) -> None:
    stream = container.add_stream(codec, rate=RATE)
    stream.layout = "mono"
    fifo = av.AudioFifo()
    for step in range(round(seconds * RATE / STEP)):
        samples = array("f", (math.sin((step * STEP + n) * 2 * math.pi * 440 / RATE) / 4 for n in range(STEP)))
        frame = av.AudioFrame(format="fltp", layout="mono", samples=STEP)
        frame.planes[0].update(samples.tobytes())
        frame.sample_rate, frame.pts = RATE, step * STEP
        fifo.write(frame)
    size = stream.codec_context.frame_size or STEP
    while (read := fifo.read(size, partial=True)) is not None:
        container.mux(stream.encode(read))
    container.mux(stream.encode(None))


def split(sound: bytes, pieces: int) -> list[bytes]:
    """The sound as it comes, a piece every 250 ms."""
    size = max(1, math.ceil(len(sound) / pieces))
    return [sound[at : at + size] for at in range(0, len(sound), size)]


def duration(sound: bytes) -> float | None:
    """The seconds that the container says; None where it says nothing."""
    with av.open(io.BytesIO(sound), "r") as container:
        return None if container.duration is None else container.duration / av.time_base


def heard_from(sound: bytes, second: float) -> float:
    """The moment of the first packet after seeking."""
    with av.open(io.BytesIO(sound), "r") as container:
        stream = container.streams.audio[0]
        base = stream.time_base or Fraction(1)
        container.seek(round(second / base), stream=stream)
        return float((next(container.demux(stream)).pts or 0) * base)
