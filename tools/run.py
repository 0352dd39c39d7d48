"""What `make run` starts: development defaults, a migrated database, the demo shop, then the server."""

import os
import signal
from pathlib import Path

import django
import environ
from django.core.management import call_command
from django.db import connections

DOTENV = Path(__file__).resolve().parent.parent / ".env"


def prepare() -> None:
    """Makes ready what a first visitor needs. A second start changes nothing."""
    env = environ.Env()
    if DOTENV.exists():
        env.read_env(DOTENV)  # Before the defaults of development, which must not win over it.
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    if env.bool("DEMO", default=True):
        call_command("demo")
    connections.close_all()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the preparation at once, without a traceback.
    prepare()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    call_command("serve")
