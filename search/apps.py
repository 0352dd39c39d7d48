"""The app's configuration: what the database itself has to know, and its checks."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created


class SearchConfig(AppConfig):
    name = "search"

    def ready(self) -> None:
        from search import checks, words  # noqa: F401 - registers them

        connection_created.connect(words.teach_sqlite)
