"""The app's configuration, which connects its receivers."""

from django.apps import AppConfig


class ReplaysConfig(AppConfig):
    name = "replays"

    def ready(self) -> None:
        from replays import receivers  # noqa: F401 - connects them
