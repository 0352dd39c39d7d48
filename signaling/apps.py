"""Tells Django of this app."""

from django.apps import AppConfig


class SignalingConfig(AppConfig):
    name = "signaling"

    def ready(self) -> None:
        from signaling import tasks  # noqa: F401 - Importing them has every server process run them.
