"""Notes, the transcript and the outline over REST: for staff, and for nobody else."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from recordings.models import Note, Recording, annotation
from tests import factories
from tests.recordings import replays, sounds, visits

pytestmark = [pytest.mark.everywhere, pytest.mark.django_db]


@pytest.fixture
def recording() -> Recording:
    return replays.stored([*replays.page(0, "https://shop.example/"), replays.click(3000)])


@pytest.fixture
def staff() -> APIClient:
    return factories.client(factories.user("staff"))


def notes(recording: Recording, note: int | str = "") -> str:
    return f"/api/recordings/{recording.pk}/notes/{note}"


def test_a_note_is_written_read_and_deleted(recording: Recording, staff: APIClient) -> None:
    written = staff.post(notes(recording), {"text": " They look for the price. ", "atMs": 1500})
    assert written.status_code == 201
    note = written.json()["data"]
    assert (note["text"], note["atMs"], note["mine"]) == ("They look for the price.", 1500, True)
    assert staff.get(notes(recording)).json()["data"] == [note]
    assert staff.delete(notes(recording, note["id"])).status_code == 200
    assert staff.get(notes(recording)).json()["data"] == []


def test_notes_stand_in_the_order_of_their_moments(recording: Recording, staff: APIClient) -> None:
    for at in (3000, 1000, 2000):
        staff.post(notes(recording), {"text": f"at {at}", "atMs": at})
    assert [note["atMs"] for note in staff.get(notes(recording)).json()["data"]] == [1000, 2000, 3000]


def test_only_who_wrote_a_note_deletes_it_or_an_admin(recording: Recording, staff: APIClient) -> None:
    note = staff.post(notes(recording), {"text": "mine", "atMs": 0}).json()["data"]["id"]
    colleague = factories.client(factories.user("staff"))
    (read,) = colleague.get(notes(recording)).json()["data"]
    assert not read["mine"]
    assert colleague.delete(notes(recording, note)).status_code == 403
    assert Note.objects.filter(pk=note).exists()
    assert factories.client(factories.user("admin")).delete(notes(recording, note)).status_code == 200


@pytest.mark.parametrize(
    "body", [{"text": "", "atMs": 1}, {"text": "x"}, {"text": "x", "atMs": -1}, {"text": "x" * 2001, "atMs": 1}]
)
def test_a_note_that_is_none_is_refused(recording: Recording, staff: APIClient, body: dict[str, Any]) -> None:
    assert staff.post(notes(recording), body).status_code == 400
    assert not recording.notes.exists()


def test_a_recording_has_so_many_notes(recording: Recording, staff: APIClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation, "MAX_NOTES", 1)
    assert staff.post(notes(recording), {"text": "one", "atMs": 0}).status_code == 201
    assert staff.post(notes(recording), {"text": "two", "atMs": 0}).status_code == 409


@pytest.mark.parametrize("what", ["notes/", "transcript", "outline"])
@pytest.mark.parametrize(
    ("role", "status"), [("", 401), ("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200)]
)
def test_only_staff_read(recording: Recording, what: str, role: str, status: int) -> None:
    reader = factories.client(factories.user(role) if role else None)
    assert reader.get(f"/api/recordings/{recording.pk}/{what}").status_code == status


@pytest.mark.parametrize("what", ["notes/", "transcript"])
@pytest.mark.parametrize(("role", "status"), [("", 401), ("viewer", 403), ("moderator", 403)])
def test_only_staff_write(recording: Recording, what: str, role: str, status: int) -> None:
    writer = factories.client(factories.user(role) if role else None)
    assert writer.post(f"/api/recordings/{recording.pk}/{what}", {"text": "x", "atMs": 0}).status_code == status
    assert not recording.notes.exists()


@pytest.mark.parametrize("what", ["notes/", "notes/1", "transcript", "outline"])
def test_of_a_deleted_recording_nothing_is_told(recording: Recording, staff: APIClient, what: str) -> None:
    staff.post(notes(recording), {"text": "one", "atMs": 0})
    recording.remove()
    method = staff.delete if what == "notes/1" else staff.get
    assert method(f"/api/recordings/{recording.pk}/{what}").status_code == 404


def test_the_outline_says_where_to_begin(recording: Recording, staff: APIClient) -> None:
    shown = staff.get(f"/api/recordings/{recording.pk}/outline").json()["data"]
    assert shown["clicks"] == [3000]
    assert shown["keyframes"] == [{"at": 0, "number": 0}]
    assert shown["complete"]


def test_a_recording_whose_key_is_gone_says_so(recording: Recording, staff: APIClient, settings: Any) -> None:
    Recording.objects.filter(pk=recording.pk).update(wrapped_key=b"12345678" + bytes(60))
    for what in ("outline", "notes/", "transcript"):
        answer = staff.get(f"/api/recordings/{recording.pk}/{what}")
        assert (answer.status_code, "key" in answer.json()["message"]) == (409, True)
    assert staff.post(notes(recording), {"text": "one", "atMs": 0}).status_code == 409


def test_what_was_said_is_read_and_found(staff: APIClient) -> None:
    said = replays.finished(replays.stored(replays.page(0, "https://shop.example/"), sounds=((sounds.webm(1.0), 0),)))
    visits.transcribed(said.tracks.get(), (400, 900, "Where is the cheapest kettle?"))
    other = replays.stored(replays.page(0, "https://shop.example/"))
    shown = staff.get(f"/api/recordings/{said.pk}/transcript").json()["data"]
    assert shown["passages"] == [{"part": 0, "startMs": 400, "endMs": 900, "text": "Where is the cheapest kettle?"}]
    found = [each["id"] for each in staff.get("/api/recordings/?q=cheapest KETTLE").json()["data"]]
    assert said.pk in found
    assert other.pk not in found


def test_a_transcript_takes_a_setting(recording: Recording, staff: APIClient, settings: Any) -> None:
    settings.TRANSCRIBE = ""
    assert staff.post(f"/api/recordings/{recording.pk}/transcript").status_code == 409
    assert staff.get(f"/api/recordings/{recording.pk}/transcript").json()["data"]["status"] == "off"
