"""Runs what an operator would otherwise put into cron, each job once per cluster."""

import time
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from realtime import periodic


class Command(BaseCommand):
    help = (
        "Runs the jobs that are due: a timer may call it every minute, on as many machines as there are."
        " Processes that serve run them too, unless RUN_JOBS=0."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--forever", action="store_true", help="look again every minute until it is ended")

    def handle(self, *args: Any, forever: bool = False, **options: Any) -> None:
        while True:
            for name in periodic.run_jobs():
                self.stdout.write(f"{name}: done")
            if not forever:
                return
            time.sleep(periodic.LOOK_INTERVAL)
