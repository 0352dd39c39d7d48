"""Tells Django of this app."""

from django.apps import AppConfig


class SignalingConfig(AppConfig):
    name = "signaling"

    def ready(self) -> None:
        from signaling import broadcasts, tasks  # noqa: F401 - connects receivers, and duties to the heartbeat
