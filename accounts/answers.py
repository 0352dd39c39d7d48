"""The envelope around what the REST API answers, and the window of a list."""

from collections.abc import Sequence
from typing import Any

from django.core.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

MOST_ROWS = 100
USUAL_ROWS = 50
WHOLE = 500  # rows of a list that old clients expect whole: they know no `limit`
FARTHEST_OFFSET = 10_000  # beyond it the database would read and throw away more than it answers


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


def window(request: Request, usual: int = USUAL_ROWS) -> slice:
    """The part of a list that `?limit=&offset=` ask for, or `usual` rows of it where no limit is said."""
    limit = _number(request, "limit", 1, MOST_ROWS, unsaid=usual)
    offset = _number(request, "offset", 0, FARTHEST_OFFSET, unsaid=0)
    return slice(offset, offset + limit)


def _number(request: Request, name: str, least: int, most: int, unsaid: int) -> int:
    said = request.query_params.get(name)
    if said is None:
        return unsaid
    if not (said.isascii() and said.isdecimal() and len(said) < 10 and least <= int(said) <= most):
        raise ValidationError(f"{name.capitalize()} must be between {least} and {most}")
    return int(said)
