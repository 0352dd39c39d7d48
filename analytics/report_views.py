"""What the pages of figures read: a show's report in one answer, and who liked it and wrote in it."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from analytics import people, report
from analytics import report_serializers as serializers
from analytics.views import Figures
from rest import pagination, schema


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
