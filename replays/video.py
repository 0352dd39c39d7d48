"""Which files of a show's video are shown, and where in the show each belongs."""

from typing import Any

from django.conf import settings

from replays.models import Replay, VideoPart
from replays.models.filming import Cut, is_whole
from streams.media import hls


def shown(replay: Replay, part: VideoPart, whole: bool = False) -> Cut | None:
    """The file of a finished part as the show's cut leaves it; None where nothing is left, or it is being made."""
    begin, end = replay.span()
    if whole or is_whole(part, begin, end):
        return Cut(begin, end, part.file, part.size, part.at_ms, part.duration_ms)
    cut = Cut(*part.cut) if part.cut else None
    return cut if cut is not None and cut[:2] == (begin, end) and cut.file else None


def playlist(replay: Replay) -> str | None:
    """The HLS playlist that carried the show, which an encoder's server may keep; None where there was none."""
    address = replay.stream.stream_url
    return address if settings.MEDIA_PROVIDER == hls.NAME and hls.is_playable(address) else None


def of(replay: Replay, whole: bool = False) -> list[dict[str, Any]]:
    """The parts of the video in order, by the show's time."""
    found = []
    for part in replay.stream.video_parts.finished():
        film = shown(replay, part, whole)
        if film is not None:
            url = f"/api/sessions/{replay.stream.pk}/video/{part.number}.{part.suffix}"
            facts = {"part": part.number, "t": film.at_ms, "duration": film.duration_ms, "size": film.size}
            found.append({**facts, "mime": part.mime, "url": url})
    return found
