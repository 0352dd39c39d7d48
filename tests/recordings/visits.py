"""Visits that are recorded, for tests."""

import json
import secrets
from typing import Any

from recordings import ingest
from recordings.ingest import Item, Outcome
from recordings.models import AudioTrack, Participant, Recording, TrackTranscript
from recordings.models.track_transcript import Passage
from tests import factories

START = 1_700_000_000_000  # ms


def participant() -> Participant:
    return Participant.objects.claim(secrets.token_hex(8), factories.identity())


def recording(of: Participant | None = None, url: str = "https://shop.example/") -> Recording:
    person = of or participant()
    identity = factories.identity()
    person.identity = identity.key
    person.save()
    return Recording.objects.start(person, identity, url)


def event(kind: str = "mouse:position", data: Any = '{"x":1,"y":2}', at: int = 0) -> dict[str, Any]:
    return {"event": kind, "data": data, "timestamp": START + at}


def batch(of: Recording, *events: dict[str, Any], number: int | None = None) -> Item:
    moments = [each["timestamp"] for each in events] or [START]
    return Item(
        recording_id=of.pk,
        kind="events",
        data=json.dumps(list(events)).encode(),
        first_ms=min(moments),
        last_ms=max(moments),
        number=number,
        count=len(events),
        kinds=tuple(dict.fromkeys(each["event"] for each in events)),
    )


def sound(of: Recording, data: bytes, number: int | None = None, part: int = 0, at: int = 0) -> Item:
    return Item(
        recording_id=of.pk,
        kind="audio",
        data=data,
        first_ms=START + at,
        last_ms=START + at,
        number=number,
        part=part,
    )


def store(*items: Item) -> list[Outcome]:
    return ingest.store(items)


def events(of: Recording) -> list[dict[str, Any]]:
    """All events that were stored, in order."""
    box = Recording.objects.get(pk=of.pk).box
    return [event for batch in of.batches.order_by("number") for event in batch.events(box)]


def heard(of: Recording, part: int = 0) -> bytes:
    """The pieces of a part as they came."""
    box = Recording.objects.get(pk=of.pk).box
    return b"".join(chunk.read(box) for chunk in of.chunks.filter(part=part).order_by("number"))


def transcribed(track: AudioTrack, *passages: tuple[int, int, str]) -> None:
    """What was said in a track, each passage with its first and last ms from the recording's start."""
    TrackTranscript.of(track.recording, track, [Passage(*each) for each in passages]).save()
