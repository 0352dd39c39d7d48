"""Files in an S3: in pieces when they are large, read by ranges, never public, and gone when the recording is."""

import os
from typing import Any

import pytest
import requests

from recordings import remuxing, segments, storage
from recordings.models import Recording, Status
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import finish, listen, said

pytestmark = [pytest.mark.django_db]


def test_a_recording_is_finished_read_by_ranges_and_deleted(s3: Any, commits: Commits) -> None:
    recording = finish(said(sounds.webm(2)), commits)
    assert recording.status == Status.FINISHED
    (stored,) = s3.objects.all()
    track = recording.tracks.get()
    assert stored.key == track.file
    assert b"OpusHead" not in stored.get()["Body"].read()
    whole = listen(track)
    assert b"OpusHead" in whole
    part = segments.read(recording.box, track.file, track.size, 5000, 1000)
    assert b"".join(part) == whole[5000:6000]
    with commits():
        recording.remove()
    assert list(s3.objects.all()) == []


def test_a_recording_of_24_mb_is_sent_in_pieces(s3: Any, commits: Commits, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is noise: to make so long a sound would take long."""
    recording = visits.recording()
    sound = os.urandom(24 * 1024**2)
    monkeypatch.setattr(remuxing, "remux", copy)
    visits.store(*(visits.sound(recording, piece, n) for n, piece in enumerate(sounds.split(sound, 12))))
    assert finish(recording, commits).status == Status.FINISHED
    track = recording.tracks.get()
    assert track.size == len(sound)
    assert "-" in s3.Object(track.file).e_tag  # the mark of an upload in several pieces
    assert listen(track) == sound
    assert (
        b"".join(segments.read(recording.box, track.file, track.size, 20_000_000, 70_000))
        == (sound[20_000_000:20_070_000])
    )


def copy(source: Any, target: Any) -> Any:
    while piece := source.read(32_768):
        target.write(piece)
    return remuxing.Remuxed("audio/webm", 1000)


def test_without_encryption_whoever_may_listen_is_led_to_the_storage(s3: Any, settings: Any, commits: Commits) -> None:
    settings.RECORDINGS_ENCRYPTION = False
    recording = finish(said(sounds.webm(1)), commits)
    path = recording.audio_paths[0]
    assert factories.client().get(path).status_code == 404
    answer = factories.client(factories.user("staff")).get(path)
    assert answer.status_code == 302
    assert "X-Amz-Expires=60" in answer["Location"]
    got = requests.get(answer["Location"], headers={"Range": "bytes=0-3"}, timeout=30)
    assert (got.status_code, got.content) == (206, b"\x1a\x45\xdf\xa3")
    assert got.headers["Content-Type"] == "audio/webm"


def test_what_is_stored_is_not_public(s3: Any, commits: Commits) -> None:
    recording = finish(said(sounds.webm(1)), commits)
    grants = s3.Object(recording.tracks.get().file).Acl().grants
    assert not [grant for grant in grants if grant["Grantee"].get("URI")]
    assert storage.folders() == [recording.pk]
    assert Recording.objects.count() == 1
