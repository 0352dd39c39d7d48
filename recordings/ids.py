"""Ids of recordings: they look like cuids, as ShopAloud's do, and nobody can guess them."""

import secrets
import string

ALPHABET = string.ascii_lowercase + string.digits
LENGTH = 25  # characters, the leading `c` among them: 124 random bits


def new() -> str:
    return "c" + "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
