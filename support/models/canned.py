"""Replies that staff have at hand, with places for what differs."""

import re

from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from accounts import identity as identities
from support.models.conversation import Conversation
from support.wire.conversations import MAX_LENGTH

# What stands between braces in a reply, and what a reader is told of it.
PLACEHOLDERS = {"customer": "the customer's name", "agent": "your own name", "show": "the show's title"}
PLACEHOLDER = re.compile(r"\{(\w*)\}")


def validate_placeholders(text: str) -> None:
    """Refuses a misspelled placeholder, which customers would read as it stands."""
    unknown = sorted({name for name in PLACEHOLDER.findall(text) if name not in PLACEHOLDERS})
    if unknown:
        known = ", ".join(f"{{{name}}}" for name in PLACEHOLDERS)
        raise ValidationError(f"There is no {{{unknown[0]}}}: there are {known}")


class CannedReplyQuerySet(models.QuerySet["CannedReply"]):
    def in_order(self) -> "CannedReplyQuerySet":
        return self.order_by("shortcut")


class CannedReply(models.Model):
    """A reply that staff insert by its shortcut."""

    shortcut = models.CharField(
        max_length=40, unique=True, validators=[RegexValidator(r"\A[\w-]+\Z", "Only letters, digits, - and _")]
    )
    text = models.TextField(
        max_length=MAX_LENGTH, validators=[validate_placeholders], help_text="may hold {customer}, {agent} and {show}"
    )

    objects = CannedReplyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "canned replies"

    def __str__(self) -> str:
        return self.shortcut

    def filled_in(self, conversation: Conversation, agent: identities.Identity) -> str:
        """The text for a customer; what names a placeholder in a customer's own name is not filled in again."""
        values = {
            "customer": conversation.customer_name,
            "agent": agent.name,
            "show": conversation.show.title if conversation.show else "",
        }
        return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), self.text)
