"""How loud a track is, and when somebody speaks in it."""

import io
import math
from array import array
from typing import Any

import av
import pytest

from recordings import listening, remuxing
from recordings.models import Outline
from recordings.models.outline import prepare
from tests.recordings import replays, sounds

QUIET, LOUD = 0.002, 0.4


def webm(*stretches: tuple[float, float]) -> bytes:
    """A sound of stretches, each so many seconds long and so loud."""
    made: Any = io.BytesIO()
    with av.open(made, "w", format="webm") as container:
        stream: Any = container.add_stream("libopus", rate=sounds.RATE)
        stream.layout = "mono"
        volumes = [volume for seconds, volume in stretches for _ in range(round(seconds * sounds.RATE / sounds.STEP))]
        for step, volume in enumerate(volumes):
            wave = (math.sin((step * sounds.STEP + n) * 2 * math.pi * 440 / sounds.RATE) for n in range(sounds.STEP))
            frame = av.AudioFrame(format="fltp", layout="mono", samples=sounds.STEP)
            frame.planes[0].update(array("f", (each * volume for each in wave)).tobytes())
            frame.sample_rate, frame.pts = sounds.RATE, step * sounds.STEP
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return bytes(made.getvalue())


def test_passages_are_where_it_is_louder_than_the_room() -> None:
    sound = webm((2, QUIET), (1.5, LOUD), (0.3, QUIET), (1, LOUD), (3, QUIET), (1, LOUD), (1, QUIET))
    levels = listening.levels(io.BytesIO(sound), "audio/webm")
    assert len(levels) == pytest.approx(98, abs=2)
    assert levels[25] - levels[10] > 100
    around = [pytest.approx(moment, abs=200) for moment in (1800, 5000, 7600, 9000)]
    assert [moment for passage in listening.passages(levels) for moment in passage] == around


@pytest.mark.parametrize("levels", [b"", bytes(100), bytes([200] * 100)])
def test_silence_is_no_passage_and_neither_is_a_click(levels: bytes) -> None:
    assert listening.passages(levels) in ([], [(0, 10_000)])
    assert listening.passages(bytes(50) + b"\xff" + bytes(50)) == []


def test_safaris_sound_is_measured_too() -> None:
    levels = listening.levels(io.BytesIO(sounds.mp4(1.0)), "audio/mp4")
    assert max(levels) > 200


def test_what_is_no_sound_is_refused() -> None:
    with pytest.raises(remuxing.Unreadable):
        listening.levels(io.BytesIO(b"nothing of the kind" * 100), "audio/webm")


@pytest.mark.django_db
def test_a_finished_recording_has_its_levels_and_passages_at_their_moments() -> None:
    sound = webm((1, QUIET), (1, LOUD), (1, QUIET))
    recording = replays.stored(
        [*replays.page(0, "https://shop.example/"), replays.click(9000)], sounds=((sound, 4000),)
    )
    replays.finished(recording)
    prepare.call(recording.pk)
    (track,) = Outline.objects.of(recording)["tracks"]
    assert (track["offset"], track["url"]) == (4000, f"/api/recordings/{recording.pk}/audio/0.webm")
    assert track["duration"] == pytest.approx(3000, abs=100)
    assert [list(each) for each in track["spoken"]] == [[pytest.approx(4800, abs=200), pytest.approx(6200, abs=200)]]
    assert len(track["levels"]) > 30
