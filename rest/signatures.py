"""Signatures of Standard Webhooks: an id, a time and a body, under a secret that two servers share."""

import base64
import binascii
import hashlib
import hmac
import secrets
import time
from collections.abc import Iterable, Mapping

PREFIX = "whsec_"
KEY_BYTES = 24  # of a new secret; the scheme asks for 24 to 64
TOLERANCE = 300  # seconds that a message may be old, or that the sender's clock may be ahead
MAX_SIGNATURES = 10  # of one message that are looked at


class Forged(ValueError):
    """A message that is not from whoever has the secret, or not of now."""


def new_secret() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def key_of(secret: str) -> bytes:
    """The bytes that a secret `whsec_...` stands for; raises ValueError for anything else."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except binascii.Error:
        key = b""
    if not secret.startswith(PREFIX) or not KEY_BYTES <= len(key) <= 64:
        raise ValueError("A secret is whsec_ and the base64 of 24 to 64 bytes")
    return key


def signature(key: bytes, id: str, at: str, body: bytes) -> str:
    signed = b".".join((id.encode(), at.encode(), body))
    return f"v1,{base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()}"


def headers(keys: Iterable[bytes], id: str, body: bytes) -> list[tuple[str, str]]:
    """The headers of a message of now; with several keys it is signed with each, so that a secret can be changed."""
    at = str(int(time.time()))
    named = [("webhook-id", id), ("webhook-timestamp", at)]
    signed = " ".join(signature(key, id, at, body) for key in keys)
    return [*named, ("webhook-signature", signed)] if signed else named


def verify(keys: Iterable[bytes], headers: Mapping[str, str], body: bytes) -> str:
    """The id of a message that is signed with one of these keys; raises Forged."""
    named, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not (at.isascii() and at.isdecimal() and len(at) <= 12 and abs(time.time() - int(at)) <= TOLERANCE):
        raise Forged("webhook-timestamp is not of now")
    given = headers.get("webhook-signature", "").split(" ")[:MAX_SIGNATURES]
    for key in keys:
        expected = signature(key, named, at, body).encode()
        if named and any(hmac.compare_digest(expected, each.encode()) for each in given):
            return named
    raise Forged("webhook-signature does not fit")
