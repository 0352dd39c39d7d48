"""What the pages of figures read: a show's report in one answer, its people, a creator's shows, the whole shop."""

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts.models import User
from analytics import overview, people, report, shop
from analytics import report_serializers as serializers
from analytics.export import read_day
from analytics.views import Figures, check_may_read, read_creator
from rest import pagination, schema

USUAL = timedelta(days=29)  # before the last day of a period
USUAL_FIRST = date.min + USUAL


class Dashboard(Figures):
    @extend_schema(responses={200: serializers.DashboardSerializer, **schema.errors(401, 403, 404)})
    def get(self, request: Request, session_id: UUID) -> Response:
        """All figures of the show at once: people, minutes, funnel, purchases, and its best products."""
        stream = self.stream(request, session_id)
        return Response(serializers.DashboardSerializer(report.of(stream), context={"request": request}).data)


class People(Figures):
    @extend_schema(
        parameters=schema.PAGE,
        responses={200: serializers.EngagedSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        """Who liked the show, and who wrote in it."""
        stream = self.stream(request, session_id)
        page = pagination.page(request)
        shown = {"sessionId": stream.pk, "liked": people.liked(stream, page), "wrote": people.wrote(stream, page)}
        return Response(serializers.EngagedSerializer(shown).data)


PERIOD = [
    OpenApiParameter("from", date, description="the first day, of UTC; 30 days before the last one without it"),
    OpenApiParameter("to", date, description="the last day, of UTC; today without it"),
]


class Overview(APIView):
    noun = "User"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[OpenApiParameter("creator_id", int, OpenApiParameter.PATH), *PERIOD],
        responses={200: serializers.OverviewSerializer, **schema.errors(400, 401, 403)},
    )
    def get(self, request: Request, creator_id: str) -> Response:
        """The shows of a creator in some time, each with its key figures, and their sums."""
        creator = read_creator(creator_id)
        check_may_read(request, creator)
        begin, end = read_period(request)
        shown = {"creatorId": creator, **overview.of(User(pk=creator), begin, end)}
        return Response(serializers.OverviewSerializer(shown).data)


def read_period(request: Request) -> tuple[datetime, datetime]:
    """The beginning of the first day and the end of the last; raises ValidationError for what is no period."""
    given = request.query_params
    last = read_day(given["to"]) if "to" in given else timezone.now().astimezone(UTC).date()
    first = read_day(given["from"]) if "from" in given else max(last, USUAL_FIRST) - USUAL
    if first > last:
        raise ValidationError("The first day must not come after the last")
    return datetime.combine(first, time(), UTC), datetime.combine(last + timedelta(days=1), time(), UTC)


class Shop(APIView):
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[OpenApiParameter("days", int, enum=shop.DAYS, description="today's alone without it")],
        responses={200: serializers.ShopSerializer, **schema.errors(400, 401, 403)},
    )
    def get(self, request: Request) -> Response:
        """What goes on in the whole shop and what waits, and what the last days have come to."""
        if not identities.Identity.of_request(request).has_role("staff", "admin"):
            raise PermissionDenied("Insufficient permissions")
        return Response(serializers.ShopSerializer(shop.of(read_days(request.query_params.get("days", "1")))).data)


def read_days(words: str) -> int:
    """One of the numbers of days that there are figures for; raises ValidationError for another."""
    found = {str(days): days for days in shop.DAYS}.get(words)
    if found is None:
        raise ValidationError(f"Days must be one of {', '.join(map(str, shop.DAYS))}")
    return found
