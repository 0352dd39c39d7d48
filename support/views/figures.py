"""The figures of support over REST, for staff."""

from datetime import timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import permissions
from rest import responses, schema
from support.models import figures
from support.models.priority import Priority
from support.rights import AGENTS

DAYS, MAX_DAYS = 30, 365
PERIOD = OpenApiParameter("days", int, description=f"Of conversations that began in so many days, {DAYS} by default.")


class SecondsField(serializers.FloatField):
    def to_representation(self, value: timedelta) -> float:
        return round(value.total_seconds(), 3)


class PriorityFiguresSerializer(serializers.Serializer[Any]):
    priority = serializers.ChoiceField(choices=Priority.choices)
    begun = serializers.IntegerField()
    replied = serializers.IntegerField()
    repliedInTime = serializers.IntegerField(source="replied_in_time")
    firstReplySeconds = SecondsField(source="reply_time", allow_null=True)
    resolved = serializers.IntegerField()
    resolvedInTime = serializers.IntegerField(source="resolved_in_time")
    resolutionSeconds = SecondsField(source="resolution_time", allow_null=True)


class FiguresSerializer(serializers.Serializer[Any]):
    open = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="whose customer has no answer yet")
    unassigned = serializers.IntegerField()
    overdue = serializers.IntegerField()
    priorities = PriorityFiguresSerializer(many=True)


class Figures(APIView):
    permission_classes = [permissions.roles(*AGENTS)]

    @extend_schema(
        parameters=[PERIOD], responses={200: schema.envelope(FiguresSerializer), **schema.errors(400, 401, 403)}
    )
    def get(self, request: Request) -> Response:
        """How many conversations wait now, and how fast those of the last days were answered and resolved."""
        since = timezone.now() - timedelta(days=days_of(request))
        shown = {**figures.now(), "priorities": figures.by_priority(since)}
        return responses.success(FiguresSerializer(shown).data)


def days_of(request: Request) -> int:
    said = request.query_params.get("days", str(DAYS))
    days = int(said) if said.isascii() and said.isdecimal() and len(said) < 4 else 0
    if not 1 <= days <= MAX_DAYS:
        raise ValidationError(f"Days must be between 1 and {MAX_DAYS}")
    return days
