"""Makes the settings checked whenever Django starts a command."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, jobs  # noqa: F401  # registers them
