"""Deletes recordings: their keys first, then all that these sealed."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recordings.models import Recording


class Command(BaseCommand):
    help = "Deletes recordings by their ids. What is not there is passed over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="+")
        parser.add_argument("--dry-run", action="store_true", help="only says what would be done")

    def handle(self, ids: list[str], dry_run: bool, **_: Any) -> None:
        for pk in ids:
            recording = Recording.objects.kept().filter(pk=pk).first()
            if recording is None:
                self.stdout.write(f"{pk}: there is no such recording")
                continue
            if not dry_run:
                recording.remove()
            self.stdout.write(f"{pk}: {'would be ' if dry_run else ''}deleted")
