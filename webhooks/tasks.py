"""Sends what is due. Importing this module has every server process do so with each heartbeat."""

from django.conf import settings

from realtime import periodic
from webhooks import sending


def send() -> None:
    """Begins to send, unless that is left to `manage.py tick`."""
    if settings.RUN_JOBS:
        sending.wake()


send_due = periodic.PeriodicTask(send)
