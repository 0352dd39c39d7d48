"""Every error that a verb may raise, as the refusal a client is told."""

import logging

import msgspec
import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation, ValidationError
from django.db import DataError
from django.http import Http404

from accounts import tokens
from accounts.models import User
from realtime import errors, limits
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
    (errors.Busy(), "busy", "The server is busy, try again", 1.0),
    (TimeoutError(), "busy", "The server is busy, try again", 1.0),
    (tokens.InvalidToken("Invalid or expired access token"), "unauthorized", "Invalid or expired access token", None),
    (ValidationError("Already there", code="unique"), "conflict", "Already there", None),
    (Http404("No User matches the given query."), "not_found", "Not found", None),
    (SuspiciousOperation("odd"), "validation", "Bad request", None),
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


def test_a_value_that_only_the_database_refuses_is_the_clients_fault_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    refusal = errors.of(DataError("integer out of range"), "a message")
    assert (refusal.code, refusal.message) == ("validation", "Invalid value")
    assert [record.levelno for record in caplog.records] == [logging.WARNING]


def test_what_is_missing_is_named_as_the_caller_says_where_nobody_chose_words() -> None:
    for error, message in (
        (User.DoesNotExist(), "Guest not found"),
        (User.DoesNotExist("No such guest"), "No such guest"),
    ):
        refusal = errors.translate(error, missing="Guest not found")
        assert refusal is not None
        assert refusal.message == message


def test_a_domains_own_validation_error_carries_its_params_and_a_form_does_not() -> None:
    own = errors.translate(ValidationError("Not live", params={"currentStatus": "ended"}))
    form = errors.translate(ValidationError("%(value)s is too small", code="min_value", params={"value": 3}))
    assert own is not None
    assert form is not None
    assert (own.extra, form.extra) == ({"currentStatus": "ended"}, {})
    assert form.message == "3 is too small"


def test_of_several_problems_all_are_said_and_the_first_can_be() -> None:
    refusal = errors.of(ValidationError(["One.", "Two."]), "")
    assert (refusal.message, refusal.first_message) == ("One. Two.", "One.")


def test_an_ack_says_when_to_come_back_where_that_helps() -> None:
    assert errors.RequestRefused("odd", "So it is").ack() == {"ok": False, "code": "odd", "message": "So it is"}
    assert errors.RequestRefused("odd", "So it is", 2.5, secret=1).ack()["retryAfter"] == 2.5
