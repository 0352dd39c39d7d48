"""The app's configuration, which connects its receivers."""

from django.apps import AppConfig


class DropsConfig(AppConfig):
    name = "drops"

    def ready(self) -> None:
        from drops import keywords, receivers, snapshots, tasks  # noqa: F401 - connects them, and has every process do what is due
