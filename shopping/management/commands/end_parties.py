"""Ends shopping sessions whose time is over, and deletes those of long ago, as two jobs do."""

from typing import Any

from django.core.management.base import BaseCommand

from shopping.models import ShoppingSession


class Command(BaseCommand):
    help = "Ends the shopping sessions that have expired, and deletes what is left of those that ended long ago."

    def handle(self, *args: Any, **options: Any) -> None:
        ended = ShoppingSession.objects.end_expired()
        deleted = ShoppingSession.objects.delete_ended()
        self.stdout.write(f"{ended} sessions ended, {deleted} forgotten")
