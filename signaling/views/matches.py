"""Matches over REST: reserving one, and an operator's overview of all."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts import permissions
from accounts.models import Role
from accounts.serializers import valid
from realtime import consumers
from rest import pagination, responses, schema, throttling
from signaling import serializers
from signaling.models import Match, Seat

IDEMPOTENCY_KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same key, it is the same match."
)


class Matches(APIView):
    noun = "Match"
    permission_classes = [IsAuthenticated]
    throttle_classes = [throttling.AddressThrottle]
    throttle_scope = "match"

    @extend_schema(
        parameters=[IDEMPOTENCY_KEY],
        request=serializers.ReservationSerializer,
        responses={
            201: schema.envelope(serializers.ReservedSerializer, message=True),
            **schema.errors(400, 401, 403, 429),
        },
    )
    def post(self, request: Request) -> Response:
        """Reserves the two seats of a new match: the caller's own and another one, or for staff any two."""
        participants = valid(serializers.ReservationSerializer(data=request.data))["participants"]
        op = request.headers.get("Idempotency-Key", "")
        match = Match.objects.reserve(participants, identities.Identity.of_request(request), op)
        shown = {"matchId": match.name, "participants": participants, "expiresAt": match.expires_at}
        return responses.success(shown, "Match reserved successfully", status=201)


class Stats(APIView):
    """Avari's overview, newest first. Sockets are counted in this process, everything else in all of them."""

    def get_permissions(self) -> list[BasePermission]:
        """Lets staff in, or everyone if old dashboards are trusted."""
        return [AllowAny() if settings.TRUST_DECLARED_IDENTITY else permissions.roles(Role.STAFF, Role.ADMIN)()]

    @extend_schema(parameters=schema.PAGE, responses={200: serializers.StatsSerializer, **schema.errors(400, 401, 403)})
    def get(self, request: Request) -> Response:
        active = Match.objects.active()
        shown: dict[str, Any] = {
            "activeMatches": active.count(),
            "connectedUsers": Seat.objects.live().values("handle").distinct().count(),
            "totalSockets": consumers.open_connections(),
            "matches": active.order_by("-created_at", "-pk").prefetch_related("seats")[pagination.page(request)],
            "timestamp": timezone.now(),
        }
        return Response(serializers.StatsSerializer(shown).data)
