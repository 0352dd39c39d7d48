"""Ids as Shop with Friends makes them."""

import secrets

ALPHABET = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
CLIENT = 16  # characters of a client's id
SESSION = 10  # of a session's, behind its `sess_`


def new(length: int) -> str:
    return spell(secrets.token_bytes(length))


def spell(noise: bytes) -> str:
    """A letter for each byte."""
    return "".join(ALPHABET[byte % len(ALPHABET)] for byte in noise)
