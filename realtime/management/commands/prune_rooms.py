"""Forgets what rooms need not remember any longer, as the daily job does."""

from typing import Any

from django.core.management.base import BaseCommand

from realtime import rooms


class Command(BaseCommand):
    help = "Deletes the events of each kind of room that are older than the kind keeps them."

    def handle(self, *args: Any, **options: Any) -> None:
        for kind, forgotten in rooms.prune().items():
            self.stdout.write(f"{kind}: {forgotten} events forgotten")
        for kind, trimmed in rooms.trim().items():
            self.stdout.write(f"{kind}: {trimmed} events forgotten that nobody can resume")
