"""Lets people whose accounts were imported log in with the password they have."""

import bcrypt
from django.contrib.auth.hashers import BCryptPasswordHasher


class ImportedBcrypt(BCryptPasswordHasher):
    """bcrypt as it always was: a password counts up to its 72nd byte, where the library by now refuses longer ones."""

    def verify(self, password: str, encoded: str) -> bool:
        _, stored = encoded.split("$", 1)
        try:
            return bcrypt.checkpw(password.encode()[:72], stored.encode())
        except ValueError:  # a damaged hash is nobody's password
            return False
