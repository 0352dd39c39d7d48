"""Deletes matches that nobody is at any longer, and calls that need not be remembered; daily jobs do both."""

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand

from signaling.models import Call, Match, Seat


class Command(BaseCommand):
    help = "Releases lost seats, deletes empty matches and, where asked, the history of old calls."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forget-after", type=int, metavar="DAYS", help="also delete calls that ended so long ago")

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{Seat.objects.release()} lost seats released.")
        self.stdout.write(f"{Call.objects.time_out()} calls given up.")
        self.stdout.write(f"{Match.objects.purge()} empty matches deleted.")
        if options["forget_after"] is not None:
            forgotten = Call.objects.forget(timedelta(days=options["forget_after"]))
            self.stdout.write(f"{forgotten} calls forgotten.")
