"""Where two browsers find each other: STUN servers, and TURN servers with what opens them.

Time-limited TURN credentials are those of coturn's `use-auth-secret` (draft-uberti-behave-turn-rest): the name is the
moment of their end and whom they are for, the password the name signed with the secret that coturn shares with us.
"""

import base64
import hashlib
import hmac
import time
from typing import NotRequired, TypedDict

from django.conf import settings

from accounts import identity as identities

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
    """All that there are, as Avari's clients expect them: STUN first, one address in each entry."""
    return [*_stun(settings.STUN_SERVER_URL), *_relays(identity)]


def own_servers(identity: identities.Identity) -> list[Server]:
    """One STUN server and our own TURN server if there is one, as Shop with Friends documents it."""
    return [*_stun(settings.STUN_SERVER_URL[:1]), *_own_relay(identity)]


def lifetime() -> int | None:
    """The seconds for which what `servers` says is good; None: for good."""
    return settings.TURN_TTL if settings.TURN_SECRET and settings.TURN_SERVER_URL else None


def credentials(identity: identities.Identity, now: float | None = None) -> tuple[str, str]:
    """A name and a password that open our TURN server to `identity` for a while."""
    ends = int(time.time() if now is None else now) + settings.TURN_TTL
    username = f"{ends}:{_label(identity)}"
    signed = hmac.digest(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1)
    return username, base64.b64encode(signed).decode()


def _stun(urls: list[str]) -> list[Server]:
    return [{"urls": url} for url in urls]


def _relays(identity: identities.Identity) -> list[Server]:
    """Our own server where we sign for it, else what the old variables name, Metered before a server of one's own."""
    if settings.METERED_USERNAME and settings.METERED_CREDENTIAL and lifetime() is None:
        opened = settings.METERED_USERNAME, settings.METERED_CREDENTIAL
        return [{"urls": url, "username": opened[0], "credential": opened[1]} for url in METERED]
    return _own_relay(identity)


def _own_relay(identity: identities.Identity) -> list[Server]:
    urls = settings.TURN_SERVER_URL
    if not urls:
        return []
    fixed = settings.TURN_USERNAME, settings.TURN_CREDENTIAL
    username, credential = credentials(identity) if settings.TURN_SECRET else fixed
    return [{"urls": urls[0] if len(urls) == 1 else urls, "username": username, "credential": credential}]


def _label(identity: identities.Identity) -> str:
    """Whom coturn counts allocations for. A guest's own id is not for others' logs."""
    if identity.user is not None and identity.verified:
        return f"user-{identity.user.pk}"
    return f"guest-{hashlib.sha256(identity.visitor.encode()).hexdigest()[:16]}"
