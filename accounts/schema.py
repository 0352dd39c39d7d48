"""What the API's OpenAPI document needs to know that the code alone does not tell."""

import functools
from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from accounts import answers

OFFSET = OpenApiParameter("offset", int, description=f"0 to {answers.FARTHEST_OFFSET}")
WINDOW = [
    OpenApiParameter("limit", int, description=f"1 to {answers.MOST_ROWS}, usually {answers.USUAL_ROWS}"),
    OFFSET,
]
WHOLE = [
    OpenApiParameter("limit", int, description=f"1 to {answers.MOST_ROWS}; without it all, up to {answers.WHOLE}"),
    OFFSET,
]


class ErrorSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=False)
    message = serializers.CharField()


class BareErrorSerializer(serializers.Serializer[Any]):
    error = serializers.CharField()


class DoneSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    message = serializers.CharField()


@functools.cache
def envelope(
    data: type[serializers.BaseSerializer[Any]], many: bool = False, message: bool = False
) -> serializers.Serializer[Any]:
    """`{success, message?, data, count?}` around what a serializer writes; the same one for the same arguments."""
    name = (
        data.__name__.removesuffix("Serializer") + ("List" if many else "") + ("Done" if message else "") + "Envelope"
    )
    fields: dict[str, serializers.Field[Any, Any, Any, Any]] = {"success": serializers.BooleanField()}
    if message:
        fields["message"] = serializers.CharField()
    fields["data"] = data(many=many)
    if many:
        fields["count"] = serializers.IntegerField()
    return inline_serializer(name, fields)


def errors(*statuses: int, bare: bool = False) -> dict[int, type[serializers.Serializer[Any]]]:
    """The refusals of an endpoint, for `responses={200: ..., **errors(400, 404)}`."""
    return dict.fromkeys(statuses, BareErrorSerializer if bare else ErrorSerializer)


class TokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class PageSessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "accounts.authentication.PageSessionAuthentication"
    name = "pageSession"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
