"""Recordings in the admin: found, heard, pinned, tried again and deleted; never edited."""

from typing import Any

import pytest
from django.contrib.admin.models import LogEntry

from recordings.models import Consent, Participant, Recording, Status
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import finish, said

pytestmark = pytest.mark.django_db

LIST, PEOPLE = "/admin/recordings/recording/", "/admin/recordings/participant/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def staff(client: Any) -> Any:
    client.force_login(factories.user("staff"))
    return client


def act(client: Any, action: str, *recordings: Recording) -> None:
    answer = client.post(LIST, {"action": action, "_selected_action": [each.pk for each in recordings]})
    assert answer.status_code == 302


def test_staff_see_what_was_recorded_and_hear_it(staff: Any, commits: Commits) -> None:
    recording = finish(said(sounds.webm(1)), commits)
    Participant.objects.update(name="Ann Shopper")
    listed = staff.get(LIST).content.decode()
    for text in ("Ann Shopper", "https://shop.example/", "Finished"):
        assert text in listed
    page = staff.get(f"{LIST}{recording.pk}/change/").content.decode()
    assert f'src="{recording.audio_paths[0]}"' in page
    assert 'name="_save"' not in page
    person = staff.get(f"{PEOPLE}{recording.participant_id}/change/").content.decode()
    assert recording.pk in person


def test_what_failed_is_seen_with_its_error_and_tried_again(staff: Any, commits: Commits) -> None:
    recording = said(sounds.webm(1))
    Recording.objects.update(status=Status.FAILED, last_error="ConnectionError: no route to the storage")
    assert "no route to the storage" in staff.get(LIST, {"status__exact": "failed"}).content.decode()
    with commits():
        act(staff, "retry", recording)
    recording.refresh_from_db()
    assert (recording.status, recording.last_error) == (Status.FINISHED, "")


def test_recordings_are_ended_and_pinned(staff: Any, commits: Commits) -> None:
    recording = said(sounds.webm(1))
    with commits():
        act(staff, "end", recording)
    act(staff, "pin", recording)
    recording.refresh_from_db()
    assert (recording.status, recording.pinned) == (Status.FINISHED, True)
    act(staff, "unpin", recording)
    recording.refresh_from_db()
    assert not recording.pinned


def test_a_recording_and_a_person_are_deleted_and_the_log_does_not_keep_their_name(
    staff: Any, commits: Commits
) -> None:
    one, two = visits.recording(), visits.recording()
    Participant.objects.update(name="Ann Shopper", email="ann@example.org")
    Consent.objects.record(factories.identity(), "1", participant=two.participant)
    with commits():
        assert staff.post(f"{LIST}{one.pk}/delete/", {"post": "yes"}).status_code == 302
        assert "recordings" in staff.get(f"{PEOPLE}{two.participant_id}/delete/").content.decode()
        assert staff.post(f"{PEOPLE}{two.participant_id}/delete/", {"post": "yes"}).status_code == 302
    assert not Recording.objects.exists()
    assert not Consent.objects.exists()
    assert Participant.objects.get() == one.participant
    logged = " ".join(LogEntry.objects.values_list("object_repr", flat=True))
    assert one.pk in logged
    assert "Ann" not in logged
    assert "ann@" not in logged


@pytest.mark.parametrize("role", ["moderator", "creator"])
def test_others_do_not_see_them(client: Any, role: str) -> None:
    client.force_login(factories.user(role))
    recording = visits.recording()
    assert client.get(LIST).status_code in (302, 403)
    assert client.get(f"{LIST}{recording.pk}/change/").status_code in (302, 403)
