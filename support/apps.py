"""Tells Django of this app."""

from django.apps import AppConfig


class SupportConfig(AppConfig):
    name = "support"

    def ready(self) -> None:
        from support import receivers, tasks  # noqa: F401 - Importing them registers them.
