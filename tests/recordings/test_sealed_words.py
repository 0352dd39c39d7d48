"""Notes and transcripts are sealed like all else of a recording, and found all the same."""

from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from recordings import sealing
from recordings.models import Note, Recording, TrackTranscript, searching, track_transcript
from tests import factories
from tests.recordings import replays, sounds, visits

pytestmark = [pytest.mark.everywhere, pytest.mark.django_db]


def heard(*words: str) -> Recording:
    """A recording in whose only track this was said."""
    page = replays.page(0, "https://shop.example/")
    recording = replays.finished(replays.stored(page, sounds=((sounds.webm(1.0), 0),)))
    visits.transcribed(recording.tracks.get(), *((100 * at, 100 * at + 50, text) for at, text in enumerate(words)))
    return recording


def noted(text: str, at_ms: int = 0) -> Recording:
    """A recording with this note; each is a second newer than the one before."""
    recording = visits.recording()
    later = timezone.now() + timedelta(seconds=Recording.objects.count())
    Recording.objects.filter(pk=recording.pk).update(created_at=later)
    Note.objects.write(recording, factories.user("staff"), at_ms, text)
    return recording


def found(words: str) -> list[str]:
    return searching.search(Recording.objects.kept(), words).ids


def test_nothing_of_them_can_be_read_in_the_database() -> None:
    heard("my hidden words " * 20)
    noted("hidden words about somebody")
    with connection.cursor() as cursor:
        for table in ("recordings_note", "recordings_tracktranscript"):
            cursor.execute(f"SELECT data FROM {table}")
            stored = b"".join(bytes(data) for (data,) in cursor.fetchall())
            assert stored
            assert b"hidden" not in stored


def test_they_are_opened_in_their_place_only() -> None:
    recording = noted("at its moment", 500)
    note = recording.notes.get()
    assert note.read(recording.box) == "at its moment"
    recording.notes.update(at_ms=600)
    with pytest.raises(sealing.Damaged):
        recording.notes.get().read(recording.box)
    said = heard("in its track")
    said.tracks.update(part=7)
    with pytest.raises(sealing.Damaged):
        track_transcript.passages(said)


def test_of_a_deleted_recording_nobody_reads_them_any_more() -> None:
    recording = noted("gone")
    data, at_ms, pk = recording.notes.get().data, 0, recording.pk
    assert found("gone") == [pk]
    recording.remove()
    assert found("gone") == []
    left = Note(recording=Recording.objects.filter(pk=pk).first(), at_ms=at_ms, data=data)
    if left.recording is not None:
        with pytest.raises(sealing.Damaged):
            left.read(left.recording.box)


def test_words_are_found_in_any_case_and_across_lines_and_not_across_passages() -> None:
    said, note = heard("Where is the CHEAPEST kettle?", "Ah, there."), noted("They look\n for the ÄRMEL")
    assert found("cheapest  Kettle") == [said.pk]
    assert found("look for the ärmel") == [note.pk]
    assert found("kettle? Ah") == []
    assert set(found("the")) == {said.pk, note.pk}


def test_among_chosen_recordings_only() -> None:
    first, second = noted("the same"), noted("the same")
    assert searching.search(Recording.objects.filter(pk=first.pk), "same").ids == [first.pk]
    assert found("same") == [second.pk, first.pk]


def test_what_cannot_be_opened_does_not_spoil_the_search() -> None:
    lost, other = noted("the same"), noted("the same")
    Recording.objects.filter(pk=lost.pk).update(wrapped_key=b"12345678" + bytes(60))
    assert found("same") == [other.pk]


@pytest.mark.parametrize("bound", ["MAX_RECORDINGS", "MAX_FOUND", "MAX_BYTES"])
def test_a_search_has_bounds_and_says_where_it_stopped(monkeypatch: pytest.MonkeyPatch, bound: str) -> None:
    notes = [noted("the same") for _ in range(3)]
    assert searching.search(Recording.objects.all(), "same").since is None
    monkeypatch.setattr(searching, bound, 1)
    sought = searching.search(Recording.objects.all(), "same")
    assert (sought.ids, sought.since) == ([notes[-1].pk], Recording.objects.get(pk=notes[-1].pk).created_at)
    rest = Recording.objects.filter(created_at__lt=sought.since)
    assert searching.search(rest, "same").ids == [notes[-2].pk]


def test_rest_says_so_too(monkeypatch: pytest.MonkeyPatch) -> None:
    staff = factories.client(factories.user("staff"))
    notes = [noted("the same") for _ in range(2)]
    assert staff.get("/api/recordings/", {"q": "same"}).json()["searchedSince"] is None
    assert "searchedSince" not in staff.get("/api/recordings/").json()
    monkeypatch.setattr(searching, "MAX_RECORDINGS", 1)
    first = staff.get("/api/recordings/", {"q": "same"}).json()
    assert [each["id"] for each in first["data"]] == [notes[1].pk]
    second = staff.get("/api/recordings/", {"q": "same", "to": first["searchedSince"]}).json()
    assert ([each["id"] for each in second["data"]], second["searchedSince"]) == ([notes[0].pk], None)


def test_a_track_that_is_made_again_has_nothing_left_of_its_old_words() -> None:
    said = heard("old words")
    said.tracks.all().delete()
    assert not TrackTranscript.objects.exists()
