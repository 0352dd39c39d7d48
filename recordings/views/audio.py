"""What was said, as a file that a player can seek in: through this server, which opens the seals, or at the storage."""

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import identity as identities
from recordings.models import AudioTrack, Recording
from recordings.views import ranges
from recordings.views.access import Anything, StaffOrTrusted
from rest import schema


class Audio(APIView):
    """For staff, and for whoever said it. For everyone else it is not there."""

    noun = "Recording"
    permission_classes = [AllowAny]
    content_negotiation_class = Anything

    @extend_schema(
        responses={
            (200, "audio/webm"): OpenApiResponse(OpenApiTypes.BINARY, description="the whole, or a range (206)"),
            302: OpenApiResponse(description="where the storage has it, with encryption off"),
            416: OpenApiResponse(description="the range begins after the end"),
            **schema.errors(404),
        }
    )
    def get(self, request: Request, pk: str, part: int, suffix: str) -> HttpResponseBase:
        track = self.track(request, pk, part)
        if track.suffix != f".{suffix}":
            raise AudioTrack.DoesNotExist
        recording = track.recording
        return ranges.answer(request, recording.box, ranges.Stored(track.file, track.size, track.mime))

    def track(self, request: Request, pk: str, part: int) -> AudioTrack:
        """The track; raises AudioTrack.DoesNotExist for those who may not listen, too."""
        recordings = Recording.objects.kept()
        if not StaffOrTrusted().has_permission(request, self):
            proven = identities.Identity.of_request(request).proven
            recordings = recordings.filter(participant__identity__in=proven)
        tracks = AudioTrack.objects.filter(recording__in=recordings).select_related("recording")
        return tracks.get(recording=pk, part=part)
