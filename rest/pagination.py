"""The page of a list that a request asks for by `?limit=&offset=`."""

from django.core.exceptions import ValidationError
from rest_framework.request import Request

MAX_LIMIT = 100  # rows of one page
DEFAULT_LIMIT = 50
UNPAGED_LIMIT = 500  # rows of a list that old clients expect whole: they send no `limit`
MAX_OFFSET = 10_000  # beyond it the database would read and throw away more than it answers


def page(request: Request, default: int = DEFAULT_LIMIT) -> slice:
    """The rows that `?limit=&offset=` ask for, or the first `default` rows where no limit is given.

    Raises ValidationError for a limit outside 1..MAX_LIMIT or an offset outside 0..MAX_OFFSET.
    """
    limit = _number(request, "limit", 1, MAX_LIMIT, default)
    offset = _number(request, "offset", 0, MAX_OFFSET, 0)
    return slice(offset, offset + limit)


def is_public(request: Request | None) -> bool:
    """Whether everybody's rows are asked for, which needs no account, and not the sender's own."""
    return request is not None and request.query_params.get("public") == "true"


def _number(request: Request, name: str, minimum: int, maximum: int, default: int) -> int:
    given = request.query_params.get(name)
    if given is None:
        return default
    if not (given.isascii() and given.isdecimal() and len(given) < 10 and minimum <= int(given) <= maximum):
        raise ValidationError(f"{name.capitalize()} must be between {minimum} and {maximum}")
    return int(given)
