"""What clients send is stored once, sealed, and whatever one of them sends harms no other."""

from typing import Any

import msgspec
import pytest
from django.db import connection

from realtime import errors
from recordings import ingest, space
from recordings.ingest import Outcome
from recordings.models import AudioChunk, EventBatch, Recording, Status
from tests.recordings import visits

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def test_events_and_audio_of_several_recordings_are_stored_in_one_go() -> None:
    ann, bob = visits.recording(), visits.recording()
    outcomes = visits.store(
        visits.batch(ann, visits.event(at=5), visits.event("click:event", "{}", at=1500), number=0),
        visits.sound(bob, b"sound", number=0),
        visits.batch(bob, visits.event("other"), number=7),
    )
    assert outcomes == [Outcome.STORED] * 3
    assert [event["event"] for event in visits.events(ann)] == ["mouse:position", "click:event"]
    assert visits.heard(bob) == b"sound"
    ann.refresh_from_db()
    assert (ann.event_count, ann.first_ms, ann.duration_ms) == (2, visits.START + 5, 1495)
    assert EventBatch.objects.get(recording=ann).kinds == "mouse:position\nclick:event"


def test_the_same_again_is_stored_once_and_something_else_is_refused() -> None:
    ann = visits.recording()
    first = visits.batch(ann, visits.event(), number=3)
    other = visits.batch(ann, visits.event(data="else"), number=3)
    assert visits.store(first, first, other) == [Outcome.STORED, Outcome.ALREADY, Outcome.CONFLICT]
    assert visits.store(first, other) == [Outcome.ALREADY, Outcome.CONFLICT]
    assert visits.store(visits.sound(ann, b"a", 0), visits.sound(ann, b"b", 0)) == ["stored", "conflict"]
    assert visits.store(visits.sound(ann, b"b", 0, part=1)) == [Outcome.STORED]
    ann.refresh_from_db()
    assert (ann.event_count, len(visits.events(ann))) == (1, 1)


def test_a_repeat_is_known_after_the_recording_is_over_too() -> None:
    ann = visits.recording()
    first = visits.batch(ann, visits.event(), number=0)
    visits.store(first)
    Recording.objects.update(status=Status.FINISHED)
    later = visits.batch(ann, visits.event(), number=1)
    assert visits.store(first, later) == [Outcome.ALREADY, Outcome.FINISHED]


def test_what_has_no_number_is_joined_in_order() -> None:
    ann = visits.recording()
    visits.store(visits.batch(ann, visits.event(at=0), number=4))
    items = [visits.batch(ann, visits.event("click:event", str(n), at=n)) for n in range(20)]
    items += [visits.sound(ann, bytes([n])) for n in range(20)]
    assert set(visits.store(*items)) == {Outcome.STORED}
    assert set(visits.store(visits.sound(ann, b"\xff"))) == {Outcome.STORED}
    assert [event["data"] for event in visits.events(ann)[1:]] == [str(n) for n in range(20)]
    assert visits.heard(ann) == bytes(range(20)) + b"\xff"
    assert EventBatch.objects.count() == 2
    assert list(EventBatch.objects.order_by("number").values_list("number", flat=True)) == [4, 5]
    assert AudioChunk.objects.count() == 2


def test_joined_rows_stay_small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ingest, "JOINED", 100)
    ann = visits.recording()
    visits.store(*(visits.sound(ann, bytes(60)) for _ in range(5)))
    assert [chunk.size for chunk in AudioChunk.objects.all()] == [60] * 5


def test_nothing_of_it_can_be_read_in_the_database() -> None:
    ann = visits.recording()
    visits.store(
        visits.batch(ann, visits.event(data="my hidden words" * 3), number=0), visits.sound(ann, b"spoken words", 0)
    )
    with connection.cursor() as cursor:
        for table in ("recordings_eventbatch", "recordings_audiochunk"):
            cursor.execute(f"SELECT data, digest FROM {table}")
            stored = b"".join(bytes(value) for row in cursor.fetchall() for value in row)
            assert b"words" not in stored
            assert b"hidden" not in stored


def test_a_deleted_recording_takes_nothing_and_the_others_do() -> None:
    ann, bob = visits.recording(), visits.recording()
    ann.remove()
    outcomes = visits.store(visits.batch(ann, visits.event(), number=0), visits.batch(bob, visits.event(), number=0))
    assert outcomes == [Outcome.GONE, Outcome.STORED]


@pytest.mark.parametrize(
    "change",
    [{"first_ms": -1}, {"last_ms": 2**63}, {"number": -1}, {"number": 2**70}, {"part": -1}, {"count": 2**40}],
    ids=str,
)
def test_a_number_that_the_database_cannot_take_refuses_nobody_else(change: dict[str, int]) -> None:
    ann, bob = visits.recording(), visits.recording()
    bad = msgspec.structs.replace(visits.sound(ann, b"x", 0), **change)
    assert visits.store(bad, visits.batch(bob, visits.event(), number=0)) == [Outcome.INVALID, Outcome.STORED]


@pytest.mark.parametrize("data", [b'[{"password"', b"[" * 5000 + b'"token"' + b"]" * 5000], ids=["cut", "deep"])
def test_what_is_no_array_of_events_refuses_nobody_else(data: bytes) -> None:
    ann = visits.recording()
    bad = msgspec.structs.replace(visits.batch(ann, visits.event()), data=data, kinds=("click:event",))
    good = visits.batch(ann, visits.event(), number=0)
    assert visits.store(bad, good) == [Outcome.INVALID, Outcome.STORED]
    assert len(visits.events(ann)) == 1


def test_names_of_events_are_whatever_a_client_says() -> None:
    ann = visits.recording()
    item = visits.batch(ann, visits.event(), number=0)
    item = msgspec.structs.replace(item, kinds=("a\x00b\ud800", "c" * 600))
    assert visits.store(item) == [Outcome.STORED]
    assert EventBatch.objects.get().kinds.startswith("ab\nccc")


def test_a_recording_has_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    ann = visits.recording()
    monkeypatch.setattr(ingest, "MAX_BYTES", 10)
    assert visits.store(visits.sound(ann, bytes(8), 0), visits.sound(ann, bytes(8), 1)) == ["stored", "full"]
    assert visits.store(visits.sound(ann, b"", 2, part=ingest.MAX_PARTS)) == [Outcome.FULL]
    monkeypatch.setattr(ingest, "MAX_EVENTS", 1)
    assert visits.store(visits.batch(ann, visits.event(), number=0)) == [Outcome.FULL]


def test_a_recording_whose_key_is_lost_takes_nothing_and_the_others_do(
    settings: Any, caplog: pytest.LogCaptureFixture
) -> None:
    ann = visits.recording()
    settings.RECORDINGS_KEY = ["B" * 43 + "="]
    bob = visits.recording()
    outcomes = visits.store(visits.batch(ann, visits.event(), number=0), visits.batch(bob, visits.event(), number=0))
    assert outcomes == [Outcome.DAMAGED, Outcome.STORED]
    assert ann.pk in caplog.text


def test_below_a_free_space_nothing_is_recorded(settings: Any) -> None:
    ann = visits.recording()
    settings.RECORDINGS_MIN_FREE_BYTES = 2**60
    space._asked_at = float("-inf")
    with pytest.raises(errors.RequestRefused, match="short of disk space") as refused:
        visits.store(visits.batch(ann, visits.event(), number=0))
    assert refused.value.code == "storage_full"
    with pytest.raises(errors.RequestRefused, match="short of disk space"):
        visits.recording()
    assert not EventBatch.objects.exists()


def test_without_encryption_it_is_stored_as_it_is(settings: Any) -> None:
    settings.RECORDINGS_ENCRYPTION, settings.RECORDINGS_KEY = False, []
    ann = visits.recording()
    visits.store(visits.batch(ann, visits.event(), number=0), visits.sound(ann, b"sound", 0))
    assert bytes(AudioChunk.objects.get().data) == b"sound"
    assert len(visits.events(ann)) == 1
    assert ann.wrapped_key is None
