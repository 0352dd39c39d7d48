"""The app's configuration, which connects its receivers."""

from django.apps import AppConfig


class StreamsConfig(AppConfig):
    name = "streams"

    def ready(self) -> None:
        from streams import receivers  # noqa: F401 - connects them
