"""The REST endpoints by which people have their account erased, or take along what is kept about them."""

import json
from typing import Any

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import authentication
from accounts.serializers import PASSWORD_LIMIT, demanded, valid
from config import personal
from rest import responses, schema, throttling


class ErasureSerializer(serializers.Serializer[Any]):
    password = serializers.CharField(
        max_length=PASSWORD_LIMIT, trim_whitespace=False, error_messages=demanded("Your password is required")
    )
    texts = serializers.BooleanField(default=False, help_text="Whether what one has written goes too, and one's shows.")


class Personal(APIView):
    permission_classes = [IsAuthenticated]
    throttle_scope = "account-mail"

    def get_throttles(self) -> list[Any]:
        return [throttling.AddressThrottle()]


class Erase(Personal):
    @extend_schema(
        request=ErasureSerializer, responses={200: schema.DoneSerializer, **schema.errors(400, 401, 403, 429)}
    )
    def post(self, request: Request) -> Response:
        """Asks for the password again, and for an address that is confirmed. It cannot be undone."""
        user = authentication.sender(request)
        said = valid(ErasureSerializer(data=request.data))
        if not user.email_verified:
            raise PermissionDenied("Confirm your e-mail address first")
        if not user.check_password(said["password"]):
            raise PermissionDenied("This is not your password")
        personal.erase_account(user, said["texts"])
        if isinstance(request.successful_authenticator, authentication.PageSessionAuthentication):
            logout(request._request)
        return responses.success(message="Account erased successfully")


class Export(Personal):
    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT, **schema.errors(401, 429)})
    def get(self, request: Request) -> HttpResponse:
        kept = personal.export(authentication.sender(request))
        text = json.dumps(kept, cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
        answer = HttpResponse(text, content_type="application/json")
        answer["Content-Disposition"] = 'attachment; filename="account.json"'
        return answer
