"""Encryption at rest: a key for each recording, wrapped by the first of settings.RECORDINGS_KEY.

Whatever is sealed is bound to its place, so that nobody who can write to the database or the storage can move it.
"""

import base64
import binascii
import functools
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from realtime import errors

KEY = 32  # bytes: AES-256
NONCE = 12  # bytes
OVERHEAD = NONCE + 16  # bytes by which what is sealed is longer: its nonce and its tag
NAME = 8  # bytes that tell which key has wrapped another


class Damaged(errors.RequestRefused):
    """What was sealed has been changed or moved, or it was sealed with another key."""

    def __init__(self, message: str) -> None:
        super().__init__("damaged", message)


class Box:
    """Seals and opens what belongs to one recording; with an empty key it leaves everything as it is."""

    def __init__(self, key: bytes) -> None:
        self.key = key
        self._cipher = AESGCM(key) if key else None

    def seal(self, plain: bytes, place: str) -> bytes:
        if self._cipher is None:
            return plain
        nonce = os.urandom(NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Raises Damaged."""
        if self._cipher is None:
            return sealed
        try:
            return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], place.encode())
        except (InvalidTag, ValueError):
            raise Damaged(f"{place} cannot be opened") from None

    def digest(self, plain: bytes) -> bytes:
        """By this the same content is known again. It needs the key, so it tells nobody what a short text was."""
        return hmac.digest(self.key, plain, "sha256")

    @property
    def overhead(self) -> int:
        return OVERHEAD if self._cipher else 0


def read_key(text: str) -> bytes:
    """A key as it stands in RECORDINGS_KEY; raises ValueError."""
    try:
        key = base64.b64decode(text.replace("-", "+").replace("_", "/"), validate=True)
    except binascii.Error:
        key = b""
    if len(key) != KEY:
        raise ValueError(f"a key of recordings is {KEY} random bytes in base64")
    return key


@functools.lru_cache(maxsize=4)
def _named(texts: tuple[str, ...]) -> dict[bytes, bytes]:
    """The operator's keys by their names, in order."""
    keys = [read_key(text) for text in texts]
    return {hashlib.sha256(b"recordings" + key).digest()[:NAME]: key for key in keys}


def wrapping_keys() -> dict[bytes, bytes]:
    """Raises RequestRefused where there is none."""
    try:
        found = _named(tuple(settings.RECORDINGS_KEY))
    except ValueError as error:
        raise errors.RequestRefused("unavailable", f"Recording is not set up: {error}") from None
    if not found:
        raise errors.RequestRefused("unavailable", "Recording is not set up: the server has no RECORDINGS_KEY")
    return found


def new_wrapped(owner: str) -> bytes | None:
    """A new key for the recording `owner`, wrapped; None with encryption off."""
    return wrap(AESGCM.generate_key(KEY * 8), owner) if settings.RECORDINGS_ENCRYPTION else None


def wrap(key: bytes, owner: str) -> bytes:
    name, wrapping = next(iter(wrapping_keys().items()))
    return name + Box(wrapping).seal(key, owner)


def unwrap(wrapped: bytes, owner: str) -> bytes:
    """Raises Damaged, also where the key that wrapped it is no longer among the operator's."""
    wrapping = wrapping_keys().get(wrapped[:NAME])
    if wrapping is None:
        raise Damaged(f"RECORDINGS_KEY no longer has the key that {owner} was recorded with")
    return Box(wrapping).open(wrapped[NAME:], owner)


def is_current(wrapped: bytes) -> bool:
    """Whether the first of the operator's keys has wrapped it."""
    return wrapped[:NAME] == next(iter(wrapping_keys()))
