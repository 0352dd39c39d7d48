"""What `make run` starts: development settings, a migrated database, the demo shop, then the server."""

import os
import signal
import socket
import sys
from pathlib import Path

import django
import environ
from django.conf import settings
from django.core.management import call_command
from django.db import connections

DOTENV = Path(__file__).resolve().parent.parent / ".env"
DEVELOPMENT = """\
# Written by `make run` for development: manage.py and every server in this folder read it.
# Delete it before you install Vitrine for real; .env.example says what belongs here then.
DEBUG=1
"""
PAGES = [
    ("/", "the shop, where a show is live"),
    ("/studio/", "go live yourself (as creator); watch from a second window"),
    ("/party/", "shop with friends: open its link in a second window"),
    ("/call/", "call someone (with any account)"),
    ("/admin/", "moderate the chat and look after everything (as admin or moderator)"),
    ("/developers/", "put the player on a page of your own, and watch what the server says"),
    ("/api/docs/", "the REST API"),
    ("/api/events/", "the messages of its sockets"),
]


def say(words: str) -> None:
    print(words, flush=True)


def load_settings(dotenv: Path = DOTENV) -> None:
    """The settings that manage.py has too: what this process alone knew would be wrong beside it."""
    if not dotenv.exists() and "DEBUG" not in os.environ:
        dotenv.write_text(DEVELOPMENT)
        say(f"Writing {dotenv.name} with DEBUG=1")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    if not settings.DEBUG:
        say("DEBUG is not set in .env: this serves as in production, without demo data")


def prepare(demo: bool) -> None:
    """Makes ready what a first visitor needs. A second start changes nothing."""
    say("Preparing the database")
    call_command("migrate", verbosity=0)
    if demo:
        say("Filling the shop with demo data, unless they are there")
        call_command("demo", verbosity=0)
    connections.close_all()


def is_taken(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, port))
        except OSError:
            return True
    return False


def address(host: str, port: int) -> str:
    if host in ("0.0.0.0", "::"):  # every address of this machine
        host = "localhost"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def card(address: str, demo: bool) -> str:
    """What to do now: addresses, and who one can be."""
    from storefront.demo_accounts import ACCOUNTS, password_of  # models can be imported only now

    lines = ["", f"Vitrine is on {address}   (Ctrl-C stops it)", ""]
    lines += [f"  {address + path:<37} {purpose}" for path, purpose in PAGES]
    if demo:
        lines += ["", f"Accounts, which {address}/login/ lets you in as with one click:", ""]
        lines += [f"  {username:<11} {password_of(username)}" for username in ACCOUNTS]
    lines += ["", "Beside it, .venv/bin/python manage.py works with the same settings and database.", ""]
    return "\n".join(lines)


def main() -> None:
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the preparation at once, without a traceback.
    load_settings()
    if is_taken(settings.HOST, settings.PORT):
        sys.exit(f"Something else listens on port {settings.PORT}: make run PORT={settings.PORT + 1}")
    env = environ.Env()
    demo = settings.DEBUG and env.bool("DEMO", default=True)
    prepare(demo)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    say(card(address(settings.HOST, settings.PORT), demo))
    call_command("serve")


if __name__ == "__main__":
    main()
