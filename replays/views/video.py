"""The video of a show: taken in slices from its broadcaster, and shown in ranges."""

from typing import IO, Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http.response import HttpResponseBase
from django.utils.http import content_disposition_header
from django.utils.text import slugify
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.parsers import BaseParser
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from recordings.views import ranges
from recordings.views.access import Anything
from replays import serializers, video
from replays.models import Replay, VideoPart
from replays.models.replay import MAX_MS
from rest import responses, schema
from streams.models import Stream


class BytesParser(BaseParser):
    """A body as it is; how long it may be, is looked at before Django."""

    media_type = "*/*"

    def parse(self, stream: IO[Any], media_type: Any = None, parser_context: Any = None) -> Any:
        return stream.read()


class OwnVideo(APIView):
    """An endpoint for those who run the show."""

    noun = "Session"
    error_style = "both"
    permission_classes = [IsAuthenticated]

    def stream(self, request: Request, session_id: UUID) -> Stream:
        return Stream.objects.find_controlled(session_id, identities.Identity.of_request(request))

    def part(self, request: Request, session_id: UUID, number: int) -> VideoPart:
        part = VideoPart.objects.filter(stream=self.stream(request, session_id), number=number).first()
        if part is None:
            raise VideoPart.DoesNotExist("Video not found")
        return part


class Parts(OwnVideo):
    @extend_schema(
        request=None,
        responses={
            201: schema.envelope(serializers.VideoBegunSerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        """Answers what the show's time is now, by which a recorder tells when it began."""
        stream = self.stream(request, session_id)
        stream.check_is_public("video")
        part = VideoPart.objects.begin(stream)
        begun = serializers.VideoBegunSerializer({"part": part.number, "t": part.at_ms})
        return responses.success(begun.data, "Video begun successfully", status=201)


class OnePart(OwnVideo):
    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def delete(self, request: Request, session_id: UUID, number: int) -> Response:
        self.part(request, session_id, number).delete()
        return responses.success(message="Video deleted successfully")


class End(OwnVideo):
    @extend_schema(request=None, responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def post(self, request: Request, session_id: UUID, number: int) -> Response:
        self.part(request, session_id, number).end()
        return responses.success(message="Video ended successfully")


class Slices(OwnVideo):
    parser_classes = [BytesParser]

    @extend_schema(
        parameters=[
            OpenApiParameter("t", int, description="of slice 0: when the part began, in ms of the show's time")
        ],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={
            200: schema.envelope(serializers.SliceSerializer, message=True),
            **schema.errors(400, 401, 403, 404, 409, 413),
        },
    )
    def put(self, request: Request, session_id: UUID, number: int, slice: int) -> Response:
        """The same slice under the same number is stored once, however often it comes."""
        part = self.part(request, session_id, number)
        data: Any = request.data or b""  # of an empty body REST framework makes something else
        is_new = part.take(slice, data, _time(request.query_params.get("t")))
        return responses.success(
            serializers.SliceSerializer({"stored": True, "isNew": is_new}).data, "Slice stored successfully"
        )


class Film(APIView):
    """A part as a file, for those who may see the replay. Those who run the show have it uncut."""

    noun = "Video"
    permission_classes = [AllowAny]
    content_negotiation_class = Anything

    @extend_schema(
        parameters=[
            OpenApiParameter("download", bool, description="`true`: as a file to keep"),
            OpenApiParameter("whole", bool, description="`true`: uncut, for those who run the show"),
        ],
        responses={
            (200, "video/webm"): OpenApiResponse(OpenApiTypes.BINARY, description="the whole, or a range (206)"),
            302: OpenApiResponse(description="where the storage has it, with encryption off"),
            416: OpenApiResponse(description="the range begins after the end"),
            **schema.errors(403, 404),
        },
    )
    def get(self, request: Request, session_id: UUID, number: int, suffix: str) -> HttpResponseBase:
        replay = Replay.objects.of(Stream.objects.seen_by(identities.Identity.of_request(request)).find(session_id))
        runs = replay.check_may_see(identities.Identity.of_request(request))
        asked = request.query_params
        part = replay.stream.video_parts.finished().filter(number=number).first()
        shown = part and video.shown(replay, part, whole=runs and asked.get("whole") == "true")
        if part is None or shown is None or part.suffix != suffix:
            raise VideoPart.DoesNotExist("Video not found")
        name = f"{slugify(replay.stream.title) or 'show'}-{number}.{suffix}"
        disposition = content_disposition_header(True, name) if asked.get("download") == "true" else None
        return ranges.answer(request, part.box, ranges.Stored(shown.file, shown.size, part.mime), disposition or "")


def _time(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 11 and int(given) <= MAX_MS):
        raise ValidationError("T must be milliseconds since the show's start")
    return int(given)
