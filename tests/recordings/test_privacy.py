"""Nothing is recorded without consent, nobody feeds another's recording, and what is deleted leaves no bytes."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from accounts import identity as identities
from config import jobs
from realtime import errors
from recordings import storage
from recordings.models import Consent, Note, Participant, Recording, Status
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import finish, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

TABLES = ("recording", "participant", "consent", "eventbatch", "audiochunk", "audiotrack", "note", "tracktranscript")


def rows() -> dict[str, int]:
    """The tables that have rows."""
    with connection.cursor() as cursor:
        counts = {}
        for table in TABLES:
            cursor.execute(f"SELECT count(*) FROM recordings_{table}")
            counts[table] = cursor.fetchone()[0]
    return {table: count for table, count in counts.items() if count}


def complete(commits: Commits) -> Recording:
    """A recording with something in every table."""
    recording = visits.recording()
    visits.store(visits.batch(recording, visits.event(), number=0))
    finish(said(sounds.webm(1), of=recording), commits)
    Note.objects.write(recording, None, 1, "a note")
    visits.transcribed(recording.tracks.get(), (0, 1, "words"))
    return recording


# --- consent


def test_without_a_consent_nothing_is_recorded(settings: Any) -> None:
    settings.REQUIRE_CONSENT = True
    someone = factories.identity()
    person = Participant.objects.claim("someone", someone)
    with pytest.raises(errors.RequestRefused) as refused:
        Recording.objects.start(person, someone)
    assert refused.value.code == "consent_required"
    declined = Consent.objects.record(someone, "2026-01", declined=True)
    with pytest.raises(errors.RequestRefused):
        Recording.objects.start(person, someone, consent=declined)
    assert Consent.objects.given(someone) is None
    agreed = Consent.objects.record(someone, "2026-01", participant=person)
    assert Consent.objects.given(someone) == agreed
    recording = Recording.objects.start(person, someone, consent=agreed)
    assert (recording.consent, recording.consent and recording.consent.version) == (agreed, "2026-01")


def test_declining_deletes_the_visit_and_leaves_earlier_ones(commits: Commits) -> None:
    someone = factories.identity()
    person = Participant.objects.claim("someone", someone)
    earlier = Recording.objects.start(person, someone)
    visits.store(visits.batch(earlier, visits.event(), number=0))
    finish(earlier, commits)
    going_on = Recording.objects.start(person, someone)
    visits.store(visits.batch(going_on, visits.event(), number=0))
    with commits():
        Consent.objects.record(someone, "2026-01", declined=True, participant=person)
    assert list(Recording.objects.all()) == [earlier]
    assert Consent.objects.get().declined


# --- whose it is


def test_whoever_comes_with_an_id_first_has_it(settings: Any) -> None:
    first, second = factories.identity(), factories.identity()
    person = Participant.objects.claim("someone", first)
    assert Participant.objects.claim("someone", first) == person
    for act in (lambda: Participant.objects.claim("someone", second), lambda: Recording.objects.start(person, second)):
        with pytest.raises(errors.RequestRefused, match="somebody else") as refused:
            act()
        assert refused.value.code == "forbidden"
    settings.TRUST_DECLARED_IDENTITY = True
    assert Participant.objects.claim("someone", second) == person


def test_who_logs_in_later_is_still_the_same() -> None:
    guest = factories.identity()
    person = Participant.objects.claim("someone", guest)
    logged_in = identities.Identity(factories.user(), guest.visitor)
    assert Participant.objects.claim("someone", logged_in) == person


def test_the_id_of_an_account_takes_its_token(settings: Any) -> None:
    user = factories.user()
    settings.TRUST_DECLARED_IDENTITY = True
    for stranger in (factories.identity(), identities.Identity(user, "a" * 32, declared=True)):
        with pytest.raises(errors.RequestRefused):
            Participant.objects.claim(str(user.pk), stranger)
    assert Participant.objects.claim(str(user.pk), factories.identity(user)).identity == f"user:{user.pk}"


def test_one_visit_is_one_recording(commits: Commits) -> None:
    someone = factories.identity()
    person = Participant.objects.claim("someone", someone)
    first = Recording.objects.go_on_or_start(person, someone, "https://shop/?token=abc")
    assert first.url == "https://shop/?token=[redacted]"
    assert Recording.objects.go_on_or_start(person, someone) == first
    Recording.objects.filter(pk=first.pk).update(created_at=timezone.now() - timedelta(hours=13))
    with commits():
        second = Recording.objects.go_on_or_start(person, someone)
    assert second != first
    assert Recording.objects.running().get() == second


# --- what is deleted


def test_deleting_a_recording_leaves_no_bytes_of_it(commits: Commits, files: Path) -> None:
    recording, other = complete(commits), complete(commits)
    with commits():
        assert recording.remove()
    assert not recording.remove()
    assert list(Recording.objects.all()) == [other]
    assert storage.folders() == [other.pk]
    with commits():
        other.remove()
    assert {*rows()} == {"participant"}
    assert list(files.rglob("*")) == []


def test_the_key_is_destroyed_first(commits: Commits) -> None:
    recording = complete(commits)
    recording.remove()  # The process dies before it comes to the files.
    left = Recording.objects.get()
    assert left.wrapped_key is None
    assert left.removed_at is not None
    assert not Recording.objects.kept().exists()
    assert storage.files(recording.pk)
    jobs.prune_recordings()
    assert {*rows()} == {"participant"}
    assert storage.folders() == []


def test_deleting_a_participant_deletes_all_of_theirs(commits: Commits, files: Path) -> None:
    recording = complete(commits)
    person = recording.participant
    assert person is not None
    Consent.objects.record(factories.identity(), "1", participant=person)
    running = visits.recording(person)
    visits.store(visits.sound(running, b"sound", 0))
    with commits():
        person.remove()
    assert rows() == {}
    assert list(files.rglob("*")) == []


def test_what_is_old_is_deleted_unless_it_is_pinned(commits: Commits, settings: Any) -> None:
    old, pinned, new = complete(commits), complete(commits), complete(commits)
    assert new.expires_at is not None
    assert timedelta(days=89) < new.expires_at - timezone.now() <= timedelta(days=90)
    passed = timezone.now() - timedelta(seconds=1)
    Recording.objects.exclude(pk=new.pk).update(expires_at=passed)
    pinned.pin(True)
    with commits():
        jobs.prune_recordings()
    assert set(Recording.objects.all()) == {pinned, new}
    assert not Recording.objects.filter(pk=old.pk).exists()
    settings.RECORDINGS_RETENTION = timedelta(0)
    assert visits.recording().expires_at is None


def test_people_of_whom_nothing_is_kept_are_forgotten() -> None:
    person, recorded = visits.participant(), visits.recording()
    Consent.objects.record(factories.identity(), "1")
    old = timezone.now() - timedelta(days=91)
    Participant.objects.update(created_at=old)
    Consent.objects.update(stored_at=old)
    jobs.prune_recordings()
    assert Participant.objects.get() == recorded.participant
    assert not Participant.objects.filter(pk=person.pk).exists()
    assert not Consent.objects.exists()


def test_one_recording_at_a_time_and_only_known_states() -> None:
    recording = visits.recording()
    assert recording.participant is not None
    again = visits.recording(recording.participant)
    recording.refresh_from_db()
    assert (recording.status, again.status) == (Status.FINISHING, Status.RECORDING)
