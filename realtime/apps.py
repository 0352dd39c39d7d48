"""Tells Django of this app."""

from django.apps import AppConfig


class RealtimeConfig(AppConfig):
    name = "realtime"

    def ready(self) -> None:
        from realtime import receivers  # noqa: F401 - connects them
        from realtime.adapters import releases  # noqa: F401 - registers its check
