"""ShopAloud's own REST: `/sessions`, `/sessions/:id` and `/users`."""

from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from recordings.models import Participant, Recording
from recordings.newest import Budget
from recordings.serializers import shopaloud
from recordings.views.access import StaffOrTrusted, site
from rest import pagination, schema


class Sessions(APIView):
    permission_classes = [StaffOrTrusted]

    @extend_schema(
        parameters=schema.PAGE, responses={200: shopaloud.RecordedSessionsSerializer, **schema.errors(400, 401, 403)}
    )
    def get(self, request: Request) -> Response:
        """The recordings, newest first, each with its newest events."""
        budget, kept = Budget(), complete().order_by("-created_at", "-pk")
        shown = [shopaloud.session(each, site(request), budget) for each in kept[pagination.page(request)]]
        return Response({"sessions": shown})


class Session(APIView):
    permission_classes = [StaffOrTrusted]

    @extend_schema(responses={200: shopaloud.RecordedSessionAnswerSerializer, **schema.errors(401, 403)})
    def get(self, request: Request, pk: str) -> Response:
        """One recording; null where there is none of this id."""
        found = complete().filter(pk=pk).first()
        return Response({"session": found and shopaloud.whole_session(found, site(request))})


class Users(APIView):
    permission_classes = [StaffOrTrusted]

    @extend_schema(
        parameters=schema.PAGE, responses={200: shopaloud.RecordedUsersSerializer, **schema.errors(400, 401, 403)}
    )
    def get(self, request: Request) -> Response:
        """Who was recorded, newest first, each with their newest events."""
        budget, participants = Budget(), Participant.objects.order_by("-created_at", "-pk")
        return Response({"users": [shopaloud.user(each, budget) for each in participants[pagination.page(request)]]})


def complete() -> QuerySet[Recording]:
    return Recording.objects.kept().prefetch_related("tracks")
