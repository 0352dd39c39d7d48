"""Ids as Shop with Friends makes them."""

import secrets

ALPHABET = "useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict"
CLIENT = 16  # characters of a client's id
SESSION = 10  # of a session's, behind its `sess_`


def new(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
