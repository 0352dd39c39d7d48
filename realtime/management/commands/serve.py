"""`manage.py serve`: the production server."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from realtime.endpoints import server


class Command(BaseCommand):
    help = "Serves HTTP, WebSockets and Socket.IO until Ctrl-C or SIGTERM, which let running requests finish."
    requires_system_checks: list[str] = []  # The application checks itself when any server loads it.

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=settings.HOST, help="the address to listen on (HOST, %(default)s)")
        parser.add_argument("--port", default=settings.PORT, type=int, help="its port (PORT, %(default)s)")

    def handle(self, *, host: str, port: int, **_: Any) -> None:
        server.serve(host, port)
