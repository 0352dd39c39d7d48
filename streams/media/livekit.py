"""LiveKit: a media server of one's own or rented. Its tokens are JWTs that say what their holder may do in one room."""

import hashlib
import secrets
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from streams.media.access import Access, AccessRequest, Sources

NAME: Final = "livekit"


def check(address: str) -> None:
    """Any show can be carried."""


def access(request: AccessRequest) -> Access:
    from livekit import api  # It takes a tenth of a server's start, and few have LiveKit.

    lifetime = timedelta(seconds=settings.LIVEKIT_TOKEN_EXPIRY)
    publishes = request.role == "publisher"
    grants = api.VideoGrants(  # each is stated, because what is left out is granted
        room_join=True,
        room=request.channel,
        can_publish=publishes,
        can_publish_data=False,
        can_subscribe=True,
        can_update_own_metadata=False,
    )
    token = api.AccessToken(settings.LIVEKIT_API_KEY, settings.LIVEKIT_API_SECRET)
    signed = token.with_identity(participant(request.who)).with_grants(grants).with_ttl(lifetime).to_jwt()
    expires_at = request.now + lifetime
    return Access(NAME, "", signed, request.channel, request.uid, request.role, expires_at, settings.LIVEKIT_URL)


def participant(who: str) -> str:
    """A name that everyone in the room may see. Of several tabs with one name only the newest could stay."""
    return f"{hashlib.sha256(who.encode()).hexdigest()[:16]}-{secrets.token_hex(4)}"


def sources(address: str) -> Sources:
    host = urlsplit(settings.LIVEKIT_URL)
    secure = host.scheme == "wss"
    return {
        "connect-src": [
            f"{'wss' if secure else 'ws'}://{host.netloc}",
            f"{'https' if secure else 'http'}://{host.netloc}",
        ]
    }
