"""A show that is over, by its own time: what happened when, and how it may be watched again."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts.serializers import valid
from replays import dropped, serializers, timeline, video
from replays.models import PartStatus, Replay
from rest import responses, schema
from streams.models import Stream

WINDOW = [
    OpenApiParameter("from", int, description="ms since the show's start, usually 0"),
    OpenApiParameter("to", int, description="ms since the show's start, not included; usually the end"),
    OpenApiParameter(
        "limit", int, description=f"1 to {timeline.MAX_LINES} messages and as many other changes, usually the most"
    ),
]
WAITING = (PartStatus.RECORDING, PartStatus.FINISHING)


class Timeline(APIView):
    noun = "Session"
    error_style = "both"
    permission_classes = [AllowAny]

    @extend_schema(
        parameters=WINDOW,
        responses={200: schema.envelope(serializers.TimelineSerializer), **schema.errors(400, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """Everybody reads it once the show is over, and whoever runs it as far as it has gone."""
        asked = valid(serializers.AskedSerializer(data=request.query_params))
        replay = Replay.objects.of(Stream.objects.seen_by(identities.Identity.of_request(request)).find(session_id))
        identity = identities.Identity.of_request(request)
        begin, end = timeline.window(replay, identity, asked["from"], asked.get("to"))
        page = timeline.read(replay, begin, max(begin, end), asked["limit"])
        shown = serializers.timeline(replay, page, timeline.state(replay, begin), replay.figures())
        return responses.success(serializers.TimelineSerializer(shown, context={"replay": replay}).data)


class OneReplay(APIView):
    noun = "Session"
    error_style = "both"

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.request.method == "GET" else IsAuthenticated()]

    @extend_schema(
        parameters=[OpenApiParameter("whole", bool, description="`true`: the video uncut, for those who run the show")],
        responses={200: schema.envelope(serializers.ReplaySerializer), **schema.errors(400, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        replay = Replay.objects.of(Stream.objects.seen_by(identities.Identity.of_request(request)).find(session_id))
        runs = replay.check_may_see(identities.Identity.of_request(request))
        return responses.success(shown(replay, whole=runs and request.query_params.get("whole") == "true"))

    @extend_schema(
        request=serializers.ReplayRulesSerializer,
        responses={
            200: schema.envelope(serializers.ReplaySerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def patch(self, request: Request, session_id: UUID) -> Response:
        """Of a show that has begun."""
        stream = Stream.objects.find_controlled(session_id, identities.Identity.of_request(request))
        replay = Replay.objects.of(stream)
        replay.check_may_see(identities.Identity.of_request(request))
        replay.revise(**valid(serializers.ReplayRulesSerializer(data=request.data, partial=True)))
        return responses.success(shown(replay), "Replay updated successfully")


def shown(replay: Replay, whole: bool = False) -> dict[str, Any]:
    begin, end = replay.span()
    facts = {
        "sessionId": replay.stream.pk,
        "enabled": replay.enabled,
        "startedAt": replay.start,
        "duration": replay.duration_ms,
        "from": begin,
        "to": end,
        "pauses": [{"from": first, "to": last} for first, last in timeline.pauses(replay, begin, end)],
        "chapters": timeline.chapters(replay, begin, end),
        "drops": dropped.of(replay, begin, end),
        "video": video.of(replay, whole),
        "playlist": video.playlist(replay),
        "videoWaits": replay.stream.video_parts.filter(status__in=WAITING).exists(),
        "viewers": [
            {"t": t, "viewers": count} for t, count in timeline.within(replay.figures()["viewers"], begin, end)
        ],
    }
    return dict(serializers.ReplaySerializer(facts).data)
