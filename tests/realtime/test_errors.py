"""Every error that a verb may raise, as the refusal a client is told."""

import logging

import msgspec
import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404

from accounts.models import User
from realtime import errors, limits
from realtime.runtime import writer
from streams.models import Stream

Case = tuple[Exception, str, str, float | None]

CASES: list[Case] = [
    (errors.RequestRefused("odd", "So it is", 3.0), "odd", "So it is", 3.0),
    (msgspec.ValidationError("Expected `int`"), "validation", "Expected `int`", None),
    (limits.Throttled(1.21), "rate_limited", "You are sending too fast", 1.3),
    (limits.Throttled(2, "Slow mode"), "rate_limited", "Slow mode", 2.0),
    (ValidationError("Message is required"), "validation", "Message is required", None),
    (ValidationError(["One.", "Two."]), "validation", "One. Two.", None),
    (ValidationError({"title": ["Too long."]}), "validation", "Too long.", None),
    (Http404(), "not_found", "Not found", None),
    (Http404("No such page"), "not_found", "No such page", None),
    (Stream.DoesNotExist("Session not found"), "not_found", "Session not found", None),
    (User.DoesNotExist("User matching query does not exist."), "not_found", "Not found", None),
    (User.DoesNotExist(), "not_found", "Not found", None),
    (PermissionDenied(), "forbidden", "Insufficient permissions", None),
    (PermissionDenied("Not yours"), "forbidden", "Not yours", None),
    (writer.Busy(), "busy", "The server is busy, try again", 1.0),
    (TimeoutError(), "busy", "The server is busy, try again", 1.0),
]


@pytest.mark.parametrize(("error", "code", "message", "retry_after"), CASES, ids=lambda value: str(value)[:20])
def test_a_foreseen_error_has_its_words(
    error: Exception, code: str, message: str, retry_after: float | None, caplog: pytest.LogCaptureFixture
) -> None:
    refusal = errors.of(error, "a message")
    assert (refusal.code, refusal.message, refusal.retry_after) == (code, message, retry_after)
    assert not caplog.records


def test_an_unforeseen_error_tells_the_log_everything_and_the_client_nothing(caplog: pytest.LogCaptureFixture) -> None:
    refusal = errors.of(ZeroDivisionError("secret"), "echo of 1234")
    assert (refusal.code, refusal.message) == ("server_error", "Internal server error")
    [record] = caplog.records
    assert record.levelno == logging.ERROR
    assert record.getMessage() == "echo of 1234 failed"
    assert record.exc_info is not None
