"""Who may read recordings over REST: staff; and old dashboards without a token, where the operator trusts them."""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.models import User
from recordings.models import Recording

METHODS = {"GET": "view", "HEAD": "view", "OPTIONS": "view", "PATCH": "change", "DELETE": "delete"}


class Staff(BasePermission):
    """Who has the permission of Django's that a method takes."""

    message = "Insufficient permissions"

    def has_permission(self, request: Request, view: APIView) -> bool:
        verb = METHODS.get(request.method or "", "change")
        return isinstance(request.user, User) and request.user.has_perm(f"recordings.{verb}_recording")


class StaffOrTrusted(Staff):
    def has_permission(self, request: Request, view: APIView) -> bool:
        return settings.TRUST_DECLARED_IDENTITY or super().has_permission(request, view)


class Anything(DefaultContentNegotiation):
    """For answers that are no JSON: a player asks for audio, and a refusal is JSON all the same."""

    def select_renderer(self, request, renderers, format_suffix=None):  # type: ignore[no-untyped-def]
        return renderers[0], renderers[0].media_type


def find(pk: str) -> Recording:
    """The recording with what is shown of it; raises Recording.DoesNotExist."""
    kept = Recording.objects.kept().select_related("participant", "consent").prefetch_related("tracks")
    recording: Recording = kept.get(pk=pk)
    return recording


def site(request: HttpRequest | Request) -> str:
    """What an address on this server begins with, for pages of other origins."""
    return settings.APP_URL.rstrip("/") or request.build_absolute_uri("/").rstrip("/")
