"""Ids as Shop with Friends makes them: Nano IDs."""

import secrets

ALPHABET = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
CLIENT = 16  # characters of a client's id
SESSION = 10  # characters of a session's id, after its `sess_`


def new(length: int) -> str:
    return spell(secrets.token_bytes(length))


def spell(noise: bytes) -> str:
    """Spells `noise` with one character for each byte."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in noise)
