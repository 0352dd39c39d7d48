"""`manage.py serve` on a machine whose clock is wrong: by CLOCK_OFFSET seconds. Only tests start a server so."""

import datetime
import os
import sys
import time

from django.core.management import execute_from_command_line
from django.utils import timezone

OFFSET = float(os.environ["CLOCK_OFFSET"])
AHEAD = datetime.timedelta(seconds=OFFSET)

# Libraries that ask Python's datetime for the time: they are given a class that answers with the wrong one.
ASK_DATETIME = ("jwt.", "rest_framework_simplejwt.")


class Skewed(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return datetime.datetime.now(tz) + AHEAD

    @classmethod
    def fromtimestamp(cls, timestamp: float, tz: datetime.tzinfo | None = None) -> datetime.datetime:  # type: ignore[override]
        return datetime.datetime.fromtimestamp(timestamp, tz)


def skew() -> None:
    seconds, nanoseconds = time.time, time.time_ns
    time.time = lambda: seconds() + OFFSET
    time.time_ns = lambda: nanoseconds() + int(OFFSET * 1e9)
    timezone.now = lambda: datetime.datetime.now(tz=datetime.UTC) + AHEAD


def skew_libraries() -> None:
    import jwt.api_jwt  # noqa: F401
    import rest_framework_simplejwt.tokens
    import rest_framework_simplejwt.utils  # noqa: F401

    for name, module in list(sys.modules.items()):
        if name.startswith(ASK_DATETIME) and getattr(module, "datetime", None) is datetime.datetime:
            module.datetime = Skewed  # type: ignore[attr-defined]


if __name__ == "__main__":
    skew()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django

    django.setup()
    skew_libraries()
    execute_from_command_line(["manage.py", "serve"])
