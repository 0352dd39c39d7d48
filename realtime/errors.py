"""Why a message was not done, in the words that every protocol can carry."""

import logging
import re

import msgspec
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404

from realtime import limits

logger = logging.getLogger(__name__)


class Busy(Exception):
    """More work waits for the database than it can take, so none of this was begun; trying again later may help."""


class RequestRefused(Exception):
    """`code` is for programs, `message` for people; `retry_after` is in seconds."""

    def __init__(self, code: str, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after = code, message, retry_after


def of(error: Exception, where: str) -> RequestRefused:
    """The refusal that stands for `error`; one that nobody foresaw is logged with its trace, by the name `where`."""
    match error:
        case RequestRefused():
            return error
        case msgspec.ValidationError():
            return RequestRefused("validation", str(error))
        case limits.Throttled():
            return RequestRefused("rate_limited", error.message, error.retry_after)
        case ValidationError():
            return RequestRefused("validation", " ".join(error.messages))
        case Http404():
            return RequestRefused("not_found", str(error) or "Not found")
        case ObjectDoesNotExist():
            return RequestRefused("not_found", str(error) if _is_ours(str(error)) else "Not found")
        case PermissionDenied():
            return RequestRefused("forbidden", str(error) or "Insufficient permissions")
        case Busy() | TimeoutError():
            return RequestRefused("busy", "The server is busy, try again", retry_after=1.0)
        case _:
            logger.error("%s failed", where, exc_info=error)
            return RequestRefused("server_error", "Internal server error")


def _is_ours(text: str) -> bool:
    """Whether a DoesNotExist says something meant for people, rather than Django's stock sentence."""
    return bool(text) and not re.search(r"matching query does not exist", text)
