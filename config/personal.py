"""What is kept about one person, in all apps: it can be read, and it can be forgotten."""

from collections.abc import Iterator
from typing import Any

from django.db import models

from accounts import identity as identities
from accounts.models import User
from drops.models import Claim
from realtime import event_log
from recordings.models import Participant
from shopping.models import BagLine, ShoppingSession
from signaling.models import Call
from streams.models import ChatMessage, HeldMessage, Like, Reminder, Report, ShopCall, Stream
from streams.models.unsigning import unsign
from support.models import Attachment, Conversation, Rating, SupportMessage
from webhooks.models import Delivery

MAX_EXPORTED = 10_000  # rows of a kind in one export, the newest


def erase(identity: str, texts: bool = True) -> Iterator[str]:
    """Forgets what one person, by their Identity's key, has said and been called; says what it has done, step by step.

    Without `texts` what they have written in chats and to support stays, and nobody's name stands beside it.
    """
    if texts:
        yield f"{ChatMessage.objects.erase_author(identity)} chat messages erased"
        yield f"{HeldMessage.objects.erase_author(identity)} held messages deleted"
    else:
        yield f"{unsign(identity)} names beside chat messages forgotten"
    yield f"{Report.objects.erase(identity)} names in reports forgotten"
    yield f"{event_log.redact_author(identity)} other events redacted"
    yield f"{ShoppingSession.objects.erase(identity)} names in parties forgotten"
    yield f"{BagLine.objects.erase(identity)} products taken out of their bag"
    yield f"{Claim.objects.erase(identity)} names in claims of drops forgotten"
    yield f"{Participant.objects.erase(identity)} participants deleted with all their recordings"
    yield f"{ShopCall.objects.erase(identity)} names in calls to the shop forgotten"
    if texts:
        yield f"{SupportMessage.objects.erase_author(identity)} messages to support erased"
        yield f"{Attachment.objects.filter(uploader=identity).discard()} files deleted"
    yield f"{Conversation.objects.erase(identity)} names in conversations forgotten"
    Rating.objects.erase(identity)
    yield f"{Delivery.objects.erase_author(identity)} events for webhooks deleted"
    if (user_id := identities.user_id_of(identity)) is not None:
        yield f"{Call.objects.erase(user_id)} names in calls forgotten"
        user = User.objects.filter(pk=user_id).first()
        yield f"{Reminder.objects.erase(user) if user else 0} reminders of shows deleted"


@event_log.verb
def erase_account(user: User, texts: bool) -> None:
    """Closes an account for good, and forgets whose it was. Shows of theirs that are on end; those to come are deleted.

    Raises ValidationError for the last admin.
    """
    user.check_is_not_last_admin()
    for stream in Stream.objects.filter(creator=user):
        if texts or stream.status == Stream.Status.SCHEDULED:
            stream.remove()
        elif stream.is_on:
            stream.end()
    list(erase(identities.user_key(user.pk), texts))
    user.erase()


def export(user: User) -> dict[str, Any]:
    """All that an account is or has done, as far as it is kept by its name; the newest MAX_EXPORTED of each kind."""
    key, me = identities.user_key(user.pk), User.objects.filter(pk=user.pk)
    kept: dict[str, tuple[models.QuerySet[Any], list[str]]] = {
        "account": (me, ["id", "username", "email", "email_verified", "role", "created_at"]),
        "shows": (user.streams.all(), ["id", "title", "description", "status", "starts_at", "started_at", "ended_at"]),
        "products": (user.products.all(), ["id", "name", "description", "price_minor", "category"]),
        "bag": (BagLine.objects.filter(owner=key), ["product", "variant", "qty"]),
        "chatMessages": (ChatMessage.objects.filter(author=key), ["id", "stream", "name", "text", "created_at"]),
        "likes": (Like.objects.filter(liker=key), ["stream", "at"]),
        "reminders": (user.reminders.all(), ["stream", "email", "at", "sent_at"]),
        "conversations": (Conversation.objects.filter(customer=key), ["id", "name", "email", "created_at"]),
        "supportMessages": (SupportMessage.objects.filter(author=key), ["conversation", "text", "created_at"]),
        "calls": (Call.objects.filter(models.Q(caller_user=user) | models.Q(callee_user=user)), ["id", "rung_at"]),
        "recordings": (Participant.objects.filter(identity=key), ["id"]),
    }
    return {name: list(rows.order_by("-pk").values(*names)[:MAX_EXPORTED]) for name, (rows, names) in kept.items()}
