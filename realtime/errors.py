"""Why a request was refused, in the form that every protocol and REST can render, and how any exception becomes one."""

import logging
import re
import sqlite3
from typing import Any

import msgspec
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DatabaseError, DataError, InterfaceError, InternalError, OperationalError
from django.http import Http404

from accounts import tokens
from realtime import limits
from realtime.adapters import postgres

logger = logging.getLogger(__name__)

FORBIDDEN = "Insufficient permissions"
BUSY = "The server is busy, try again"
AWAY_RETRY = 2.0  # seconds after which a client may try again while the database is away
# The SQLSTATEs of internal errors that go by: a standby that takes no writes yet, a transaction that stood still.
PASSING = ("25006", "25P03")
UNTELLABLE = "The text contains a character that is not one, such as NUL or half an emoji"
# These sentences are Django's and REST framework's own, for exceptions that nobody chose words for.
STOCK_ENDINGS = ("query does not exist.", "matches the given query.", "found matching the query")


class Busy(Exception):
    """More work waits for the database than it can take, so none of this was begun; trying again later may help."""


def is_database_away(error: BaseException) -> bool:
    """Whether the database could not be asked, or did not say what has become of the request.

    The request may have been done: a client that tries again relies on its `op`.
    """
    if isinstance(error, OperationalError):  # SQLite says this of a statement that it does not understand, too.
        return getattr(error.__cause__, "sqlite_errorcode", None) != sqlite3.SQLITE_ERROR
    if isinstance(error, InternalError):
        return getattr(error.__cause__, "sqlstate", None) in PASSING
    return isinstance(error, InterfaceError)


class RequestRefused(Exception):
    """`code` is for programs, `message` for people; `retry_after` is the seconds until another try may succeed.

    `extra` are further fields of a REST answer. A domain that knows its refusal's code raises this itself.
    """

    def __init__(self, code: str, message: str, retry_after: float | None = None, **extra: Any) -> None:
        super().__init__(message)
        self.code, self.message, self.retry_after, self.extra = code, message, retry_after, extra

    @property
    def first_message(self) -> str:
        """The first of several problems, for protocols that name one at a time."""
        return self.message

    def ack(self) -> dict[str, Any]:
        """The refusal as the fields of a negative ack."""
        ack = {"ok": False, "code": self.code, "message": self.message}
        return ack if self.retry_after is None else {**ack, "retryAfter": self.retry_after}


class _Invalid(RequestRefused):
    """A Django ValidationError, which may name several problems."""

    def __init__(self, error: ValidationError) -> None:
        problems = [each for field in getattr(error, "error_dict", {}).values() for each in field] or error.error_list
        first = problems[0]
        # A domain's own error has no code, and its params are part of the answer; Django's have both, for forms.
        extra = dict(first.params or {}) if first.code is None else {}
        is_conflict = any(problem.code == "unique" for problem in problems)
        super().__init__("conflict" if is_conflict else "validation", " ".join(error.messages))
        self.extra, self._first_message = extra, first.messages[0]

    @property
    def first_message(self) -> str:
        return self._first_message


def of(error: Exception, where: str) -> RequestRefused:
    """The refusal that stands for `error`; an unforeseen one is logged with its traceback under the name `where`."""
    refusal = translate(error)
    if refusal is None:
        logger.error("%s failed", where, exc_info=error)
        return RequestRefused("server_error", "Internal server error")
    return refusal


def translate(error: Exception, missing: str = "Not found") -> RequestRefused | None:
    """The refusal that stands for an exception that domain code raises on purpose, or None for any other.

    `missing` is said of an object that does not exist where the exception has no words of its own.
    """
    match error:
        case RequestRefused():
            return error
        case ValidationError():
            return _Invalid(error)
        case msgspec.ValidationError():
            return RequestRefused("validation", _in_words(str(error)))
        case limits.Throttled():
            return RequestRefused("rate_limited", error.message, error.retry_after)
        case tokens.InvalidToken():
            return RequestRefused("unauthorized", str(error))
        case Http404() | ObjectDoesNotExist():
            return RequestRefused("not_found", missing if _is_stock(str(error)) else str(error))
        case PermissionDenied():  # One that ends by itself, as a timed ban does, knows in how many seconds.
            return RequestRefused("forbidden", str(error) or FORBIDDEN, getattr(error, "retry_after", None))
        case Busy() | TimeoutError():
            return RequestRefused("busy", BUSY, retry_after=1.0)
        case SuspiciousOperation():
            return RequestRefused("validation", "Bad request")
        case DataError():  # No check foresaw a value that the database cannot take; the input is wrong all the same.
            logger.warning("the database refused a value: %s", type(error.__cause__ or error).__name__)
            return RequestRefused("validation", "Invalid value")
        case DatabaseError() | InterfaceError() if is_database_away(error):
            logger.warning("The database cannot be asked: %s", str(error).partition("\n")[0])
            postgres.renew_idle(error.__cause__)
            return RequestRefused("busy", BUSY, retry_after=AWAY_RETRY)
    return None


def as_busy(error: Exception) -> RequestRefused | None:
    """The refusal that stands for `error` where trying again later may help, else None."""
    refusal = translate(error)
    return refusal if refusal is not None and refusal.code == "busy" else None


def _in_words(problem: str) -> str:
    """What a message class says of a value, for people: it would show them the pattern that text has to match."""
    field = re.search(r"`\$\.?(.+)`\Z", problem)
    return (f"{field[1]}: " if field else "") + UNTELLABLE if "matching regex" in problem else problem


def _is_stock(text: str) -> bool:
    return not text or text.endswith(STOCK_ENDINGS)
