"""Tells Django of this app."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "streams"

    def ready(self) -> None:
        from streams import broadcasts, receivers  # noqa: F401 - connects them
