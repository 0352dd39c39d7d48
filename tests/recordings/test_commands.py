"""What operators do by hand: each can be tried without doing it, and done twice."""

import base64
from datetime import timedelta
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from recordings import storage
from recordings.models import Participant, Recording, Status
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def command(name: str, *arguments: str) -> str:
    written = StringIO()
    call_command(name, *arguments, stdout=written, stderr=written)
    return written.getvalue()


def test_recordings_are_finished(commits: Commits) -> None:
    quiet, failed = said(sounds.webm(1)), said(sounds.webm(1))
    Recording.objects.filter(pk=quiet.pk).update(last_at=timezone.now() - timedelta(hours=1))
    Recording.objects.filter(pk=failed.pk).update(status=Status.FAILED)
    assert "1 recordings would be ended" in command("finish_recordings", "--dry-run")
    assert "1 recordings would be tried again" in command("finish_recordings", "--dry-run", "--retry-failed")
    assert Recording.objects.running().count() == 1
    with commits():
        assert "1 recordings ended" in command("finish_recordings", "--retry-failed")
    assert {*Recording.objects.values_list("status", flat=True)} == {Status.FINISHED}
    assert "0 recordings ended" in command("finish_recordings", "--retry-failed")


def test_recordings_are_pruned_and_strays_with_them(commits: Commits) -> None:
    old, kept = visits.recording(), visits.recording()
    Recording.objects.filter(pk=old.pk).update(expires_at=timezone.now())
    storage.save("stray/0", BytesIO(b"x"), "audio/webm")
    storage.save(f"{kept.pk}/0", BytesIO(b"x"), "audio/webm")
    tried = command("prune_recordings", "--files", "--dry-run")
    assert "1 recordings would be deleted" in tried
    assert "1 folders of no recording would be deleted" in tried
    assert set(storage.folders()) == {"stray", kept.pk}
    with commits():
        command("prune_recordings", "--files")
    assert storage.folders() == [kept.pk]
    assert Recording.objects.get() == kept


def test_recordings_and_participants_are_deleted_by_id(commits: Commits) -> None:
    one, two = visits.recording(), visits.recording()
    assert "would be deleted" in command("delete_recording", one.pk, "--dry-run")
    assert "would be deleted with 1 recordings" in command("delete_participant", str(two.participant_id), "--dry-run")
    assert Recording.objects.count() == 2
    with commits():
        assert "no such recording" in command("delete_recording", one.pk, "unknown")
        assert "deleted with 1 recordings" in command("delete_participant", str(two.participant_id))
    assert "no such participant" in command("delete_participant", str(two.participant_id))
    assert not Recording.objects.exists()


def test_a_person_who_is_erased_takes_their_recordings_along(commits: Commits) -> None:
    someone = factories.identity()
    person = Participant.objects.claim("someone", someone)
    Recording.objects.start(person, someone)
    other = visits.recording()
    with commits():
        assert "1 participants deleted with all their recordings" in command("erase", someone.key)
    assert Recording.objects.get() == other


def test_keys_are_wrapped_anew(settings: Any) -> None:
    recording = visits.recording()
    visits.store(visits.batch(recording, visits.event(), number=0))
    new, lost = (base64.b64encode(letter * 32).decode() for letter in (b"n", b"l"))
    settings.RECORDINGS_KEY = [new, *settings.RECORDINGS_KEY]
    assert "1 keys would be wrapped anew" in command("rewrap_recordings", "--dry-run")
    assert "1 keys wrapped anew, 0 cannot" in command("rewrap_recordings")
    assert "0 keys wrapped anew" in command("rewrap_recordings")
    settings.RECORDINGS_KEY = [new]
    assert len(visits.events(recording)) == 1
    settings.RECORDINGS_KEY = [lost]
    assert "1 cannot be opened" in command("rewrap_recordings")
