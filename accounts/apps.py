"""Tells Django of this app."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import (
            receivers,  # noqa: F401
            schema,  # noqa: F401 - the API's document learns our ways to log in
        )
