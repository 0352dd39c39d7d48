"""Prints the AsyncAPI document of all socket endpoints."""

from typing import Any

from django.core.management.base import BaseCommand

from config import sockets


class Command(BaseCommand):
    help = "Prints the sockets' AsyncAPI 3 document as YAML."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(sockets.as_yaml())
