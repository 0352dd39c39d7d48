"""The reference that goes along when somebody is led from a show to the seller's shop.

It is sealed: nobody can make or change one but this server, and it tells nobody who the visitor is. The shop sends it
back with the order, which is put down to the show by it.
"""

import base64
import binascii
import secrets
import struct
import time
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from urllib.parse import urlsplit
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils import crypto

from accounts import identity as identities

PARAMETER = "vitrine_ref"
MAX_LENGTH = 200  # characters; those of today have 158
VERSION = 1
NONCE = 12  # bytes
# version, time, moment, show, product, variant, claim of a drop, whether a user, who
FORM = struct.Struct(">BII16s16s16s16s?16s")
NOTHING = UUID(int=0)
ASSOCIATED = b"vitrine_ref"


class Reference(NamedTuple):
    """Who was led to which product, from which moment of which show."""

    stream_id: UUID | None
    moment_ms: int  # since the show began
    product_id: UUID
    variant_id: UUID | None
    viewer: str  # an Identity's key
    at: datetime
    claim_id: UUID | None = None  # of a drop, which they go to pay for


def seal(reference: Reference) -> str:
    user_id = identities.user_id_of(reference.viewer)
    who = user_id if user_id is not None else int(reference.viewer.removeprefix("visitor:"), 16)
    plain = FORM.pack(
        VERSION,
        int(reference.at.timestamp()),
        reference.moment_ms,
        (reference.stream_id or NOTHING).bytes,
        reference.product_id.bytes,
        (reference.variant_id or NOTHING).bytes,
        (reference.claim_id or NOTHING).bytes,
        user_id is not None,
        who.to_bytes(16),
    )
    nonce = secrets.token_bytes(NONCE)
    sealed = nonce + AESGCM(_keys()[0]).encrypt(nonce, plain, ASSOCIATED)
    return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()


def read(token: str, window: timedelta) -> Reference | None:
    """What a reference says; None for one that is not ours, or older than `window`."""
    if len(token) > MAX_LENGTH or not token.isascii():
        return None
    try:
        sealed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except binascii.Error:
        return None
    for key in _keys():
        try:
            plain = AESGCM(key).decrypt(sealed[:NONCE], sealed[NONCE:], ASSOCIATED)
        except (InvalidTag, ValueError):
            continue
        reference = _unpacked(plain)
        return reference if time.time() - reference.at.timestamp() <= window.total_seconds() else None
    return None


def _unpacked(plain: bytes) -> Reference:
    _, at, moment_ms, stream, product, variant, claim, is_user, who = FORM.unpack(plain)
    number = int.from_bytes(who)
    return Reference(
        stream_id=UUID(bytes=stream) if stream != NOTHING.bytes else None,
        moment_ms=moment_ms,
        product_id=UUID(bytes=product),
        variant_id=UUID(bytes=variant) if variant != NOTHING.bytes else None,
        viewer=identities.user_key(number) if is_user else identities.visitor_key(f"{number:032x}"),
        at=datetime.fromtimestamp(at, UTC),
        claim_id=UUID(bytes=claim) if claim != NOTHING.bytes else None,
    )


def _keys() -> list[bytes]:
    """The key that seals, and those of former secrets."""
    secrets_of = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return [
        crypto.salted_hmac("analytics.references", "key", secret=secret, algorithm="sha256").digest()
        for secret in secrets_of
    ]


def leading_to(url: str, token: str, **more: str) -> str:
    """The seller's address with the reference in its query, in the place of one that may stand there.

    `more` goes along, each as `vitrine_<name>`.
    """
    parts, added = urlsplit(url), {PARAMETER: token} | {f"vitrine_{name}": value for name, value in more.items()}
    asked = [each for each in parts.query.split("&") if each and each.partition("=")[0] not in added]
    told = [f"{name}={value}" for name, value in added.items()]
    return parts._replace(query="&".join([*asked, *told])).geturl()
