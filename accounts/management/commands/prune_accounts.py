"""Deletes refresh tokens and tickets whose time is over, as the daily job does."""

from typing import Any

from django.core.management.base import BaseCommand

from accounts.models import User


class Command(BaseCommand):
    help = "Deletes expired refresh tokens and tickets."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{User.objects.all().prune_credentials()} expired credentials deleted.")
