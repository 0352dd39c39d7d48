"""Prints the table of all limits, so that it cannot say anything else than the code does."""

from collections.abc import Iterator
from typing import Any

from django.core.management.base import BaseCommand

from config import limit_tables


def lines(section: limit_tables.Section) -> Iterator[str]:
    yield from (f"## {section.title}" if section.title else "# Limits", "")
    if section.words:
        yield from (section.words, "")
    yield f"| {' | '.join(section.heads)} |"
    yield f"|{' --- |' * len(section.heads)}"
    for row in section.rows:
        yield f"| {' | '.join(map(limit_tables.cell, row))} |"


class Command(BaseCommand):
    help = "Prints docs/limits.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write("\n\n".join("\n".join(lines(section)) for section in limit_tables.sections()))
