"""After a new key was put first in RECORDINGS_KEY: what the others have wrapped is wrapped by it."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from recordings import sealing, signals
from recordings.models import Recording


class Command(BaseCommand):
    help = (
        "Wraps the keys of all recordings with the first key of RECORDINGS_KEY. Once it says that none is left, the "
        "others can be taken out. What was recorded is not sealed anew."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only says what would be done")

    def handle(self, dry_run: bool, **_: Any) -> None:
        rewrapped = lost = 0
        for recording in Recording.objects.kept().filter(wrapped_key__isnull=False).iterator():
            try:
                rewrapped += recording.rewrap(dry_run)
            except sealing.Damaged as error:
                lost += 1
                self.stderr.write(str(error))
        answers: list[tuple[Any, Any]] = signals.keys_rewrapped.send(Command, dry_run=dry_run)
        for _, (others, damaged) in answers:
            rewrapped, lost = rewrapped + others, lost + damaged
        self.stdout.write(f"{rewrapped} keys {'would be ' if dry_run else ''}wrapped anew, {lost} cannot be opened")
