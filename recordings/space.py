"""The disk guard: below settings.RECORDINGS_MIN_FREE_BYTES nothing more is recorded, and the shop goes on."""

import shutil
import time

from django.conf import settings

from realtime import errors

SECONDS = 5.0  # for which an answer of the file system is believed
FULL = "Recording has stopped: the server is short of disk space"

_asked_at = float("-inf")
_free = 0


def free() -> int:
    """The bytes that are free where recordings are kept."""
    global _asked_at, _free
    now = time.monotonic()
    if now - _asked_at > SECONDS:
        settings.RECORDINGS_FOLDER.mkdir(parents=True, exist_ok=True)
        _asked_at, _free = now, shutil.disk_usage(settings.RECORDINGS_FOLDER).free
    return _free


def check() -> None:
    """Raises RequestRefused where too little is free."""
    if free() < settings.RECORDINGS_MIN_FREE_BYTES:
        raise errors.RequestRefused("storage_full", FULL, retry_after=60.0)
