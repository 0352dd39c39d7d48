"""What a browser recorded becomes a file that has a duration and can be sought in; no sample is encoded anew."""

import io
from typing import IO, Any, NamedTuple

import av
from av.error import FFmpegError

MAX_SECONDS = 48 * 60 * 60  # A damaged file may say anything.
SNIFFED = 12  # bytes at the beginning that tell the container
# What a codec is put into: what browsers record in Matroska or Ogg is played from WebM everywhere.
CONTAINERS = {"opus": ("webm", "audio/webm"), "vorbis": ("webm", "audio/webm"), "aac": ("mp4", "audio/mp4")}
PICTURES = {"vp8": "webm", "vp9": "webm", "av1": "webm", "h264": "mp4"}  # as above
SOUNDS = {"webm": {"opus", "vorbis"}, "mp4": {"aac", "opus"}}  # that go with a picture in such a container


class Unreadable(Exception):
    """These bytes are nothing that a browser records, or their beginning is missing."""

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


# --- pictures


class Part(NamedTuple):
    """From where to where a film is kept, in seconds of its own time; a picture can only begin where one is whole."""

    begin: float = 0.0
    end: float = MAX_SECONDS


WHOLE = Part()


class Film(NamedTuple):
    mime: str
    duration_ms: int
    begin_ms: int  # of what was kept, in the time of the source


def remux_film(source: IO[bytes], target: IO[bytes] | io.RawIOBase, part: Part = WHOLE) -> Film:
    """Copies picture and sound, or a part of them; one of both may be missing. Raises Unreadable."""
    try:
        with av.open(source, format=_format(source)) as given:
            container, mime, streams = _chosen(given)
            with av.open(target, "w", format=container) as made:
                begin, end = _copy_part(given, streams, made, part)
    except FFmpegError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from error
    if not 0 < end - begin < MAX_SECONDS:
        raise Unreadable(f"it says that it lasts {end - begin:.0f} seconds")
    return Film(mime, round((end - begin) * 1000), round(begin * 1000))


def _chosen(given: Any) -> tuple[str, str, list[Any]]:
    """The container, its MIME type, and the streams that are copied into it, the picture first."""
    streams = [*given.streams.video[:1], *given.streams.audio[:1]]
    codecs = [stream.codec_context.name for stream in streams]
    if given.streams.video and codecs[0] in PICTURES:
        container = PICTURES[codecs[0]]
        with_sound = len(streams) == 2 and codecs[1] in SOUNDS[container]
        return container, f"video/{container}", streams if with_sound else streams[:1]
    if not given.streams.video and streams and codecs[0] in CONTAINERS:
        return *CONTAINERS[codecs[0]], streams
    raise Unreadable(f"browsers do not play {' and '.join(codecs) or 'what is in it'}")


def _copy_part(given: Any, streams: list[Any], made: Any, part: Part) -> tuple[float, float]:
    """Copies the packets of a part; returns when it begins and ends. It begins with a whole picture, if it has any."""
    targets = {stream.index: made.add_stream_from_template(stream) for stream in streams}
    last: dict[int, int] = {}
    begin, end = None, 0.0
    for packet in given.demux(streams):
        index = packet.stream.index
        if packet.dts is None or packet.dts <= last.get(index, packet.dts - 1):  # A damaged piece goes back in time.
            continue
        last[index] = packet.dts
        at = float(packet.pts * packet.time_base)
        if begin is None and at >= part.begin and index == streams[0].index and packet.is_keyframe:
            begin = at if part.begin else 0.0
        if begin is None or at < begin or at >= part.end:
            continue
        end = max(end, at + float((packet.duration or 0) * packet.time_base))
        shift = round(begin / packet.time_base)
        packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
        packet.stream = targets[index]
        made.mux(packet)
    return begin or 0.0, end
