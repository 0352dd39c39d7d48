"""Whatever order batches come in, however often, and however they are gathered: each is stored once."""

import json

import hypothesis
import pytest
from django.db import transaction
from hypothesis import strategies as st

from recordings.ingest import Item, Outcome
from recordings.models import Recording
from tests.recordings import visits

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

SENT = st.tuples(st.sampled_from(["events", "audio"]), st.integers(0, 3), st.integers(0, 1), st.integers(0, 2))
CALLS = st.lists(st.lists(SENT, max_size=6), max_size=6)


@hypothesis.settings(max_examples=30)
@hypothesis.given(calls=CALLS)
def test_ingest_is_idempotent_under_any_order_of_repeats(calls: list[list[tuple[str, int, int, int]]]) -> None:
    with transaction.atomic():
        recording = visits.recording()
        kept: dict[tuple[str, int, int], int] = {}
        for call in calls:
            items, expected = [], []
            for kind, number, part, content in call:
                key = (kind, part if kind == "audio" else 0, number)
                first = kept.setdefault(key, content) if key not in kept else None
                again = Outcome.ALREADY if kept[key] == content else Outcome.CONFLICT
                expected.append(Outcome.STORED if first is not None else again)
                items.append(item(recording, kind, number, part, content))
            assert visits.store(*items) == expected
        stored = {
            ("events", 0, batch.number): json.loads(batch.read(recording.box))[0]["data"]
            for batch in recording.batches.all()
        }
        for chunk in recording.chunks.all():
            stored["audio", chunk.part, chunk.number] = chunk.read(recording.box)[0]
        assert stored == kept
        recording.refresh_from_db()
        assert recording.event_count == sum(kind == "events" for kind, *_ in kept)
        transaction.set_rollback(True)


def item(recording: Recording, kind: str, number: int, part: int, content: int) -> Item:
    if kind == "events":
        return visits.batch(recording, visits.event(data=content), number=number)
    return visits.sound(recording, bytes([content]), number=number, part=part)
