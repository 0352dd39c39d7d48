"""Forgets what one person has said, wherever a copy of it is kept."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from accounts import identity as identities
from accounts.models import User
from drops.models import Claim
from realtime import event_log
from recordings.models import Participant
from shopping.models import BagLine, ShoppingSession
from signaling.models import Call
from streams.models import ChatMessage, HeldMessage, Report, ShopCall
from support.models import Attachment, Conversation, Rating, SupportMessage
from webhooks.models import Delivery


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
        user_id = identities.user_id_of(identity)
        self.stdout.write(f"{ChatMessage.objects.erase_author(identity)} chat messages erased")
        self.stdout.write(f"{HeldMessage.objects.erase_author(identity)} held messages deleted")
        self.stdout.write(f"{Report.objects.erase(identity)} names in reports forgotten")
        self.stdout.write(f"{event_log.redact_author(identity)} other events redacted")
        self.stdout.write(f"{ShoppingSession.objects.erase(identity)} names in parties forgotten")
        self.stdout.write(f"{BagLine.objects.erase(identity)} products taken out of their bag")
        self.stdout.write(f"{Participant.objects.erase(identity)} participants deleted with all their recordings")
        self.stdout.write(f"{Claim.objects.erase(identity)} names in claims of drops forgotten")
        self.stdout.write(f"{ShopCall.objects.erase(identity)} names in calls to the shop forgotten")
        self.stdout.write(f"{SupportMessage.objects.erase_author(identity)} messages to support erased")
        self.stdout.write(f"{Conversation.objects.erase(identity)} names in conversations forgotten")
        Rating.objects.erase(identity)
        self.stdout.write(f"{Attachment.objects.filter(uploader=identity).discard()} files deleted")
        self.stdout.write(f"{Delivery.objects.erase_author(identity)} events for webhooks deleted")
        if user_id is not None:
            self.stdout.write(f"{Call.objects.erase(user_id)} names in calls forgotten")
