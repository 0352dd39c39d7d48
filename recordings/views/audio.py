"""What was said, as a file that a player can seek in: through this server, which opens the seals, or at the storage."""

import re

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import quote_etag
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts import identity as identities
from recordings import segments, storage
from recordings.models import AudioTrack, Recording
from recordings.views import streaming
from recordings.views.access import Anything, StaffOrTrusted
from rest import schema

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")  # RFC 9110, section 14.2; of several ranges the whole is answered


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
        if not track.recording.wrapped_key and not storage.is_local():
            return HttpResponseRedirect(storage.current().url(track.file))
        etag = quote_etag(track.file)
        is_same = request.headers.get("If-Range", etag) == etag
        try:
            part_asked = _range(request.headers.get("Range", "") if is_same else "", track.size)
        except ValueError:
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{track.size}"})
        start, length = part_asked or (0, track.size)
        headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "ETag": etag}
        if part_asked:
            headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{track.size}"
        pieces = segments.read(track.recording.box, track.file, track.size, start, length)
        status = 206 if part_asked else 200
        return streaming.answer(request, pieces, status=status, content_type=track.mime, headers=headers)

    def track(self, request: Request, pk: str, part: int) -> AudioTrack:
        """The track; raises AudioTrack.DoesNotExist for those who may not listen, too."""
        recordings = Recording.objects.kept()
        if not StaffOrTrusted().has_permission(request, self):
            proven = identities.Identity.of_request(request).proven
            recordings = recordings.filter(participant__identity__in=proven)
        tracks = AudioTrack.objects.filter(recording__in=recordings).select_related("recording")
        return tracks.get(recording=pk, part=part)


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """Where the range begins, and how long it is; None where the whole is asked for.

    Raises ValueError for a range that the file does not have.
    """
    found = RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size - 1
    else:
        start, end = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise ValueError("the range begins after the end")
    return start, end + 1 - start
