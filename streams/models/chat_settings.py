"""Who keeps order in a show, and what may be said in its chat."""

import uuid
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import models

from accounts import identity as identities
from realtime.models import Restriction
from streams import words
from streams.models.blocked_word import BlockedWord
from streams.models.chat_rules import rules_of
from streams.models.rules import ShowRules

MAX_SLOW_MODE = 120  # seconds
HOST, MODERATOR, STAFF, GUEST = "host", "moderator", "staff", "guest"  # badges
WORD, RULE = "word", "rule"  # why a line waits


class ChatSettings(ShowRules):
    """The rules of a show's chat, in the show's own row: whoever has that row knows them all, or that they changed."""

    if TYPE_CHECKING:
        pk: uuid.UUID
        creator_id: int

    frozen = models.BooleanField(default=False, help_text="nobody writes but those who keep order")
    links_by_moderators = models.BooleanField(default=False, help_text="only those who keep order post links")
    hold_messages = models.BooleanField(default=False, help_text="every line waits until someone has looked at it")
    rules = models.CharField(
        max_length=16, default="", blank=True, editable=False, help_text="see streams/models/chat_rules.py"
    )
    pinned_message = models.ForeignKey(
        "streams.ChatMessage", models.SET_NULL, null=True, blank=True, editable=False, related_name="+"
    )

    class Meta:
        abstract = True

    @property
    def moderator_ids(self) -> frozenset[int]:
        """The accounts that its owner has named."""
        return rules_of(self.pk, self.rules).moderators

    def is_controlled_by(self, identity: identities.Identity) -> bool:
        return identity.has_role("admin") or identity.owns(self.creator_id)

    def is_moderated_by(self, identity: identities.Identity) -> bool:
        """Whether this person keeps order here."""
        if identity.has_role("moderator", "staff") or self.is_controlled_by(identity):
            return True
        return bool(self.rules) and identity.verified and identity.user_id in self.moderator_ids

    def badge_of(self, identity: identities.Identity) -> str:
        """What is shown beside the name of someone who speaks here; empty for an account without any power."""
        if identity.is_guest:
            return GUEST
        if identity.owns(self.creator_id):
            return HOST
        if identity.has_role("staff", "admin"):
            return STAFF
        return MODERATOR if self.is_moderated_by(identity) else ""

    def check_may_chat(self, identity: identities.Identity) -> None:
        super().check_may_chat(identity)
        if self.frozen and not self.is_moderated_by(identity):
            raise PermissionDenied("The chat is frozen for now")

    def is_shadowed(self, identity: identities.Identity) -> bool:
        """Whether nobody else is to see what this person does here, and they are not to notice it."""
        return Restriction.is_shadowed(identity, self.room_key)

    def review(self, identity: identities.Identity, text: str) -> str:
        """Why a line has to wait for someone who keeps order, or an empty text.

        Raises PermissionDenied for one that nobody else may say.
        """
        if not (self.rules or self.links_by_moderators or self.hold_messages) or self.is_moderated_by(identity):
            return ""
        if self.links_by_moderators and words.has_link(text):
            raise PermissionDenied("Only moderators may post links here")
        actions = rules_of(self.pk, self.rules).words.find(text)
        if BlockedWord.Action.REFUSE in actions:
            raise PermissionDenied("This message has words that are not allowed here")
        if BlockedWord.Action.HOLD in actions:
            return WORD
        return RULE if self.hold_messages else ""
