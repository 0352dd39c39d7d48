"""Recordings as ShopAloud's dashboards read them: they call them sessions, and participants users."""

from typing import Any

from rest_framework import serializers

from recordings.models import Participant, Recording
from recordings.newest import Budget, Newest


class RecordedEventSerializer(serializers.Serializer[Any]):
    data = serializers.JSONField(help_text="as it was sent")  # type: ignore[assignment] # a field of this name
    timestamp = serializers.FloatField(help_text="milliseconds since 1970")


class OtherRecordedEventSerializer(RecordedEventSerializer):
    event = serializers.CharField()


class RecordedEventsSerializer(serializers.Serializer[Any]):
    """The newest 1,000 of each kind; a kind of which there are none is left out."""

    mousePositions = RecordedEventSerializer(many=True, required=False)
    scrollPositions = RecordedEventSerializer(many=True, required=False)
    clickEvents = RecordedEventSerializer(many=True, required=False)
    domMutations = RecordedEventSerializer(many=True, required=False)
    videoStream = RecordedEventSerializer(many=True, required=False)
    other = OtherRecordedEventSerializer(many=True, required=False)
    connectionCount = serializers.IntegerField(required=False)


class RecordedSessionSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    audioPaths = serializers.ListField(child=serializers.CharField())
    events = RecordedEventsSerializer()
    eventsTruncated = serializers.BooleanField(help_text="all are at /api/recordings/{id}/events")
    userId = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()


class RecordedSessionsSerializer(serializers.Serializer[Any]):
    sessions = RecordedSessionSerializer(many=True)


class WholeRecordedSessionSerializer(RecordedSessionSerializer):
    videoPaths = serializers.ListField(child=serializers.CharField(), help_text="always empty")
    updatedAt = serializers.DateTimeField()


class RecordedSessionAnswerSerializer(serializers.Serializer[Any]):
    session = WholeRecordedSessionSerializer(allow_null=True)


class RecordedUserSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    email = serializers.CharField(allow_null=True)
    name = serializers.CharField(allow_null=True)
    createdAt = serializers.DateTimeField()
    updatedAt = serializers.DateTimeField()
    numSessions = serializers.IntegerField()
    events = RecordedEventsSerializer()
    eventsTruncated = serializers.BooleanField()


class RecordedUsersSerializer(serializers.Serializer[Any]):
    users = RecordedUserSerializer(many=True)


def session(recording: Recording, site: str, budget: Budget) -> dict[str, Any]:
    """A row of the list; `site` is what the addresses of audio begin with."""
    newest = Newest(budget)
    newest.read(recording)
    return {
        "id": recording.pk,
        "audioPaths": [site + path for path in recording.audio_paths],
        "events": newest.as_events(recording.connections),
        "eventsTruncated": newest.truncated,
        "userId": recording.participant_id,
        "createdAt": recording.created_at,
    }


def whole_session(recording: Recording, site: str) -> dict[str, Any]:
    shown = session(recording, site, Budget())
    return {**shown, "videoPaths": [], "updatedAt": recording.updated_at}


def user(participant: Participant, budget: Budget) -> dict[str, Any]:
    """A participant with the newest events of all their recordings."""
    newest = Newest(budget)
    recordings = participant.recordings.kept().order_by("-created_at")
    for recording in recordings:
        newest.read(recording)
        if newest.truncated:
            break
    return {
        "id": participant.pk,
        "email": participant.email or None,
        "name": participant.name or None,
        "createdAt": participant.created_at,
        "updatedAt": participant.updated_at,
        "numSessions": len(recordings),
        "events": newest.as_events(),
        "eventsTruncated": newest.truncated,
    }
