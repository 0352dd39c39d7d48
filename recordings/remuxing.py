"""Audio as a browser recorded it becomes a file that has a duration and can be sought in; no sample is encoded anew."""

import io
from typing import IO, Any, NamedTuple

import av
from av.error import FFmpegError

MAX_SECONDS = 48 * 60 * 60  # A damaged file may say anything.
SNIFFED = 12  # bytes at the beginning that tell the container
# What a codec is put into: what browsers record in Matroska or Ogg is played from WebM everywhere.
CONTAINERS = {"opus": ("webm", "audio/webm"), "vorbis": ("webm", "audio/webm"), "aac": ("mp4", "audio/mp4")}


class Unreadable(Exception):
    """These bytes are no audio that a browser records, or their beginning is missing."""

    is_clients_fault = True  # The log needs no traceback of it.


class Remuxed(NamedTuple):
    mime: str
    duration_ms: int


def remux(source: IO[bytes], target: IO[bytes] | io.RawIOBase) -> Remuxed:
    """Copies the audio of `source` into a new container; both are sought in. Raises Unreadable."""
    try:
        with av.open(source, format=_format(source)) as given:
            if not given.streams.audio:
                raise Unreadable("there is no audio in it")
            stream = given.streams.audio[0]
            codec = stream.codec_context.name
            if codec not in CONTAINERS:
                raise Unreadable(f"browsers do not play {codec}")
            container, mime = CONTAINERS[codec]
            with av.open(target, "w", format=container) as made:
                seconds = _copy(given, stream, made)
    except FFmpegError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from error
    if not 0 < seconds < MAX_SECONDS:
        raise Unreadable(f"it says that it lasts {seconds:.0f} seconds")
    return Remuxed(mime, round(seconds * 1000))


def _format(source: IO[bytes]) -> str:
    """The demuxer, which is never guessed: some of FFmpeg's read whatever other file or address theirs names."""
    start = source.read(SNIFFED)
    source.seek(0)
    if start.startswith(b"\x1a\x45\xdf\xa3"):
        return "matroska"
    if start[4:8] in (b"ftyp", b"styp"):
        return "mp4"
    if start.startswith(b"OggS"):
        return "ogg"
    raise Unreadable("it begins like no recording of a browser: its first piece may be missing")


def _copy(given: Any, stream: Any, made: Any) -> float:
    """Copies all packets; returns how many seconds they last."""
    target = made.add_stream_from_template(stream)
    last, seconds = None, 0.0
    for packet in given.demux(stream):
        if packet.dts is None or (last is not None and packet.dts <= last):  # A damaged piece goes back in time.
            continue
        last = packet.dts
        seconds = max(seconds, float((packet.pts + (packet.duration or 0)) * packet.time_base))
        packet.stream = target
        made.mux(packet)
    return seconds
