"""Who may take part in a show, and how: the rules that those who run it set, and what holds for everyone."""

import math
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone

from accounts import identity as identities
from realtime.models import Restriction

MAX_ACCOUNT_MINUTES = 60 * 24 * 365
ENDED = "ended"  # the status of a show that is over
MAX_KINDS = 100  # kinds of reactions that one show counts


class TooYoung(PermissionDenied):
    """An account may take part in a show once it is old enough: in `retry_after` seconds."""

    def __init__(self, minutes: int, retry_after: float) -> None:
        super().__init__(f"Accounts that are {minutes} minutes old may take part in this show")
        self.retry_after = math.ceil(retry_after)


def guest_chat() -> bool:
    return bool(settings.GUEST_CHAT)


def reaction_kinds() -> list[str]:
    return list(settings.REACTION_KINDS)


class ShowRules(models.Model):
    """The part of a show that says who may be noticed in it. Whoever may enter is counted, and may watch."""

    slow_mode = models.PositiveSmallIntegerField(default=0, help_text="seconds between two messages of one person")
    guest_chat = models.BooleanField(default=guest_chat)
    account_minutes = models.PositiveIntegerField(
        default=0, help_text="how old an account must be to take part; 0 is any, and guests where they may write"
    )
    reaction_kinds = models.JSONField(default=reaction_kinds, blank=True, help_text="how viewers may react")

    class Meta:
        abstract = True

    if TYPE_CHECKING:  # what a show has beside its rules
        status: str

        @property
        def room_key(self) -> str: ...

        @property
        def reaction_counts(self) -> dict[str, int]: ...

        def is_moderated_by(self, identity: identities.Identity) -> bool: ...

        def check_is_seen_by(self, identity: identities.Identity) -> None: ...

    def check_may_chat(self, identity: identities.Identity) -> None:
        """Raises ValidationError where nobody may write in the chat, PermissionDenied where this person may not."""
        self._check_may_take_part(identity, "Log in to write in this chat")

    def check_may_be_noticed(self, identity: identities.Identity) -> None:
        """Raises as `check_may_chat` for someone who reacts, or likes the show: the others see it."""
        self._check_may_take_part(identity, "Log in to take part in this show")

    def _check_may_take_part(self, identity: identities.Identity, refusal: str) -> None:
        self.check_is_seen_by(identity)
        self.check_is_open()
        if not self.is_moderated_by(identity):
            self.check_admits_account(identity, refusal)
        Restriction.check_may_speak(identity, self.room_key)

    def check_is_open(self) -> None:
        if self.status == ENDED:
            raise ValidationError("This session has ended")

    def check_admits_account(self, identity: identities.Identity, refusal: str = "") -> None:
        """Raises PermissionDenied where the show is closed to guests, or to accounts as young as this one."""
        if identity.user is None:
            if self.account_minutes or not self.guest_chat:
                raise PermissionDenied(refusal)
        elif self.account_minutes and (wait := self.seconds_too_young(identity.user.created_at)) > 0:
            raise TooYoung(self.account_minutes, wait)

    def seconds_too_young(self, created_at: datetime) -> float:
        """In how many seconds an account that was made then may take part."""
        return (created_at + timedelta(minutes=self.account_minutes) - timezone.now()).total_seconds()

    def check_has_reaction(self, kind: str) -> None:
        if kind not in self.reaction_kinds:
            raise ValidationError("This show has no such reaction")

    def check_can_count(self, kinds: Collection[str]) -> None:
        """Raises ValidationError for kinds of reactions that are too many beside those that were counted before."""
        if len({*kinds, *self.reaction_counts}) > MAX_KINDS:
            raise ValidationError(f"A show counts at most {MAX_KINDS} kinds of reactions, former ones included")
