"""Recordings as our own REST answers them."""

from typing import Any

from rest_framework import serializers

from recordings.models import AudioTrack, Recording, Status


class AudioTrackSerializer(serializers.ModelSerializer[AudioTrack]):
    durationMs = serializers.IntegerField(source="duration_ms")
    offsetMs = serializers.IntegerField(source="offset_ms", help_text="from the recording's start")

    class Meta:
        model = AudioTrack
        fields = ["part", "path", "mime", "size", "durationMs", "offsetMs"]

    path = serializers.CharField(help_text="where it is heard")


class RecordedParticipantSerializer(serializers.Serializer[Any]):
    id = serializers.CharField()
    email = serializers.CharField()
    name = serializers.CharField()


class RecordingConsentSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    at = serializers.DateTimeField()


class RecordingSerializer(serializers.ModelSerializer[Recording]):
    participant = RecordedParticipantSerializer(allow_null=True)
    consent = RecordingConsentSerializer(allow_null=True)
    status = serializers.ChoiceField(Status.choices)
    createdAt = serializers.DateTimeField(source="created_at")
    updatedAt = serializers.DateTimeField(source="updated_at")
    lastAt = serializers.DateTimeField(source="last_at", help_text="when something came the last time")
    endedAt = serializers.DateTimeField(source="ended_at", allow_null=True)
    firstMs = serializers.IntegerField(source="first_ms", allow_null=True, help_text="its start: of its first event")
    durationMs = serializers.IntegerField(source="duration_ms")
    eventCount = serializers.IntegerField(source="event_count")
    byteCount = serializers.IntegerField(source="byte_count")
    expiresAt = serializers.DateTimeField(source="expires_at", allow_null=True, help_text="null: it is never deleted")
    lastError = serializers.CharField(source="last_error", help_text="why its audio could not be made into files yet")
    audio = AudioTrackSerializer(source="tracks", many=True)

    class Meta:
        model = Recording
        fields = [
            "id",
            "participant",
            "consent",
            "status",
            "url",
            "createdAt",
            "updatedAt",
            "lastAt",
            "endedAt",
            "connections",
            "firstMs",
            "durationMs",
            "eventCount",
            "byteCount",
            "pinned",
            "expiresAt",
            "lastError",
            "audio",
        ]


class RecordingsSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    data = RecordingSerializer(many=True)  # type: ignore[assignment] # a field of this name
    count = serializers.IntegerField()
    searchedSince = serializers.DateTimeField(
        required=False,
        allow_null=True,
        help_text="with `q`: recordings that began before were not looked through, which is gone on with by `to`;"
        " null where all were",
    )


class RecordingChangesSerializer(serializers.Serializer[Any]):
    pinned = serializers.BooleanField(help_text="whether it is kept for longer than others")


class QuerySerializer(serializers.Serializer[Any]):
    """What of the list is asked for."""

    participant = serializers.CharField(required=False, max_length=64)
    status = serializers.ChoiceField(Status.choices, required=False)
    url = serializers.CharField(required=False, max_length=200, help_text="a part of the first page's address")
    hasAudio = serializers.BooleanField(required=False, allow_null=True, default=None)
    pinned = serializers.BooleanField(required=False, allow_null=True, default=None)
    q = serializers.CharField(required=False, max_length=200, help_text="what was said, or what a note says")

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        """Python keeps the word `from` to itself."""
        return {
            **super().get_fields(),
            "from": serializers.DateTimeField(required=False, help_text="begun at this moment or later"),
            "to": serializers.DateTimeField(required=False, help_text="begun before this moment"),
        }


class EventsQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(required=False, min_value=-1, max_value=2**53, default=-1)
    limit = serializers.IntegerField(required=False, min_value=1, max_value=500, default=100)


class StoredEventSerializer(serializers.Serializer[Any]):
    event = serializers.CharField()
    data = serializers.JSONField()  # type: ignore[assignment] # a field of this name
    timestamp = serializers.FloatField()


class EventBatchSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    events = StoredEventSerializer(many=True)


class EventBatchesSerializer(serializers.Serializer[Any]):
    batches = EventBatchSerializer(many=True)
    next = serializers.IntegerField(allow_null=True, help_text="`after` of the next page; null after the last")
