"""Videos as a MediaRecorder makes them: VP8 and Opus in a WebM that tells no duration, cut into slices anywhere."""

import io
from typing import Any

import av

WIDTH, HEIGHT, RATE = 64, 48, 10  # pixels, pictures a second
KEY_EVERY = 5  # pictures


def webm(seconds: int) -> bytes:
    made: Any = _Unseekable()
    with av.open(made, "w", format="webm", options={"live": "1"}) as container:
        stream: Any = container.add_stream("libvpx", rate=RATE, options={"g": str(KEY_EVERY)})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for number in range(seconds * RATE):
            frame = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            for plane in frame.planes:
                plane.update(bytes([number % 256]) * plane.buffer_size)
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return bytes(made.getvalue())


class _Unseekable(io.BytesIO):
    def seekable(self) -> bool:
        return False


def slices(film: bytes, count: int) -> list[bytes]:
    step = len(film) // count + 1
    return [film[at : at + step] for at in range(0, len(film), step)]


def duration(film: bytes) -> float | None:
    """In seconds, as the file tells it."""
    with av.open(io.BytesIO(film), "r") as given:
        return None if given.duration is None else given.duration / av.time_base


def times(film: bytes) -> list[float]:
    """Those of its pictures, in seconds."""
    with av.open(io.BytesIO(film), "r") as given:
        return [float(frame.time or 0) for frame in given.decode(video=0)]
