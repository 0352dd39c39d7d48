"""The figures of shows: those who run a show read them, and staff; how often its products were looked at, everyone."""

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import StreamingHttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts.models import User
from analytics import export, metrics, minutes, rollups, serializers
from rest import pagination, schema
from streams.models import Stream

MAX_ID = 2**31 - 1


class Figures(APIView):
    """An endpoint about one show, for those who may read its figures."""

    noun = "Session"
    error_style = "both"
    permission_classes = [IsAuthenticated]

    def stream(self, request: Request, session_id: UUID) -> Stream:
        stream = Stream.objects.complete().filter(pk=session_id).first()
        if stream is None:
            raise Stream.DoesNotExist("Session not found")
        check_may_read(request, stream.creator_id)
        return stream


class Live(Figures):
    @extend_schema(
        parameters=schema.PAGE,
        responses={200: serializers.LiveSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """Who watches the show now."""
        stream = self.stream(request, session_id)
        watching = stream.views.watching()
        latest = watching.select_related("user").order_by("-joined_at", "-pk")[pagination.page(request)]
        shown = {"sessionId": stream.pk, "liveViewerCount": watching.count(), "viewers": latest}
        return Response(serializers.LiveSerializer(shown).data)


class Viewers(Figures):
    @extend_schema(
        parameters=schema.PAGE,
        responses={200: serializers.ViewsSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """Everyone who has watched the show."""
        stream = self.stream(request, session_id)
        views = stream.views.filter(role=metrics.SUBSCRIBER)
        latest = views.select_related("user").order_by("-joined_at", "-pk")[pagination.page(request)]
        shown = {"sessionId": stream.pk, "total": views.count(), "viewers": latest}
        return Response(serializers.ViewsSerializer(shown).data)


class Report(Figures):
    @extend_schema(responses={200: serializers.ReportSerializer, **schema.errors(401, 403, 404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """The figures of the show: its viewers, its products, reactions, and how long people stayed."""
        stream = self.stream(request, session_id)
        return Response(serializers.ReportSerializer(report(stream), context={"request": request}).data)


class Audience(Figures):
    @extend_schema(responses={200: serializers.AudiencesSerializer, **schema.errors(401, 403, 404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """Who watched the show, counted as people: while it was live, and after its end."""
        stream = self.stream(request, session_id)
        people = rollups.read(stream, "audience")["audience"]
        clicks = {"live": stream.clicks.count(), "replay": stream.replay_clicks.count()}
        shown = {"sessionId": stream.pk, **{when: {**people[when], "clicks": clicks[when]} for when in clicks}}
        return Response(serializers.AudiencesSerializer(shown).data)


class Minutes(Figures):
    @extend_schema(responses={200: serializers.MinutesSerializer, **schema.errors(401, 403, 404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """The show minute by minute: who watched, what they did, and the product that was on screen."""
        stream = self.stream(request, session_id)
        shown = {"sessionId": stream.pk, "minutes": minutes.unpacked(rollups.read(stream, "minutes")["minutes"])}
        return Response(serializers.MinutesSerializer(shown).data)


class Funnel(Figures):
    @extend_schema(responses={200: serializers.FunnelSerializer, **schema.errors(401, 403, 404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """How many of those who watched looked at a product, put one into a cart, began to pay, and bought."""
        stream = self.stream(request, session_id)
        shown = {"sessionId": stream.pk, "steps": rollups.read(stream, "funnel")["funnel"]}
        return Response(serializers.FunnelSerializer(shown).data)


class ConversionStats(APIView):
    noun = "Session"
    error_style = "both"
    permission_classes = [AllowAny]

    @extend_schema(responses={200: serializers.ConversionStatsSerializer, **schema.errors(404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """How often the products of the show were looked at."""
        stream = Stream.objects.seen_by(identities.Identity.of_request(request)).find(session_id)
        shown = {
            "success": True,
            "sessionId": stream.pk,
            "sessionStatus": stream.status,
            "data": {"totalViewers": metrics.views_of(stream), "products": metrics.clicks(stream)},
        }
        return Response(serializers.ConversionStatsSerializer(shown).data)


class Creator(APIView):
    noun = "User"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[OpenApiParameter("creator_id", int, OpenApiParameter.PATH)],
        responses={200: serializers.CreatorReportSerializer, **schema.errors(400, 401, 403)},
    )
    def get(self, request: Request, creator_id: str) -> Response:
        """The figures of all shows of a creator."""
        creator = read_creator(creator_id)
        check_may_read(request, creator)
        shown = {"success": True, "creatorId": creator, "data": metrics.creator(User(pk=creator))}
        return Response(serializers.CreatorReportSerializer(shown).data)


class Export(APIView):
    """Every fact of one day, for staff."""

    permission_classes = [IsAuthenticated]
    content_type = ""
    encode: export.Encode

    def perform_content_negotiation(self, request: Request, force: bool = False) -> Any:
        """Whoever accepts only what a day is written in would be refused, for refusals are JSON."""
        return super().perform_content_negotiation(request, force=True)

    def get(self, request: Request, day: str) -> StreamingHttpResponse:
        """Every fact of a day of UTC: joins, leaves, showcases, looks, carts, and reactions by the minute."""
        if not identities.Identity.of_request(request).has_role("staff", "admin"):
            raise PermissionDenied("Insufficient permissions")
        return StreamingHttpResponse(export.of_day(export.read_day(day), self.encode), content_type=self.content_type)


DAY = [OpenApiParameter("day", date, OpenApiParameter.PATH, description="a day of UTC")]


class ExportCsv(Export):
    content_type = "text/csv; charset=utf-8"
    encode = staticmethod(export.as_csv)

    @extend_schema(parameters=DAY, responses={(200, "text/csv"): str, **schema.errors(400, 401, 403)})
    def get(self, request: Request, day: str) -> StreamingHttpResponse:
        return super().get(request, day)


class ExportJsonLines(Export):
    content_type = "application/jsonl; charset=utf-8"
    encode = staticmethod(export.as_json_lines)

    @extend_schema(parameters=DAY, responses={(200, "application/jsonl"): str, **schema.errors(400, 401, 403)})
    def get(self, request: Request, day: str) -> StreamingHttpResponse:
        return super().get(request, day)


def report(stream: Stream) -> dict[str, Any]:
    """The report of a show that was read with `complete()`."""
    listings = list(stream.listings.all())
    figures = rollups.read(stream, "viewers", "viewerTimeline", "retention", "chat")
    products = {"total": len(listings), "featured": sum(each.featured for each in listings), "list": listings}
    return {
        "sessionId": stream.pk,
        "session": stream,
        "viewers": figures.pop("viewers"),
        "products": products,
        "reactions": metrics.reactions(stream),
        "chat": figures.pop("chat"),
        "engagement": figures,
    }


def read_creator(words: str) -> int:
    """A user's id; raises ValidationError for what can be none."""
    if not (words.isascii() and words.isdecimal() and 0 < int(words[:20]) <= MAX_ID):
        raise ValidationError("Invalid creator ID")
    return int(words)


def check_may_read(request: Request, owner: int) -> None:
    """Raises PermissionDenied for someone who is neither the owner nor staff."""
    identity = identities.Identity.of_request(request)
    if not (identity.has_role("staff", "admin") or identity.owns(owner)):
        raise PermissionDenied("Insufficient permissions")
