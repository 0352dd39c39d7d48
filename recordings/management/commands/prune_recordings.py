"""Deletes what need not be kept any longer, as a job does every hour; and files that no recording knows."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recordings import storage
from recordings.models import Consent, Participant, Recording


class Command(BaseCommand):
    help = "Deletes recordings whose time is over and that are not pinned, and what is left of deleted ones."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--files",
            action="store_true",
            help="also deletes files in the storage that are of no recording in this database; never do it with the "
            "storage of another installation",
        )
        parser.add_argument("--dry-run", action="store_true", help="only says what would be done")

    def handle(self, files: bool, dry_run: bool, **_: Any) -> None:
        would = "would be " if dry_run else ""
        if dry_run:
            expired, left = Recording.objects.expired().count(), Recording.objects.removed().count()
        else:
            expired, left = Recording.objects.expire(), Recording.objects.purge()
            Participant.objects.forget()
            Consent.objects.forget()
        self.stdout.write(f"{expired} recordings {would}deleted")
        self.stdout.write(f"{left} deleted recordings {would}cleared away")
        if files:
            self.stdout.write(f"{self.strays(dry_run)} folders of no recording {would}deleted")

    def strays(self, dry_run: bool) -> int:
        folders = set(storage.folders())
        strays = folders - set(Recording.objects.filter(pk__in=folders).values_list("pk", flat=True))
        for folder in () if dry_run else strays:
            storage.delete_folder(folder)
        return len(strays)
