"""Being reminded of a show before it begins."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from accounts.serializers import valid
from rest import responses, schema
from rest.throttling import AddressThrottle
from streams import serializers
from streams.models import Reminder
from streams.views.sessions import seen


class Reminders(APIView):
    """Who asks twice is mailed once, and is answered the same."""

    noun = "Session"
    error_style = "both"
    permission_classes = [AllowAny]
    throttle_scope = "reminder"

    def get_throttles(self) -> list[Any]:
        return [AddressThrottle()]

    @extend_schema(
        request=serializers.ReminderSerializer,
        responses={201: schema.DoneSerializer, **schema.errors(400, 404, 429)},
        auth=schema.NEEDLESS,
    )
    def post(self, request: Request, session_id: UUID) -> Response:
        """Has one mail sent before a show begins: to one's account's address, or as a guest to `email`."""
        stream, identity = seen(request, session_id), identities.Identity.of_request(request)
        asked = valid(serializers.ReminderSerializer(data=request.data, context={"guest": not identity.verified}))
        Reminder.objects.ask(stream, identity, asked.get("email", ""))
        return responses.success(message="Reminder set successfully", status=201)

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(403, 404, 429)})
    def delete(self, request: Request, session_id: UUID) -> Response:
        Reminder.objects.withdraw(seen(request, session_id), identities.Identity.of_request(request))
        return responses.success(message="Reminder deleted successfully")


class Unsubscribe(APIView):
    """What mail programs call for whoever wants no more such mails (RFC 8058); the token says whose they are."""

    noun = "Reminder"
    authentication_classes = ()
    permission_classes = [AllowAny]
    throttle_scope = "reminder"

    def get_throttles(self) -> list[Any]:
        return [AddressThrottle()]

    @extend_schema(request=None, responses={200: schema.DoneSerializer, **schema.errors(404, 429)})
    def post(self, request: Request, token: str) -> Response:
        Reminder.objects.opened_by(token).unsubscribe()
        return responses.success(message="Unsubscribed successfully")
