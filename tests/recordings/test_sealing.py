"""What is sealed can be opened in its place, with its key, and nowhere else."""

import base64
import io
import random
from pathlib import Path
from typing import Any

import pytest

from realtime import errors
from recordings import sealing, segments, storage
from recordings.segments import SEGMENT, SegmentedFile

pytestmark = pytest.mark.everywhere


def key(letter: str) -> str:
    return base64.b64encode(letter.encode() * 32).decode()


def box() -> sealing.Box:
    return sealing.Box(bytes(32))


def test_what_is_sealed_is_opened_only_in_its_place() -> None:
    sealed = box().seal(b"plain", "here")
    assert box().open(sealed, "here") == b"plain"
    for changed, place in ((sealed, "there"), (sealed[:-1], "here"), (b"", "here"), (bytes(40), "here")):
        with pytest.raises(sealing.Damaged):
            box().open(changed, place)


def test_the_operators_keys_take_turns(settings: Any) -> None:
    settings.RECORDINGS_KEY = [key("a")]
    wrapped = sealing.wrap(b"k" * 32, "me")
    settings.RECORDINGS_KEY = [key("b"), key("a")]
    assert sealing.unwrap(wrapped, "me") == b"k" * 32
    assert not sealing.is_current(wrapped)
    with pytest.raises(sealing.Damaged):
        sealing.unwrap(wrapped, "you")
    settings.RECORDINGS_KEY = [key("b")]
    with pytest.raises(sealing.Damaged, match="no longer has the key"):
        sealing.unwrap(wrapped, "me")


@pytest.mark.parametrize("given", [[], ["short"], ["!" * 44]], ids=str)
def test_without_a_good_key_nothing_is_sealed(settings: Any, given: list[str]) -> None:
    settings.RECORDINGS_KEY = given
    with pytest.raises(errors.RequestRefused, match="Recording is not set up"):
        sealing.wrap(bytes(32), "me")


@pytest.mark.parametrize("seal", [sealing.Box(bytes(32)), sealing.Box(b"")], ids=["sealed", "plain"])
@pytest.mark.parametrize("seed", range(5))
def test_a_file_in_segments_is_written_and_read_anywhere(files: Path, seal: sealing.Box, seed: int) -> None:
    rng, raw, plain = random.Random(seed), io.BytesIO(), io.BytesIO()
    file = SegmentedFile(raw, seal, "r/0")
    for _ in range(40):
        at, content = rng.randrange(4 * SEGMENT), rng.randbytes(rng.choice([1, 100, SEGMENT, 2 * SEGMENT + 1]))
        for each in (file, plain):
            each.seek(at)
            each.write(content)
    file.flush()
    expected = plain.getvalue()
    assert file.size == len(expected)
    file.seek(0)
    assert file.read() == expected
    storage.save("r/0", raw, "audio/webm")
    for _ in range(20):
        start = rng.randrange(len(expected))
        length = rng.randrange(1, len(expected) - start + 1)
        assert b"".join(segments.read(seal, "r/0", file.size, start, length)) == expected[start : start + length]


def test_segments_cannot_be_swapped_cut_or_taken_to_another_file(files: Path) -> None:
    raw = io.BytesIO()
    file = SegmentedFile(raw, box(), "r/0")
    file.write(bytes(3 * SEGMENT))
    file.flush()
    step, sealed = SEGMENT + sealing.OVERHEAD, raw.getvalue()
    changed = {
        "swapped": sealed[step : 2 * step] + sealed[:step] + sealed[2 * step :],
        "cut": sealed[: 2 * step],
        "changed": sealed[:100] + bytes([sealed[100] ^ 1]) + sealed[101:],
    }
    for how, content in changed.items():
        name = f"r/{how}"
        storage.save(name, io.BytesIO(content), "audio/webm")
        with pytest.raises(sealing.Damaged):
            list(segments.read(box(), name, file.size, 0, file.size))
    storage.save("r/other", io.BytesIO(sealed), "audio/webm")
    with pytest.raises(sealing.Damaged):
        list(segments.read(box(), "r/other", file.size, 0, 10))


def test_files_are_for_this_process_alone(files: Path) -> None:
    storage.save("r/0", io.BytesIO(b"x"), "audio/webm")
    assert (files / "r/0").stat().st_mode & 0o777 == 0o600
    assert (files / "r").stat().st_mode & 0o777 == 0o700
    storage.delete_folder("r")
    storage.delete_folder("r")
    assert list(files.iterdir()) == []
