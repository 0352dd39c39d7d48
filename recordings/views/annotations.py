"""Notes and the transcript of a recording over REST, and the outline that the replay begins with."""

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.authentication import sender
from accounts.models import User
from accounts.serializers import valid
from realtime import errors
from recordings import sealing
from recordings.models import Note, Outline, Recording, Transcript, track_transcript
from recordings.serializers import annotations as serializers
from recordings.views.access import Staff, find
from rest import responses, schema


class Annotator(BasePermission):
    """Who watches a recording reads what others have noted; who may add notes also deletes their own."""

    message = "Insufficient permissions"

    def has_permission(self, request: Request, view: APIView) -> bool:
        user = request.user
        if not isinstance(user, User) or not user.has_perm("recordings.view_recording"):
            return False
        return request.method in ("GET", "HEAD", "OPTIONS") or user.has_perm("recordings.add_note")


class Notes(APIView):
    noun = "Recording"
    permission_classes = [Annotator]

    @extend_schema(
        responses={200: schema.envelope(serializers.NoteSerializer, many=True), **schema.errors(401, 403, 404, 409)}
    )
    def get(self, request: Request, pk: str) -> Response:
        """All notes, in the order of their moments."""
        recording = find(pk)
        notes, context = recording.notes.select_related("by"), {"request": request, "box": recording.box}
        return responses.listing(list(serializers.NoteSerializer(notes, many=True, context=context).data))

    @extend_schema(
        request=serializers.WrittenSerializer,
        responses={
            201: schema.envelope(serializers.NoteSerializer, message=True),
            **schema.errors(400, 401, 403, 404, 409),
        },
    )
    def post(self, request: Request, pk: str) -> Response:
        recording = find(pk)
        given = valid(serializers.WrittenSerializer(data=request.data))
        note = Note.objects.write(recording, sender(request), given["atMs"], given["text"])
        shown = serializers.NoteSerializer(note, context={"request": request, "box": recording.box}).data
        return responses.success(shown, "Note added successfully", status=201)


class OneNote(APIView):
    noun = "Note"
    permission_classes = [Annotator]

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def delete(self, request: Request, pk: str, note: int) -> Response:
        """Deletes a note of one's own, or as an admin anybody's."""
        found = Note.objects.filter(recording__removed_at__isnull=True).get(recording=pk, pk=note)
        if not found.may_be_removed_by(sender(request)):
            raise errors.RequestRefused("forbidden", "This note is somebody else's")
        found.delete()
        return responses.success(message="Note deleted successfully")


class Transcripts(APIView):
    noun = "Recording"
    permission_classes = [Annotator]

    @extend_schema(
        responses={200: schema.envelope(serializers.TranscriptSerializer), **schema.errors(401, 403, 404, 409)},
    )
    def get(self, request: Request, pk: str) -> Response:
        """What was said, as text."""
        return responses.success(_transcript(find(pk)))

    @extend_schema(
        request=None,
        responses={
            200: schema.envelope(serializers.TranscriptSerializer, message=True),
            **schema.errors(401, 403, 404, 409),
        },
    )
    def post(self, request: Request, pk: str) -> Response:
        """Has it written anew in the background."""
        recording = find(pk)
        if not settings.TRANSCRIBE:
            raise errors.RequestRefused("unavailable", "No speech-to-text is set up: see TRANSCRIBE")
        Transcript.objects.ask(recording)
        return responses.success(_transcript(recording), "Transcript asked for successfully")


def _transcript(recording: Recording) -> dict[str, object]:
    passages = [
        {"part": part, "startMs": said.start_ms, "endMs": said.end_ms, "text": said.text}
        for part, said in track_transcript.passages(recording)
    ]
    row = Transcript.objects.filter(recording=recording).first()
    status = str(row.status) if row else ("none" if settings.TRANSCRIBE else "off")
    shown = {"status": status, "error": row.error if row else "", "passages": passages}
    return dict(serializers.TranscriptSerializer(shown).data)


class Outlines(APIView):
    noun = "Recording"
    permission_classes = [Staff]

    @extend_schema(
        responses={200: schema.envelope(serializers.OutlineSerializer), **schema.errors(401, 403, 404, 409)},
    )
    def get(self, request: Request, pk: str) -> Response:
        """What happened when: where a replay can begin and jump to, what is idle, when somebody speaks."""
        recording = find(pk)
        try:
            return responses.success(Outline.objects.of(recording))
        except sealing.Damaged:
            raise errors.RequestRefused("damaged", "This recording can't be opened any more: its key is gone") from None
