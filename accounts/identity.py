"""Whom a request or a connection acts as: a user who proved it, or a guest known by a cookie we gave."""

import dataclasses
import re
import secrets
from collections.abc import Mapping
from datetime import datetime

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from rest_framework.request import Request

from accounts.models import Role, User
from rest import addresses

COOKIE = "visitor"
COOKIE_AGE = 365 * 24 * 60 * 60  # seconds

KEY = re.compile(r"user:[1-9][0-9]{0,17}|visitor:[0-9a-f]{32}")  # of an Identity

NO_CLAIMS: frozenset[str] = frozenset()
TEAM = (Role.MODERATOR, Role.STAFF, Role.ADMIN)  # those who keep order among the others

_signer = signing.Signer(salt="accounts.visitor")


@dataclasses.dataclass(frozen=True)
class Identity:
    """Likes, mutes and limits key on `key`, events are addressed to `address`; a guest's own label is only shown."""

    user: User | None
    visitor: str
    label: str = ""
    declared: bool = False  # an old client's claim, believed where TRUST_DECLARED_IDENTITY says so; it gives no rights
    at_known_address: bool = False  # and yet the rights of an owner, from where the account's own token came lately
    expires_at: float | None = None  # when that which proves a socket's user is over, as Unix time
    is_new: bool = False  # a guest who brought nothing: unlike one with our cookie, they will not be known again
    address_hash: str = ""  # of the sender they come from, see `addresses.hashed`; empty where that says nothing

    @classmethod
    def of_request(cls, request: HttpRequest | Request) -> "Identity":
        user = request.user if isinstance(request.user, User) else None
        known: str | None = getattr(request, "visitor", None) or read_visitor(request.COOKIES)
        is_new = known is None or bool(getattr(request, "visitor_cookie", ""))  # The middleware has just made one up.
        address_hash = addresses.hashed(addresses.of_request(request))
        return cls(user, known or new_visitor()[0], is_new=is_new, address_hash=address_hash)

    def as_guest(self) -> "Identity":
        """The same person where nothing proves any longer which user they are."""
        return Identity(None, self.visitor, self.label, address_hash=self.address_hash)

    def as_user(self, user: User, expires_at: float | None) -> "Identity":
        """The same person who has proved to be `user`, until then."""
        return Identity(user, self.visitor, self.label, expires_at=expires_at, address_hash=self.address_hash)

    @property
    def key(self) -> str:
        return user_key(self.user.pk) if self.user else self._visitor_key

    @property
    def address(self) -> str:
        """The name by which `to=` reaches this person: of what they have proved to be, not of what they declared."""
        return self.key if self.verified else self._visitor_key

    @property
    def proven(self) -> frozenset[str]:
        """All that this client has proved to be: whoever logs in is still the guest of the same browser."""
        return frozenset({self.address, self._visitor_key})

    @property
    def claims(self) -> frozenset[str]:
        """Names that this person declared without proof. `but=` leaves them out by these; `to=` does not reach them."""
        return frozenset({self.key}) if self.declared else NO_CLAIMS

    @property
    def restricted_as(self) -> tuple[str, ...]:
        """The subjects by which a restriction may mean this person; `is_meant_by` says whether it does."""
        subjects = (self.key,) if self.user is None else (self.key, self._visitor_key)
        return (*subjects, address_key(self.address_hash)) if self.address_hash else subjects

    def is_meant_by(self, subject: str, since: datetime | None = None) -> bool:
        """Whether a restriction of `subject`, imposed at `since`, holds for this person.

        That of an address is for guests and for accounts that are younger than it, so that nobody gets past it by
        being somebody new; others at the same address, and those who keep order, are left alone.
        """
        if subject == self.key:
            return True
        if self.has_role(*TEAM):
            return False
        if subject == self._visitor_key:
            return True
        if not self.address_hash or subject != address_key(self.address_hash):
            return False
        return not self.verified or (since is not None and self.user is not None and self.user.created_at > since)

    @property
    def _visitor_key(self) -> str:
        return visitor_key(self.visitor)

    @property
    def user_id(self) -> int | None:
        return self.user.pk if self.user else None

    @property
    def is_guest(self) -> bool:
        return self.user is None

    @property
    def verified(self) -> bool:
        return self.user is not None and not self.declared

    @property
    def name(self) -> str:
        return self.user.username if self.user else self.label or "Guest"

    def owns(self, user_id: int | None) -> bool:
        """Whether this person runs what belongs to this user."""
        return (self.verified or self.at_known_address) and user_id is not None and self.user_id == user_id

    def has_role(self, *roles: Role | str) -> bool:
        return self.verified and self.user is not None and self.user.role in roles


def read_visitor(cookies: Mapping[str, str]) -> str | None:
    """The visitor's id, if the cookie is one of ours."""
    try:
        return _signer.unsign(cookies.get(COOKIE, ""))
    except signing.BadSignature:
        return None


def new_visitor() -> tuple[str, str]:
    """A fresh visitor's id (128 random bits) and the signed value of its cookie."""
    visitor = secrets.token_hex(16)
    return visitor, _signer.sign(visitor)


def visitor_header(cookie: str) -> str:
    """The Set-Cookie value that gives a visitor its cookie, for answers that are no Django responses."""
    secure = "" if settings.DEBUG else "; Secure"
    return f"{COOKIE}={cookie}; Max-Age={COOKIE_AGE}; Path=/; HttpOnly; SameSite=Lax{secure}"


def user_key(user_id: int) -> str:
    """The Identity key of a user, which is also the address for what concerns this user alone (`to=user_key(id)`)."""
    return f"user:{user_id}"


def visitor_key(visitor: str) -> str:
    """The Identity key of a guest."""
    return f"visitor:{visitor}"


def address_key(address_hash: str) -> str:
    """The name of everybody who comes from one address; it is no Identity's key."""
    return f"address:{address_hash}"


def user_id_of(key: str) -> int | None:
    """The user's id in an Identity's key; None for a visitor's."""
    kind, _, number = key.partition(":")
    return int(number) if kind == "user" else None


def key_of(who: str) -> str:
    """The Identity key of whom staff mean: a username, or a key as it stands beside a message, such as `user:12`.

    Raises User.DoesNotExist.
    """
    return who if KEY.fullmatch(who) else user_key(User.objects.named(who).get().pk)
