"""Runs what an operator would otherwise put into cron, each job once per cluster."""

import logging
import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand
from django.db import Error, connections

from realtime import periodic

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = (
        "Runs the jobs that are due: a timer may call it every minute, on as many machines as there are."
        " Processes that serve run them too, unless RUN_JOBS=0."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="look again every minute until it is ended")

    def handle(self, *args: Any, forever: bool = False, **options: Any) -> None:
        if not forever:
            self._run_jobs()
            return
        while True:
            try:
                self._run_jobs()
            except Error:
                logger.exception("jobs could not be run")  # The database may be back in a minute.
            connections.close_all()  # A session that ended meanwhile would fail the next look too.
            time.sleep(periodic.LOOK_INTERVAL)

    def _run_jobs(self) -> None:
        for name in periodic.run_jobs():
            self.stdout.write(f"{name}: done")
