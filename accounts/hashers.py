"""How passwords are hashed: as many at once as the machine has memory for, and imported ones as they came."""

import threading
from typing import Any

import bcrypt
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher, BCryptPasswordHasher
from django.db import connection

PATIENCE = 10.0  # seconds that a password waits for its turn; then the request is answered as busy
MAX_WAITING = 100  # passwords of one process that wait for their turn; another one is answered as busy at once
RETRY_AFTER = 5  # seconds

_turns = threading.BoundedSemaphore(settings.PASSWORD_HASHES_AT_ONCE)
_waiting = threading.BoundedSemaphore(MAX_WAITING)


class Busy(TimeoutError):
    """Every hash that the machine has memory for is being computed: REST, pages and the admin answer 503 or 429."""

    wait = RETRY_AFTER


class _Turn:
    """One of the few hashes that may be computed at the same time: each takes about 100 MB."""

    def __enter__(self) -> None:
        if not _turns.acquire(blocking=False) and not self._wait():
            raise Busy("too many passwords are being checked")

    def __exit__(self, *_: object) -> None:
        _turns.release()

    def _wait(self) -> bool:
        """Whether the turn came. Who waits keeps no database connection from others meanwhile."""
        if not _waiting.acquire(blocking=False):
            return False
        try:
            if not connection.in_atomic_block:
                connection.close()
            return _turns.acquire(timeout=PATIENCE)
        finally:
            _waiting.release()


class BoundedArgon2(Argon2PasswordHasher):
    """Argon2, a few at a time. Raises Busy where too many wait, or no turn comes within PATIENCE."""

    def encode(self, password: str, salt: str) -> str:
        with _Turn():
            return super().encode(password, salt)

    def verify(self, password: str, encoded: str) -> bool:
        with _Turn():
            return super().verify(password, encoded)


class ImportedBcrypt(BCryptPasswordHasher):
    """bcrypt as it always was: a password counts up to its 72nd byte, where the library by now refuses longer ones."""

    def verify(self, password: str, encoded: str) -> bool:
        _, stored = encoded.split("$", 1)
        try:
            with _Turn():
                return bcrypt.checkpw(password.encode()[:72], stored.encode())
        except ValueError:  # a damaged hash is nobody's password
            return False

    def encode(self, password: str, salt: Any) -> str:
        with _Turn():
            return super().encode(password, salt)
