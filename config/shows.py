"""Shows: when people are reminded of one, and how long one waits for its host."""

from typing import NamedTuple

import environ


class Shows(NamedTuple):
    """How long is counted from the moment at which the last connection of the host went."""

    remind_minutes: int  # before a show, at which those are mailed who asked for it
    pause_seconds: float  # without a host, until a live show is paused
    end_seconds: float  # without a host, until a paused show is ended
    max_hours: float  # after its start a show is ended whose host is not seen here


def shows(env: environ.Env) -> Shows:
    return Shows(
        remind_minutes=env.int("REMIND_MINUTES", default=15),
        pause_seconds=env.float("HOST_PAUSE_SECONDS", default=300.0),
        end_seconds=env.float("HOST_END_SECONDS", default=1800.0),
        max_hours=env.float("SHOW_HOURS", default=24.0),
    )
