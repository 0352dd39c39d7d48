"""The figures of a show, which those who run it may read."""

from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from analytics import serializers
from rest import pagination, schema
from streams.models import Stream


class Live(APIView):
    noun = "Session"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=schema.PAGE,
        responses={200: serializers.LiveSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, session_id: UUID) -> Response:
        identity = identities.Identity.of_request(request)
        stream = Stream.objects.find_controlled(session_id, identity, "Insufficient permissions")
        watching = stream.views.watching()
        latest = watching.select_related("user").order_by("-joined_at", "-pk")[pagination.page(request)]
        shown = {"sessionId": stream.pk, "liveViewerCount": watching.count(), "viewers": latest}
        return Response(serializers.LiveSerializer(shown).data)
