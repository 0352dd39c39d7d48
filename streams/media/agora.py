"""Agora: tokens of its "AccessToken2" format, version 007.

`"007" + base64(deflate(signature + info))`; numbers are little endian, texts are preceded by their length. All times in
a token but the one of its issue are durations from there.
"""

import base64
import hashlib
import hmac
import secrets
import struct
import zlib
from datetime import timedelta
from typing import Final

from django.conf import settings

from streams.media.access import Access, AccessRequest, Role, Sources

NAME: Final = "agora"
VERSION: Final = "007"
RTC = 1  # the service that carries picture and sound
JOIN, SEND_AUDIO, SEND_VIDEO, SEND_DATA = 1, 2, 3, 4  # its privileges
PRIVILEGES: dict[Role, list[int]] = {"publisher": [JOIN, SEND_AUDIO, SEND_VIDEO, SEND_DATA], "subscriber": [JOIN]}
EDGES = [f"{scheme}://*.{domain}" for scheme in ("https", "wss") for domain in ("agora.io", "sd-rtn.com")]
SALTS = 99_999_999  # the largest salt


def check(address: str) -> None:
    """Any show can be carried."""


def access(request: AccessRequest) -> Access:
    app_id, lifetime = settings.AGORA_APP_ID, settings.AGORA_TOKEN_EXPIRY
    issued = int(request.now.timestamp())
    signed = token(app_id, settings.AGORA_APP_CERTIFICATE, request.channel, request.uid, request.role, lifetime, issued)
    expires_at = request.now + timedelta(seconds=lifetime)
    return Access(NAME, app_id, signed, request.channel, request.uid, request.role, expires_at, settings.AGORA_SDK_URL)


def sources(address: str) -> Sources:
    """Its web client is a script of another server, allowed only where the operator names its address."""
    if not settings.AGORA_SDK_URL:
        return {}
    return {"script-src": [settings.AGORA_SDK_URL], "connect-src": EDGES}


def token(
    app_id: str, certificate: str, channel: str, uid: int, role: Role, lifetime: int, now: int, salt: int = 0
) -> str:
    """Lets `uid` (0: anyone) into `channel` for `lifetime` seconds from `now`; without a `salt` it takes a random."""
    salt = salt or secrets.randbelow(SALTS) + 1
    info = (
        _text(app_id.encode())
        + struct.pack("<III", now, lifetime, salt)
        + struct.pack("<H", 1)  # the number of services
        + _rtc_service(channel, uid, role, lifetime)
    )
    key = _sign(struct.pack("<I", salt), _sign(struct.pack("<I", now), certificate.encode()))
    return VERSION + base64.b64encode(zlib.compress(_text(_sign(key, info)) + info)).decode()


def _rtc_service(channel: str, uid: int, role: Role, lifetime: int) -> bytes:
    privileges = PRIVILEGES[role]
    granted = b"".join(struct.pack("<HI", privilege, lifetime) for privilege in privileges)
    whom = str(uid) if uid else ""
    return struct.pack("<HH", RTC, len(privileges)) + granted + _text(channel.encode()) + _text(whom.encode())


def _text(content: bytes) -> bytes:
    return struct.pack("<H", len(content)) + content


def _sign(key: bytes, content: bytes) -> bytes:
    return hmac.digest(key, content, hashlib.sha256)
