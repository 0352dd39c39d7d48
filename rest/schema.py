"""What the API's OpenAPI document needs to know that the code alone does not tell."""

import functools
from typing import Any

from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from rest import pagination

OFFSET = OpenApiParameter("offset", int, description=f"0 to {pagination.MAX_OFFSET}")
PAGE = [
    OpenApiParameter("limit", int, description=f"1 to {pagination.MAX_LIMIT}, usually {pagination.DEFAULT_LIMIT}"),
    OFFSET,
]
PUBLIC = OpenApiParameter(
    "public", bool, description=f"`true`: everybody's, without an account; {pagination.DEFAULT_LIMIT} without a `limit`"
)
NEEDLESS: Any = [{"token": []}, {"pageSession": []}, {}]  # an account may be given, or none
UNPAGED = [
    OpenApiParameter(
        "limit", int, description=f"1 to {pagination.MAX_LIMIT}; all up to {pagination.UNPAGED_LIMIT} without it"
    ),
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
