"""Guessing passwords is slow at every door: the API, the pages and the admin all log in through one backend.

An attempt is counted before the password is checked. By address it is limited plainly. By account the limit is soft: it
holds only after many failures, only for addresses from which this account has not logged in lately, and it slows
guesses down without ever locking the owner out.
"""

from django.conf import settings
from django.http import HttpRequest
from rest_framework.exceptions import Throttled

from rest import addresses, throttling

FAILURES = 10  # of one account; from then on unknown addresses have to wait
FAILURES_SECONDS = 15 * 60  # after the first of them they are forgotten
KNOWN_SECONDS = 30 * 24 * 60 * 60  # that an address of a successful log-in is known for


class TooManyAttempts(Throttled):
    """The log-in was not tried; `wait` is in seconds. The API answers 429, pages show a message."""

    wait: int  # REST framework declares it in its constructor alone


def check(request: HttpRequest | None, username: str) -> None:
    """Counts an attempt; raises TooManyAttempts where its address or its account has used up what it may."""
    if request is None:  # a command or a test, not a door
        return
    sender, account = addresses.of_request(request), username.casefold()
    wait = throttling.take("login", sender, settings.REST_RATES["login"])
    if throttling.counted("login-failures", account) >= FAILURES and not _is_known(account, sender):
        wait = wait or throttling.take("login-account", account, settings.REST_RATES["login-account"])
    if wait:
        raise TooManyAttempts(wait)


def failed(username: str) -> None:
    throttling.count("login-failures", username.casefold(), FAILURES_SECONDS)


def succeeded(request: HttpRequest | None, username: str) -> None:
    if request is not None:
        throttling.remember("login-known", f"{username.casefold()} {addresses.of_request(request)}", KNOWN_SECONDS)


def _is_known(account: str, sender: str) -> bool:
    return bool(throttling.counted("login-known", f"{account} {sender}"))
