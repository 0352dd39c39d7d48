import os
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analytics import export, parquet

WRITERS = {".csv": export.write_csv, ".jsonl": export.write_json_lines, ".parquet": parquet.write}


class Command(BaseCommand):
    help = (
        "Writes every fact of a day of UTC into a file: as CSV, JSON lines or Parquet, by the end of the file's name."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("day", help="YYYY-MM-DD")
        parser.add_argument("file", type=Path, help=f"whose name ends in {', '.join(WRITERS)}")

    def handle(self, *args: Any, day: str, file: Path, **options: Any) -> None:
        if file.suffix not in WRITERS:
            raise CommandError(f"The file's name must end in one of {', '.join(WRITERS)}")
        part = file.with_name(f"{file.name}.part")  # so that nobody takes half a day for a whole one
        try:
            with part.open("wb") as target:
                rows = WRITERS[file.suffix](export.chunks(export.read_day(day)), target)
            os.replace(part, file)
        except ValidationError as error:
            raise CommandError(error.message) from None
        except parquet.NotInstalled as error:
            raise CommandError(str(error)) from None
        finally:
            part.unlink(missing_ok=True)
        self.stdout.write(f"{rows} facts are in {file}.")
