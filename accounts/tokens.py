"""The JSON web tokens a user carries, and whom a token proves; rights are always read from the user's row."""

from typing import Any, NamedTuple

from django.conf import settings
from django.utils.crypto import salted_hmac
from rest_framework_simplejwt.exceptions import TokenError
from rest_framework_simplejwt.tokens import AccessToken, RefreshToken, Token
from rest_framework_simplejwt.utils import datetime_from_epoch

from accounts.models import RefreshFamily, User

BAD_ACCESS = "Invalid or expired access token"
BAD_REFRESH = "Invalid or expired refresh token"
USED_REFRESH = "Invalid refresh token"


class InvalidToken(ValueError):
    """Forged, expired, revoked, or of somebody who is gone; its text may be shown."""


class Proof(NamedTuple):
    """Who somebody is, and until when that counts as proved: Unix time, or None where it does not end by itself."""

    user: User
    expires_at: float | None = None


def access_token(user: User) -> str:
    token = AccessToken()
    token.payload.update(_claims(user))
    return str(token)


def user_of(token: str) -> User:
    """Whom an access token proves, as the database has them now."""
    return proof_of(token).user


def proof_of(token: str) -> Proof:
    """Whom an access token proves and until when, by the clock that it is checked with."""
    claims = _opened(AccessToken, token, BAD_ACCESS)
    return Proof(_owner(claims, BAD_ACCESS), claims["exp"] + settings.SIMPLE_JWT["LEEWAY"])


def refresh_token(user: User) -> str:
    """The first refresh token of a new login."""
    token = RefreshToken()
    family = RefreshFamily.objects.create(user=user, jti=token["jti"], expires_at=datetime_from_epoch(token["exp"]))
    return _sealed(token, user, str(family.pk))


def renewed(token: str) -> tuple[User, str]:
    """The owner of a refresh token and the token that takes its place.

    Two tabs that renew the same token within RefreshFamily.GRACE get the same successor. Later a used token says that
    it was copied, and ends its whole family (RFC 9700, section 4.14.2).
    """
    claims = _opened(RefreshToken, token, BAD_REFRESH)
    user = _owner(claims, USED_REFRESH)
    successor = successor_of(claims["jti"])
    expires_at = RefreshFamily.objects.rotate(claims["family"], used=claims["jti"], successor=successor)
    if expires_at is None:
        raise InvalidToken(USED_REFRESH)
    fresh = RefreshToken()
    fresh.payload.update(jti=successor, exp=int(expires_at.timestamp()))
    return user, _sealed(fresh, user, claims["family"])


def successor_of(jti: str) -> str:
    """The id of the token that follows this one: derived, so that it need not be stored to be given twice."""
    return salted_hmac("accounts.refresh", jti, algorithm="sha256").hexdigest()[:32]


def _claims(user: User) -> dict[str, Any]:
    return {"userId": user.pk, "username": user.username, "role": user.role, "tv": user.token_version}


def _sealed(token: RefreshToken, user: User, family: str) -> str:
    token.payload.update(_claims(user), family=family)
    return str(token)


def _opened(kind: type[Token], token: str, refusal: str) -> dict[str, Any]:
    try:
        claims: dict[str, Any] = kind(token).payload  # type: ignore[arg-type]  # annotated as a Token, documented as text
    except (TokenError, ValueError) as error:
        raise InvalidToken(refusal) from error
    return claims


def _owner(claims: dict[str, Any], refusal: str) -> User:
    try:
        return User.objects.active().get(pk=claims["userId"], token_version=claims["tv"])
    except (User.DoesNotExist, KeyError, TypeError, ValueError) as error:
        raise InvalidToken(refusal) from error
