"""What was said becomes files that can be sought in, whatever happens to the worker meanwhile; no piece is lost."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from django.utils import timezone

from config import jobs
from recordings import remuxing, segments, signals, storage
from recordings.models import AudioChunk, AudioTrack, Recording, Status, compacting, finishing
from tests.conftest import Commits
from tests.recordings import sounds, visits

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(scope="module")
def webm() -> bytes:
    return sounds.webm(2)


def said(sound: bytes, part: int = 0, of: Recording | None = None, pieces: int = 8) -> Recording:
    """A recording to which this sound came in pieces."""
    recording = of or visits.recording()
    visits.store(
        *(
            visits.sound(recording, piece, number, part, at=1000 + number * 250)
            for number, piece in enumerate(sounds.split(sound, pieces))
        )
    )
    return recording


def listen(track: AudioTrack) -> bytes:
    box = Recording.objects.get(pk=track.recording_id).box
    return b"".join(segments.read(box, track.file, track.size, 0, track.size))


def finish(recording: Recording, commits: Commits) -> Recording:
    """Ends the recording; in development its task is done at once."""
    with commits():
        recording.end()
    recording.refresh_from_db()
    return recording


def test_a_live_webm_gets_a_duration_and_can_be_sought_in(webm: bytes, commits: Commits) -> None:
    assert sounds.duration(webm) is None
    recording = said(webm)
    visits.store(visits.batch(recording, visits.event(at=0), number=0))
    assert finish(recording, commits).status == Status.FINISHED
    track = recording.tracks.get()
    assert (track.mime, track.suffix) == ("audio/webm", ".webm")
    assert (track.offset_ms, recording.duration_ms) == (1000, 1000 + track.duration_ms)
    assert abs(track.duration_ms - 2000) < 100
    made = listen(track)
    assert abs((sounds.duration(made) or 0) - 2) < 0.1
    assert b"\x1c\x53\xbb\x6b" in made  # Cues: by these players seek
    assert abs(sounds.heard_from(made, 1.5) - 1.5) < 0.5
    assert not AudioChunk.objects.exists()


@pytest.mark.parametrize("fragmented", [False, True], ids=["whole", "fragmented"])
def test_safaris_one_slice_is_an_m4a(fragmented: bool, commits: Commits) -> None:
    recording = finish(said(sounds.mp4(2, fragmented), pieces=1), commits)
    track = recording.tracks.get()
    assert (track.mime, track.path[-6:]) == ("audio/mp4", "/0.m4a")
    assert abs((sounds.duration(listen(track)) or 0) - 2) < 0.1
    assert abs(sounds.heard_from(listen(track), 1.5) - 1.5) < 0.5


def test_every_part_is_a_file_of_its_own(webm: bytes, commits: Commits) -> None:
    recording = said(webm)
    said(sounds.mp4(1), part=2, of=recording)
    finish(recording, commits)
    assert [path.rpartition("/")[2] for path in recording.audio_paths] == ["0.webm", "2.m4a"]


def test_a_recording_without_audio_is_kept_and_one_without_anything_is_not(commits: Commits) -> None:
    silent, empty = visits.recording(), visits.recording()
    visits.store(visits.batch(silent, visits.event(), number=0))
    assert finish(silent, commits).status == Status.FINISHED
    with commits():
        empty.end()
    assert list(Recording.objects.all()) == [silent]


def test_small_batches_of_old_clients_are_joined_and_numbered_ones_are_not(
    commits: Commits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compacting, "JOINED", 500)
    recording = visits.recording()
    for n in range(20):
        visits.store(visits.batch(recording, visits.event(f"kind{n % 2}", n, at=n)))
    numbered = visits.batch(recording, visits.event(data=20, at=20), number=20)
    visits.store(numbered)
    for n in range(21, 40):
        visits.store(visits.batch(recording, visits.event(data=n, at=n)))
    before = visits.events(recording)
    assert recording.batches.count() == 40
    finish(recording, commits)
    assert visits.events(recording) == before
    assert recording.batches.count() < 12
    assert visits.store(numbered) == ["already"]
    first = recording.batches.order_by("number").first()
    assert first is not None
    assert (first.first_ms, first.last_ms) == (visits.START, visits.START + first.count - 1)
    assert first.kinds == "kind0\nkind1"


def test_who_waits_for_it_hears_that_it_is_finished(webm: bytes, commits: Commits) -> None:
    told: list[list[str]] = []

    def hear(recording: Recording, **_: Any) -> None:
        told.append(recording.audio_paths)

    signals.recording_finished.connect(hear)
    try:
        recording = finish(said(webm), commits)
    finally:
        signals.recording_finished.disconnect(hear)
    assert told == [[f"/api/recordings/{recording.pk}/audio/0.webm"]]


def test_lost_pieces_lose_only_themselves(webm: bytes, commits: Commits) -> None:
    recording = said(webm)
    AudioChunk.objects.filter(number__in=(4, 7)).delete()
    finish(recording, commits)
    assert recording.status == Status.FINISHED
    assert recording.tracks.get().duration_ms > 500


# --- what goes wrong


def fail(recording: Recording) -> Recording:
    with pytest.raises(remuxing.Unreadable):
        Recording.objects.finish(recording.pk)
    recording.refresh_from_db()
    return recording


@pytest.fixture
def ended(webm: bytes) -> Callable[[], Recording]:
    """Makes recordings that wait to be finished."""

    def make() -> Recording:
        recording = said(webm)
        recording.end()  # Nothing is committed here, so its task is not enqueued.
        return recording

    return make


def due(recording: Recording) -> None:
    Recording.objects.filter(pk=recording.pk).update(finish_at=timezone.now() - timedelta(seconds=1))


def test_what_cannot_be_read_is_kept_and_tried_again_later(ended: Callable[[], Recording]) -> None:
    recording = ended()
    said(sounds.webm(1), part=1, of=recording)
    AudioChunk.objects.filter(number=0, part=0).delete()  # Its header is missing.
    fail(recording)
    assert (recording.status, recording.finish_tries) == (Status.FINISHING, 1)
    assert "first piece" in recording.last_error
    assert recording.finish_at is not None
    assert recording.finish_at > timezone.now()
    assert recording.tracks.get().part == 1  # What can be made is made.
    assert recording.chunks.filter(part=0).count() == 7
    assert not Recording.objects.finish(recording.pk)  # It is not due yet.
    for _ in range(finishing.MAX_TRIES - 1):
        due(recording)
        fail(recording)
    assert recording.status == Status.FAILED
    assert not recording.finish_at
    assert recording.chunks.filter(part=0).count() == 7


def test_pauses_grow_and_have_an_end() -> None:
    pauses = [finishing.pause(tries) for tries in range(1, 20)]
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (finishing.FIRST_RETRY, finishing.LAST_RETRY)


def test_a_storage_that_is_away_loses_nothing(
    ended: Callable[[], Recording], monkeypatch: pytest.MonkeyPatch, files: Path
) -> None:
    recording = ended()

    def away(*_: Any) -> None:
        raise ConnectionError("no route to the storage")

    with monkeypatch.context() as patch:
        patch.setattr(storage, "save", away)
        with pytest.raises(ConnectionError):
            Recording.objects.finish(recording.pk)
    recording.refresh_from_db()
    assert (recording.status, recording.last_error) == (
        Status.FINISHING,
        "ConnectionError: no route to the storage",
    )
    due(recording)
    assert Recording.objects.finish(recording.pk)
    assert len(list((files / recording.pk).iterdir())) == 1


def test_what_arrives_meanwhile_is_not_lost(ended: Callable[[], Recording], monkeypatch: pytest.MonkeyPatch) -> None:
    recording, whole = ended(), sounds.split(sounds.webm(2), 8)
    AudioChunk.objects.filter(number__gte=6).delete()
    save, late = storage.save, [visits.sound(recording, whole[n], n) for n in (6, 7)]

    def save_slowly(*args: Any) -> None:
        while late:
            visits.store(late.pop(0), visits.batch(recording, visits.event(), number=len(late)))
        save(*args)

    monkeypatch.setattr(storage, "save", save_slowly)
    assert Recording.objects.finish(recording.pk)
    recording.refresh_from_db()
    track = recording.tracks.get()
    assert (recording.status, track.chunks, recording.event_count) == (Status.FINISHED, 8, 2)
    assert abs(track.duration_ms - 2000) < 100
    assert storage.files(recording.pk) == [track.file]


def test_without_a_worker_tasks_do_not_pile_up(ended: Callable[[], Recording], monkeypatch: pytest.MonkeyPatch) -> None:
    enqueued: list[str] = []
    monkeypatch.setattr(finishing, "finish", SimpleNamespace(enqueue=enqueued.append))
    recording = ended()  # Its task was lost with the process.
    for _ in range(3):
        jobs.finish_recordings()
    assert enqueued == [recording.pk]
    Recording.objects.update(enqueued_at=timezone.now() - timedelta(hours=2))
    jobs.finish_recordings()
    assert len(enqueued) == 2
    now = timezone.now()  # It failed since then, and is due again.
    Recording.objects.update(enqueued_at=now - timedelta(minutes=2), finish_at=now - timedelta(minutes=1))
    jobs.finish_recordings()
    assert len(enqueued) == 3


def test_two_workers_do_not_finish_the_same(ended: Callable[[], Recording]) -> None:
    recording = ended()
    assert Recording.objects.finish(recording.pk)
    assert not Recording.objects.finish(recording.pk)


def test_deleted_while_it_is_being_finished_leaves_no_file(
    ended: Callable[[], Recording], monkeypatch: pytest.MonkeyPatch, files: Path, commits: Commits
) -> None:
    recording, save = ended(), storage.save

    def save_slowly(*args: Any) -> None:
        Recording.objects.get(pk=recording.pk).remove()
        save(*args)

    monkeypatch.setattr(storage, "save", save_slowly)
    with commits():
        Recording.objects.finish(recording.pk)
    assert not [path for path in files.rglob("*") if path.is_file()]
    assert not Recording.objects.exists()


def test_staff_can_have_it_tried_again(ended: Callable[[], Recording], commits: Commits) -> None:
    recording = ended()
    Recording.objects.update(status=Status.FAILED, finish_at=None, finish_tries=8)
    with commits():
        assert recording.retry()
    recording.refresh_from_db()
    assert recording.status == Status.FINISHED
    assert not recording.retry()


# --- silence, and dead workers


def test_after_half_an_hour_of_silence_a_visit_is_over(commits: Commits) -> None:
    quiet, going = visits.recording(), visits.recording()
    for recording in (quiet, going):
        visits.store(visits.batch(recording, visits.event(), number=0))
    Recording.objects.filter(pk=quiet.pk).update(last_at=timezone.now() - timedelta(minutes=31))
    assert quiet.participant is not None
    assert Recording.objects.current(quiet.participant) is None
    with commits():
        jobs.finish_recordings()
    quiet.refresh_from_db()
    going.refresh_from_db()
    assert (quiet.status, going.status) == (Status.FINISHED, Status.RECORDING)


def test_a_page_change_goes_on_with_the_recording() -> None:
    recording = visits.recording()
    assert recording.participant is not None
    assert [recording.connect(), recording.connect()] == [0, 1]
    assert Recording.objects.current(recording.participant) == recording
