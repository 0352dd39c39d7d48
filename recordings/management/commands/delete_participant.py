"""Deletes people with all that was recorded of them."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recordings.models import Participant


class Command(BaseCommand):
    help = "Deletes participants by their ids, with their recordings and decisions. What is not there is passed over."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("ids", nargs="+")
        parser.add_argument("--dry-run", action="store_true", help="only says what would be done")

    def handle(self, ids: list[str], dry_run: bool, **_: Any) -> None:
        for pk in ids:
            participant = Participant.objects.filter(pk=pk).first()
            if participant is None:
                self.stdout.write(f"{pk}: there is no such participant")
                continue
            recordings = participant.recordings.kept().count()
            if not dry_run:
                participant.remove()
            self.stdout.write(f"{pk}: {'would be ' if dry_run else ''}deleted with {recordings} recordings")
