"""Prints the AsyncAPI document of all socket endpoints."""

from typing import Any

import yaml
from django.core.management.base import BaseCommand

from config import routing
from realtime.documents import asyncapi


class Command(BaseCommand):
    help = "Prints the sockets' AsyncAPI 3 document as YAML."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(
            yaml.safe_dump(asyncapi.document(routing.ENDPOINTS), sort_keys=False, allow_unicode=True, width=120)
        )
