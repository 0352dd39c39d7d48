"""Staff find recordings over REST, read their events in pages, keep and delete them, and take them along."""

import io
import json
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from recordings import archive
from recordings.models import Note, Recording
from recordings.views import recordings as views
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import finish, listen, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def staff() -> Any:
    return factories.client(factories.user("staff"))


@pytest.mark.parametrize("path", ["", "{pk}", "{pk}/events", "{pk}/archive"])
def test_it_is_for_staff_alone(path: str) -> None:
    path = "/api/recordings/" + path.format(pk=visits.recording().pk)
    assert factories.client().get(path).status_code == 401
    assert factories.client(factories.user("creator")).get(path).status_code == 403
    assert staff().get(path).status_code == 200


def listed(**query: Any) -> list[str]:
    answer = staff().get("/api/recordings/", query)
    assert answer.status_code == 200, answer.json()
    assert answer.json()["count"] == len(answer.json()["data"])
    return [row["id"] for row in answer.json()["data"]]


def test_recordings_are_found_by_what_is_known_of_them(commits: Commits) -> None:
    old, new = visits.recording(url="https://shop/mugs"), visits.recording(url="https://shop/teas")
    Recording.objects.filter(pk=old.pk).update(created_at=timezone.now() - timedelta(days=2), pinned=True)
    finish(said(sounds.webm(1), of=new), commits)
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert listed() == [new.pk, old.pk]
    assert listed(limit=1, offset=1) == [old.pk]
    assert listed(participant=old.participant_id) == [old.pk]
    assert listed(status="finished") == [new.pk]
    assert listed(**{"from": yesterday}) == [new.pk]
    assert listed(to=yesterday) == [old.pk]
    assert listed(url="mugs") == [old.pk]
    assert listed(hasAudio="true") == [new.pk]
    assert listed(hasAudio="false") == [old.pk]
    assert listed(pinned="true") == [old.pk]
    visits.transcribed(new.tracks.get(), (0, 9, "Where is the cart?"))
    assert listed(q="the CART") == [new.pk]
    assert listed(q="trolley") == []
    for bad in ({"status": "lost"}, {"from": "yesterday"}, {"limit": 0}):
        assert staff().get("/api/recordings/", bad).status_code == 400


def test_one_recording_says_all_that_is_known_of_it(commits: Commits) -> None:
    recording = finish(said(sounds.webm(1)), commits)
    shown = staff().get(f"/api/recordings/{recording.pk}").json()["data"]
    assert shown["participant"]["id"] == recording.participant_id
    assert (shown["status"], shown["firstMs"]) == ("finished", visits.START + 1000)
    (track,) = shown["audio"]
    assert track["path"] == f"/api/recordings/{recording.pk}/audio/0.webm"
    assert staff().get("/api/recordings/none").status_code == 404


def test_a_recording_is_pinned_and_deleted(commits: Commits) -> None:
    recording = visits.recording()
    path = f"/api/recordings/{recording.pk}"
    assert staff().patch(path, {"pinned": True}).json()["data"]["pinned"] is True
    assert staff().patch(path, {}).status_code == 400
    assert factories.client(factories.user("creator")).delete(path).status_code == 403
    with commits():
        assert staff().delete(path).status_code == 200
    assert staff().delete(path).status_code == 404
    assert not Recording.objects.exists()


def test_events_come_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = visits.recording()
    for number in range(5):
        visits.store(visits.batch(recording, visits.event(data=str(number)), number=number * 2))
    path = f"/api/recordings/{recording.pk}/events"
    pages: list[list[int]] = []
    after: int | None = -1
    while after is not None:
        page = staff().get(path, {"after": after, "limit": 2}).json()
        pages.append([batch["number"] for batch in page["batches"]])
        after = page["next"]
    assert pages == [[0, 2], [4, 6], [8]]
    assert staff().get(path).json()["batches"][0]["events"] == [visits.event(data="0")]
    monkeypatch.setattr(views, "PAGE_BYTES", 10)
    page = staff().get(path).json()
    assert (len(page["batches"]), page["next"]) == (1, 0)
    assert staff().get(path, {"limit": 501}).status_code == 400


def test_whose_key_is_lost_is_said(settings: Any) -> None:
    recording = visits.recording()
    visits.store(visits.batch(recording, visits.event(), number=0))
    settings.RECORDINGS_KEY = ["B" * 43 + "="]
    answer = staff().get(f"/api/recordings/{recording.pk}/events")
    assert answer.status_code == 409
    assert "no longer has the key" in answer.json()["message"]


def test_the_archive_has_all_of_it(commits: Commits) -> None:
    recording = visits.recording()
    for number in range(archive.PAGE + 1):
        visits.store(visits.batch(recording, visits.event(at=number), number=number))
    said(b"no sound at all", part=1, of=recording)
    finish_partly(said(sounds.webm(1), of=recording), commits)
    Note.objects.write(recording, factories.user("staff"), 5, "Lost here")
    visits.transcribed(recording.tracks.get(), (0, 9, "Where is the cart?"))
    answer = staff().get(f"/api/recordings/{recording.pk}/archive")
    assert answer["Content-Type"] == "application/zip"
    content = zipfile.ZipFile(io.BytesIO(answer.getvalue()))
    assert content.testzip() is None
    lines = [json.loads(line) for line in content.read("events.jsonl").splitlines()]
    assert [event["timestamp"] for line in lines for event in line] == [
        visits.START + n for n in range(archive.PAGE + 1)
    ]
    assert content.read("audio/0.webm") == listen(recording.tracks.get())
    assert content.read("audio/pieces-of-1") == b"no sound at all"
    assert json.loads(content.read("notes.json"))[0]["text"] == "Lost here"
    said_there = {"part": 0, "start_ms": 0, "end_ms": 9, "text": "Where is the cart?"}
    assert json.loads(content.read("transcript.json")) == [said_there]
    assert json.loads(content.read("recording.json"))["id"] == recording.pk


def finish_partly(recording: Recording, commits: Commits) -> None:
    """Where one part cannot be read the others are made files of."""
    with commits():
        recording.end()
    recording.refresh_from_db()
    assert recording.last_error
