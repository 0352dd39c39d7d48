"""Shows: when people are reminded of one, and how long one waits for its host."""

from typing import NamedTuple

import environ


class Shows(NamedTuple):
    remind_minutes: int  # before a show, at which those are mailed who asked for it


def shows(env: environ.Env) -> Shows:
    return Shows(remind_minutes=env.int("REMIND_MINUTES", default=15))
