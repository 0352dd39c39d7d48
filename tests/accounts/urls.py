"""The REST API with accounts alone, so that these tests say nothing about how the whole is composed."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError, IntegrityError
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import include, path, re_path
from rest_framework import serializers
from rest_framework.exceptions import NotFound, Throttled
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import permissions, tokens
from accounts.identity import Identity
from accounts.models import Role, User
from config import errors
from realtime import limits
from realtime.errors import Busy, RequestRefused


class Failing(APIView):
    """Raises what its name in `FAILURES` says."""

    noun = "Session"

    def get(self, request: Request, name: str) -> Response:
        raise FAILURES[name]


class FailingBare(Failing):
    error_style = "bare"


class FailingBoth(Failing):
    error_style = "both"


class Form(serializers.Serializer[Any]):
    size = serializers.IntegerField()
    title = serializers.CharField()


class Echo(APIView):
    def post(self, request: Request) -> Response:
        form = Form(data=request.data)
        form.is_valid(raise_exception=True)
        return Response(form.data)


class OnlyModerators(APIView):
    permission_classes = [permissions.roles(Role.MODERATOR, Role.ADMIN)]

    def get(self, request: Request) -> Response:
        return Response({"key": Identity.of_request(request).key})


class Whoever(APIView):
    def get(self, request: Request) -> Response:
        identity = Identity.of_request(request)
        return Response({"key": identity.key, "name": identity.name})


FAILURES: dict[str, Exception] = {
    "refused": ValidationError("Stream is not currently live", params={"currentStatus": "ended"}),
    "taken": ValidationError("Already there", code="unique"),
    "coded": ValidationError("%(value)s is too small", code="min_value", params={"value": 3}),
    "fields": ValidationError({"title": ["Title is required"]}),
    "missing": User.DoesNotExist("User matching query does not exist."),
    "missing-worded": ObjectDoesNotExist("Product not found in this session"),
    "missing-rest": NotFound("Nothing here"),
    "missing-page": Http404("No User matches the given query."),
    "forbidden": PermissionDenied(),
    "forbidden-worded": PermissionDenied("You don't have permission to start this stream"),
    "throttled": Throttled(wait=1.2),
    "data": DataError("integer out of range"),
    "integrity": IntegrityError("duplicate key"),
    "suspicious": SuspiciousOperation("odd"),
    "domain-validation": RequestRefused("validation", "Missing userId"),
    "domain-unauthorized": RequestRefused("unauthorized", "Token required"),
    "domain-forbidden": RequestRefused("forbidden", "Not reserved", 90.2),
    "domain-missing": RequestRefused("not_found", "Room not found"),
    "domain-conflict": RequestRefused("conflict", "Already there", currentStatus="ended"),
    "domain-too-many": RequestRefused("too_many", "At most 128"),
    "domain-own": RequestRefused("match_full", "The match is full"),
    "domain-fast": RequestRefused("rate_limited", "Slow mode", 2.1),
    "domain-busy": RequestRefused("busy", "The server is busy, try again", 1.0),
    "busy": Busy(),
    "slow": TimeoutError(),
    "limited": limits.Throttled(1.21),
    "token": tokens.InvalidToken("Invalid or expired access token"),
    "bug": RuntimeError("a private detail"),
}


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"<p>{Identity.of_request(request).key}</p>")


def broken_page(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a private detail")


urlpatterns = [
    path("", page),
    path("broken/", broken_page),
    path("admin/", admin.site.urls),
    path("api/", include("accounts.urls")),
    path("api/failing/<name>", Failing.as_view()),
    path("api/failing-bare/<name>", FailingBare.as_view()),
    path("api/failing-both/<name>", FailingBoth.as_view()),
    path("api/broken", broken_page),
    path("api/echo", Echo.as_view()),
    path("api/moderators", OnlyModerators.as_view()),
    path("api/whoever", Whoever.as_view()),
    re_path("^api/", errors.route_not_found),
]
handler404 = "config.errors.route_not_found"
handler500 = "config.errors.server_error"
