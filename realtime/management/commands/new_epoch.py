"""Tells clients that the logs are not those which they know."""

from typing import Any

from django.core.management.base import BaseCommand

from realtime.models import LogOrigin


class Command(BaseCommand):
    help = (
        "Gives the logs of all rooms a new epoch, so that nobody resumes over events that a restore has lost."
        " PostgreSQL's dumps, restores and failovers are noticed without it; copied files and SQLite are not."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        LogOrigin.objects.renew_epoch()
        self.stdout.write("Clients that come back get their rooms as they are now.")
