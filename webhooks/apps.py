"""The app's configuration, which connects its receivers."""

from django.apps import AppConfig


class WebhooksConfig(AppConfig):
    name = "webhooks"

    def ready(self) -> None:
        from webhooks import receivers, tasks  # noqa: F401 - connects them, and has every process send what is due
