"""The servers by which two browsers find each other: STUN servers, and TURN servers with their credentials.

Time-limited TURN credentials are those of coturn's `use-auth-secret` (draft-uberti-behave-turn-rest): the user
name is the moment when they expire and whom they are for; the password is its HMAC with the secret that coturn shares.
"""

import base64
import hashlib
import hmac
import time
from typing import NotRequired, TypedDict

from django.conf import settings

from accounts import identity as identities
from realtime.models import Banned, Restriction

METERED = (
    "turn:a.relay.metered.ca:80",
    "turn:a.relay.metered.ca:80?transport=tcp",
    "turn:a.relay.metered.ca:443",
    "turn:a.relay.metered.ca:443?transport=tcp",
)


class Server(TypedDict):
    """One entry of `RTCConfiguration.iceServers`."""

    urls: str | list[str]
    username: NotRequired[str]
    credential: NotRequired[str]


def servers(identity: identities.Identity) -> list[Server]:
    """All servers as Avari's clients expect them: STUN first, with one address in each entry."""
    return [*_stun(settings.STUN_SERVER_URL), *_relays(identity)]


def own_servers(identity: identities.Identity) -> list[Server]:
    """One STUN server, and our own TURN server if there is one, as Shop with Friends documents them."""
    return [*_stun(settings.STUN_SERVER_URL[:1]), *_own_relay(identity)]


def lifetime() -> int | None:
    """The seconds after which the credentials of `servers` expire; None if they never do."""
    return settings.TURN_TTL if settings.TURN_SECRET and settings.TURN_SERVER_URL else None


def credentials(identity: identities.Identity, now: float | None = None) -> tuple[str, str]:
    """The user name and password with which `identity` may use our TURN server until they expire."""
    ends = int(time.time() if now is None else now) + settings.TURN_TTL
    username = f"{ends}:{_label(identity)}"
    signed = hmac.digest(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(signed).decode()


def _stun(urls: list[str]) -> list[Server]:
    return [{"urls": url} for url in urls]


def _relays(identity: identities.Identity) -> list[Server]:
    """Our own server if its credentials are signed, else Metered's if it is set, else our own with a fixed password."""
    if settings.METERED_USERNAME and settings.METERED_CREDENTIAL and lifetime() is None:
        if _is_banned(identity):
            return []
        opened = settings.METERED_USERNAME, settings.METERED_CREDENTIAL
        return [{"urls": url, "username": opened[0], "credential": opened[1]} for url in METERED]
    return _own_relay(identity)


def _own_relay(identity: identities.Identity) -> list[Server]:
    urls = settings.TURN_SERVER_URL
    if not urls or _is_banned(identity):
        return []
    fixed = settings.TURN_USERNAME, settings.TURN_CREDENTIAL
    username, credential = credentials(identity) if settings.TURN_SECRET else fixed
    return [{"urls": urls[0] if len(urls) == 1 else urls, "username": username, "credential": credential}]


def _is_banned(identity: identities.Identity) -> bool:
    """Whether someone may not be here at all: what they have now is not renewed."""
    try:
        Restriction.check_may_enter(identity, "")
    except Banned:
        return True
    return False


def _label(identity: identities.Identity) -> str:
    """By whom coturn counts allocations. A guest's id is hashed, because it is a secret and coturn logs this."""
    if identity.user is not None and identity.verified:
        return f"user-{identity.user.pk}"
    return f"guest-{hashlib.sha256(identity.visitor.encode()).hexdigest()[:16]}"
