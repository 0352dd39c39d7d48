"""HLS: the show is sent to some other server, and its own address is the playlist that viewers play."""

import re
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import ValidationError

from streams.media.access import Access, AccessRequest, Sources

NAME: Final = "hls"
LIFETIME = timedelta(hours=1)  # then viewers ask whether they may still watch
# Another server must be reached by https; a path is on this one. The host's name goes into a Content Security Policy.
PLAYABLE = r"\A(https://[A-Za-z0-9.-]+(:\d+)?(/|\Z)|/(?![/\\]))"
UNPLAYABLE = "Set streamUrl to the https address of the show's HLS playlist, or to its path on this server"


def is_playable(address: str) -> bool:
    return re.match(PLAYABLE, address) is not None


def check(address: str) -> None:
    if not is_playable(address):
        raise ValidationError(UNPLAYABLE)


def access(request: AccessRequest) -> Access:
    check(request.address)
    return Access(NAME, "", "", request.channel, request.uid, request.role, request.now + LIFETIME, request.address)


def sources(address: str) -> Sources:
    """The playlist's own server, and the servers that it refers to."""
    elsewhere = is_playable(address) and not address.startswith("/")
    return {"connect-src": [*settings.HLS_ORIGINS, *([f"https://{urlsplit(address).netloc}"] if elsewhere else [])]}
