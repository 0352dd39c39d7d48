"""Tells Django of this app."""

from django.apps import AppConfig


class ShoppingConfig(AppConfig):
    name = "shopping"

    def ready(self) -> None:
        from shopping import receivers  # noqa: F401 - Importing them connects them.
