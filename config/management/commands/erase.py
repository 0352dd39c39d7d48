"""Forgets what one person has said, wherever a copy of it is kept."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import identity as identities
from accounts.models import User
from config import personal


class Command(BaseCommand):
    help = """Erases a person's chat messages, with the names and additions beside them, what they said to support, what
    the logs of rooms keep of theirs, their names in parties and calls, and all that was recorded of them. It cannot be
    undone. An account is
    deactivated in the admin."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("who", help="a username, or what stands beside a message, such as user:12")

    def handle(self, who: str, **_: Any) -> None:
        try:
            identity = identities.key_of(who)
        except User.DoesNotExist:
            raise CommandError("There is no such user.") from None
        for done in personal.erase(identity):
            self.stdout.write(done)
