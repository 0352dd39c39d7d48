"""What one person did, over REST, for staff."""

from datetime import datetime

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.utils.dateparse import parse_datetime
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from analytics import report_serializers as serializers
from analytics import visitors
from rest import schema

BEFORE = OpenApiParameter("before", datetime, description="facts before this; the latest without it")


class Visitor(APIView):
    noun = "Visitor"
    permission_classes = [IsAuthenticated]

    @extend_schema(
        parameters=[BEFORE], responses={200: serializers.VisitorSerializer, **schema.errors(400, 401, 403, 404)}
    )
    def get(self, request: Request, key: str) -> Response:
        """Views, looks, carts, purchases, shopping together, calls, support and recordings of one person."""
        identity = identities.Identity.of_request(request)
        if identity.user is None or not identity.has_role("staff", "admin"):
            raise PermissionDenied("Insufficient permissions")
        if not identities.KEY.fullmatch(key):
            raise ObjectDoesNotExist("Visitor not found")
        shown = visitors.read(key, identity.user, read_moment(request.query_params.get("before")))
        return Response(serializers.VisitorSerializer(shown).data)


def read_moment(words: str | None) -> datetime | None:
    """A moment with its zone; raises ValidationError for anything else."""
    if words is None:
        return None
    try:
        moment = parse_datetime(words)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not 1 < moment.year < 9999:
        raise ValidationError("Before must be a time with its zone, such as 2030-01-31T22:59:30Z")
    return moment
