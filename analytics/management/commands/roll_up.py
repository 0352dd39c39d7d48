"""Counts the figures of shows that are over, and keeps them."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from analytics import rollups
from streams.models import Stream


class Command(BaseCommand):
    help = "Counts the figures of shows that are over: of those that were not counted yet, or with --all of every one."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--all", action="store_true", dest="every", help="count again what was counted before")

    def handle(self, *args: Any, every: bool = False, **options: Any) -> None:
        ended = Stream.objects.listed().filter(status=Stream.Status.ENDED)
        count = 0
        for stream in (ended if every else ended.filter(rollup=None)).iterator():
            rollups.roll_up(stream)
            count += 1
        self.stdout.write(f"{count} shows counted")
