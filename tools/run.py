"""What `make run` starts: development defaults, a migrated database, the demo shop, then the server."""

import os
import signal

import django
from django.core.management import call_command
from django.db import connections

from tools import serve


def prepare() -> None:
    """Everything a first visitor needs, and nothing that a second start would repeat."""
    env = serve.environment()
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    if env.bool("DEMO", default=True):
        call_command("demo")
    connections.close_all()


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the preparation at once, without a traceback
    prepare()
    signal.signal(signal.SIGINT, signal.default_int_handler)
    serve.serve()
