"""Prints client.d.ts: the types of client.js, and those of all that it sends and hears."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import routing
from realtime.documents import typings

HEAD = Path("realtime/client.head.d.ts")  # what is written by hand: the client itself


class Command(BaseCommand):
    help = "Prints realtime/static/realtime/client.d.ts."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        head = (settings.BASE_DIR / HEAD).read_text()
        self.stdout.write(f"{head}\n{typings.declarations(routing.RAW['/ws/'])}")
