"""The token by which a guest is known again where no cookie of ours travels: on pages of other origins.

It stands for the same visitor as our cookie does. Each of its parts is made of characters that a WebSocket subprotocol
may have (RFC 6455, section 4.1), which is how a browser's socket can carry it.
"""

from datetime import datetime, timedelta

from django.core import signing
from django.db import transaction
from django.http import HttpRequest
from django.utils import timezone

from accounts import identity as identities
from accounts import signals
from rest.middleware import GUEST_HEADER

SUBPROTOCOL = "guest."  # what stands before the token among the subprotocols, beside `vitrine`
LIFETIME = timedelta(days=30)  # A client renews its token long before, whenever it comes.
MAX_LENGTH = 200  # characters; ours have about 85

_signer = signing.TimestampSigner(sep=".", salt="accounts.guest")


def issue(visitor: str) -> tuple[str, datetime]:
    """A fresh token for a visitor, and when it expires."""
    return _signer.sign(visitor), timezone.now() + LIFETIME


def read(token: object) -> str | None:
    """The visitor of a token; None for one that is not ours or has expired: then it is somebody new."""
    if not isinstance(token, str) or len(token) > MAX_LENGTH or not token.isascii():
        return None
    try:
        return _signer.unsign(token, max_age=LIFETIME)
    except signing.BadSignature:
        return None


def of_request(request: HttpRequest) -> str | None:
    """The visitor whom a request's header names."""
    return read(request.headers.get(GUEST_HEADER))


def renewed(request: HttpRequest) -> tuple[str, datetime]:
    """A fresh token for whoever asks: their token's visitor, else on our own pages their cookie's, else a new one."""
    visitor = of_request(request) or (identities.read_visitor(request.COOKIES) if _is_own_page(request) else None)
    return issue(visitor or identities.new_visitor()[0])


@transaction.atomic
def forget(request: HttpRequest) -> None:
    """Has this browser start over: its guest is forgotten, and the answer clears what it keeps of ours."""
    request.starts_over = True  # type: ignore[attr-defined]
    for visitor in {of_request(request), identities.read_visitor(request.COOKIES)} - {None}:
        signals.visitor_forgotten.send(sender=None, visitor=visitor)


def _is_own_page(request: HttpRequest) -> bool:
    """Whether no other site's page asks: it must not learn who its visitors are here. Browsers send it with a POST."""
    origin = request.headers.get("Origin")
    return origin is None or origin.partition("://")[2] == request.get_host()
