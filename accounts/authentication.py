"""How a REST request proves who sends it: a bearer token, or the session of a page.

A bad token makes the sender nobody, no more: old clients send the token they have to every endpoint, the one that
renews it among them. Only an endpoint that needs somebody answers 401, and `refusal` says which of the two it was.
"""

from datetime import UTC, datetime

from django.conf import settings
from rest_framework.authentication import BaseAuthentication, SessionAuthentication
from rest_framework.exceptions import NotAuthenticated
from rest_framework.request import Request

from accounts import known_addresses, tokens
from accounts.models import User
from rest import addresses

CHALLENGE = 'Bearer realm="api"'  # the WWW-Authenticate of a 401


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def sender(request: Request) -> User:
    """The user who sends a request that needs one."""
    if not isinstance(request.user, User):
        raise NotAuthenticated
    return request.user


def proves_until(request: Request) -> datetime | None:
    """When that expires which proves the sender: their token, or the session of the page."""
    if isinstance(request.auth, tokens.Proof):
        return None if request.auth.expires_at is None else datetime.fromtimestamp(request.auth.expires_at, UTC)
    expires_at: datetime = request.session.get_expiry_date()
    return expires_at


def refusal(request: Request) -> str:
    return tokens.BAD_ACCESS if bearer(request) else "No token provided. Authentication required."


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, tokens.Proof] | None:
        token = bearer(request)
        if not token:
            return None
        try:
            proof = tokens.proof_of(token)
        except tokens.InvalidToken:
            return None
        if settings.TRUST_DECLARED_IDENTITY:
            known_addresses.note(proof.user.pk, addresses.of_request(request))
        return proof.user, proof

    def authenticate_header(self, request: Request) -> str:
        return CHALLENGE


class PageSessionAuthentication(SessionAuthentication):
    """The session cookie of our own pages; unlike a token the browser sends it unasked, hence with CSRF."""
