"""Ends the visits that are over and has their audio finished, as a job does every minute."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recordings.models import Recording, Status


class Command(BaseCommand):
    help = "Ends recordings to which nothing comes any more, and has those finished whose finishing is due."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--retry-failed", action="store_true", help="also those that failed for the last time")
        parser.add_argument("--dry-run", action="store_true", help="only says what would be done")

    def handle(self, retry_failed: bool, dry_run: bool, **_: Any) -> None:
        failed = Recording.objects.kept().filter(status=Status.FAILED) if retry_failed else Recording.objects.none()
        if dry_run:
            counts = (Recording.objects.stale().count(), Recording.objects.overlooked().count(), failed.count())
        else:
            again = sum(recording.retry() for recording in failed)
            counts = (Recording.objects.finish_stale(), Recording.objects.finish_due(), again)
        would = "would be " if dry_run else ""
        for count, done in zip(counts, ("ended", "enqueued to be finished", "tried again"), strict=True):
            self.stdout.write(f"{count} recordings {would}{done}")
