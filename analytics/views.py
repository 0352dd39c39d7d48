"""The figures of shows: those who run a show read them, and staff; how often its products were looked at, everyone."""

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts.models import User
from analytics import metrics, serializers
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


class ConversionStats(APIView):
    noun = "Session"
    error_style = "both"
    permission_classes = [AllowAny]

    @extend_schema(responses={200: serializers.ConversionStatsSerializer, **schema.errors(404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """How often the products of the show were looked at."""
        stream = Stream.objects.find(session_id)
        total = stream.views.filter(role=metrics.SUBSCRIBER).count()
        shown = {
            "success": True,
            "sessionId": stream.pk,
            "sessionStatus": stream.status,
            "data": {"totalViewers": total, "products": metrics.clicks(stream)},
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
        if not (creator_id.isascii() and creator_id.isdecimal() and 0 < int(creator_id[:20]) <= MAX_ID):
            raise ValidationError("Invalid creator ID")
        check_may_read(request, int(creator_id))
        shown = {"success": True, "creatorId": int(creator_id), "data": metrics.creator(User(pk=int(creator_id)))}
        return Response(serializers.CreatorReportSerializer(shown).data)


def report(stream: Stream) -> dict[str, Any]:
    """The report of a show that was read with `complete()`."""
    listings = list(stream.listings.all())
    products = {"total": len(listings), "featured": sum(each.featured for each in listings), "list": listings}
    return {
        "sessionId": stream.pk,
        "session": stream,
        "viewers": metrics.viewers(stream),
        "products": products,
        "reactions": metrics.reactions(stream),
        "chat": metrics.chat(stream),
        "engagement": {"viewerTimeline": metrics.timeline(stream), "retention": metrics.retention(stream)},
    }


def check_may_read(request: Request, owner: int) -> None:
    """Raises PermissionDenied for someone who is neither the owner nor staff."""
    identity = identities.Identity.of_request(request)
    if not (identity.has_role("staff", "admin") or identity.owns(owner)):
        raise PermissionDenied("Insufficient permissions")
