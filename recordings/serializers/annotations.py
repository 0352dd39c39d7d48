"""What researchers add to a recording, what was said in it, and what the replay needs to know of it."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import demanded
from recordings.models import Note
from recordings.models.annotation import MAX_NOTE

STATES = ("off", "none", "waiting", "done", "failed")
LATEST = 2**31 - 1  # ms


class NoteSerializer(serializers.ModelSerializer[Note]):
    """Takes the request and the recording's `box` as context."""

    atMs = serializers.IntegerField(source="at_ms", help_text="from the recording's start")
    text = serializers.SerializerMethodField()
    by = serializers.SerializerMethodField(help_text="who wrote it; empty where their account is gone")
    mine = serializers.SerializerMethodField(help_text="whether the sender may delete it")
    createdAt = serializers.DateTimeField(source="created_at")

    class Meta:
        model = Note
        fields = ["id", "atMs", "text", "by", "mine", "createdAt"]

    def get_text(self, note: Note) -> str:
        return note.read(self.context["box"])

    def get_by(self, note: Note) -> str:
        return note.by.username if note.by else ""

    @extend_schema_field(serializers.BooleanField())
    def get_mine(self, note: Note) -> bool:
        return note.may_be_removed_by(self.context["request"].user)


class WrittenSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=MAX_NOTE, error_messages=demanded("Text is required"))
    atMs = serializers.IntegerField(min_value=0, max_value=LATEST, help_text="from the recording's start")


class PassageSerializer(serializers.Serializer[Any]):
    part = serializers.IntegerField(help_text="of the audio")
    startMs = serializers.IntegerField(help_text="from the recording's start")
    endMs = serializers.IntegerField()
    text = serializers.CharField()


class TranscriptSerializer(serializers.Serializer[Any]):
    """`off`: no TRANSCRIBE is set; `none`: nothing was said or the recording is not finished."""

    status = serializers.ChoiceField(STATES)
    error = serializers.CharField(help_text="why the latest try has failed")
    passages = PassageSerializer(many=True)


class PageSerializer(serializers.Serializer[Any]):
    at = serializers.IntegerField()
    url = serializers.CharField()


class KeyframeSerializer(serializers.Serializer[Any]):
    at = serializers.IntegerField()
    number = serializers.IntegerField(help_text="of the batch that it is in")
    scene = serializers.IntegerField(required=False, help_text="of the batch with the page's first look")
    scroll = serializers.ListField(child=serializers.FloatField(), required=False)


class HeardSerializer(serializers.Serializer[Any]):
    part = serializers.IntegerField()
    url = serializers.CharField()
    mime = serializers.CharField()
    offset = serializers.IntegerField()
    duration = serializers.IntegerField()
    levels = serializers.CharField(help_text="base64 of a byte for every 100 ms: how loud it is")
    spoken = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))


class OutlineSerializer(serializers.Serializer[Any]):
    """All times are milliseconds from the recording's start."""

    start = serializers.IntegerField(help_text="the start itself, as Unix time in milliseconds")
    duration = serializers.IntegerField()
    old = serializers.BooleanField(help_text="whether it has only ShopAloud's events, and none of rrweb's snapshots")
    complete = serializers.BooleanField(help_text="whether all events were read; else another request reads on")
    batches = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="number, first and last time of each"
    )
    keyframes = KeyframeSerializer(many=True, help_text="where a replay can begin")
    pages = PageSerializer(many=True)
    clicks = serializers.ListField(child=serializers.IntegerField())
    idle = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()), help_text="when nothing is done or said for 10 s"
    )
    tracks = HeardSerializer(many=True)
