"""The envelope around what the REST API answers."""

from collections.abc import Sequence
from typing import Any

from rest_framework.response import Response


def success(data: Any = None, message: str = "", status: int = 200, **extra: Any) -> Response:
    """`{success: true, message?, data?, ...}`"""
    body: dict[str, Any] = {"success": True}
    if message:
        body["message"] = message
    if data is not None:
        body["data"] = data
    return Response({**body, **extra}, status=status)


def listing(rows: Sequence[Any], **extra: Any) -> Response:
    return success(rows, count=len(rows), **extra)
