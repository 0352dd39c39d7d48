"""Makes the settings checked whenever Django starts a command, and lets migrations take their time."""

from typing import Any

from django.apps import AppConfig
from django.core.signals import request_finished, request_started
from django.db import connections
from django.db.models.signals import post_migrate, pre_migrate


def lift_statement_timeout(using: str, **_: Any) -> None:
    """A migration of a large table may take longer than any request."""
    _execute(using, "SET statement_timeout = 0")


def restore_statement_timeout(using: str, **_: Any) -> None:
    _execute(using, "RESET statement_timeout")


def _execute(using: str, sql: str) -> None:
    if connections[using].vendor == "postgresql":
        with connections[using].cursor() as cursor:
            cursor.execute(sql)


REQUEST_SECONDS = 20.0  # that the database work of one request may take; beyond, its connection is given up


def watch_request(**_: Any) -> None:
    """Both signals come in the request's own thread, which closes its connection by them too."""
    from realtime.runtime import deadlines

    deadlines.watch.begin(REQUEST_SECONDS)


def forget_request(**_: Any) -> None:
    from realtime.runtime import deadlines

    deadlines.watch.end()


class ConfigConfig(AppConfig):
    name = "config"

    def ready(self) -> None:
        from config import checks, jobs  # noqa: F401  # registers them

        request_started.connect(watch_request)
        request_finished.connect(forget_request)
        pre_migrate.connect(lift_statement_timeout)
        post_migrate.connect(restore_statement_timeout)
