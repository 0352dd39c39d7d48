"""Builds what PostgreSQL searches by anew: after SEARCH_LANGUAGE was changed, or an extension was added."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from search import index


class Command(BaseCommand):
    help = "Builds the search index anew, in settings.SEARCH_LANGUAGE. Products and shows are locked meanwhile."
    requires_migrations_checks = True

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("This database is searched row by row: only PostgreSQL has a search index.")
        try:
            index.build(connection, settings.SEARCH_LANGUAGE, self.stderr.write)
        except ValueError as error:
            raise CommandError(str(error)) from None
