"""All that someone who keeps order can do in one show. Each act is written down, and each can be taken back."""

import uuid
from typing import Any, NamedTuple, Self, TypeVar

from django.core.exceptions import PermissionDenied
from django.db import models

from accounts import identity as identities
from accounts.models import User
from realtime.models import Restriction
from streams import chat_broadcasts
from streams.models import ranks
from streams.models.act import ModerationAct, Right, Verb
from streams.models.blocked_word import BlockedWord
from streams.models.chat import ChatMessage
from streams.models.held_message import HeldMessage
from streams.models.question import Question
from streams.models.report import Report
from streams.models.stream import Stream

FORBIDDEN = "Insufficient permissions"

M = TypeVar("M", bound=models.Model)


class Person(NamedTuple):
    """Somebody who is meant: by an Identity's key."""

    key: str
    name: str
    user: User | None
    address: str = ""  # the hash of the one that they wrote from, if that is still known


class DeskBase:
    """Someone keeps order in a show: what all acts have in common."""

    def __init__(self, stream: Stream, by: identities.Identity) -> None:
        self.stream, self.by = stream, by

    @classmethod
    def open(cls, stream_id: uuid.UUID, by: identities.Identity) -> Self:
        """The desk of a show. Those who may know of the show and have no place there are told so."""
        desk = cls(Stream.objects.seen_by(by).find(stream_id), by)
        desk.check(Right.MODERATORS)
        return desk

    def may(self, right: Right) -> bool:
        if right == Right.OWNER:
            return self.stream.is_controlled_by(self.by)
        return self.stream.is_moderated_by(self.by)

    def check(self, right: Right) -> None:
        """Raises PermissionDenied for those who have not this right, and for those who are banned themselves."""
        if not self.may(right):
            raise PermissionDenied(FORBIDDEN)
        self.stream.check_admits(self.by)

    # --- what acts are about

    def message(self, pk: uuid.UUID) -> ChatMessage:
        return ChatMessage.objects.find(self.stream, pk)

    def held(self, pk: uuid.UUID) -> HeldMessage:
        return self._find(self.stream.held_messages.all(), "Message", pk=pk)

    def report(self, pk: int) -> Report:
        return self._find(self.stream.reports.select_related("message"), "Report", pk=pk)

    def question(self, pk: int) -> Question:
        return self._find(self.stream.questions.select_related("message"), "Question", pk=pk)

    def blocked_word(self, pk: int) -> BlockedWord:
        return self._find(self.stream.blocked_words.all(), "Word", pk=pk)

    def act(self, pk: int) -> ModerationAct:
        return self._find(self.stream.acts.all(), "Act", pk=pk)

    def restriction(self, pk: int, kind: str = "") -> Restriction:
        """One that holds in this show alone, of any kind or of this one."""
        of_show = Restriction.objects.filter(room=self.stream.room_key, **({"kind": kind} if kind else {}))
        return self._find(of_show, "Restriction", pk=pk)

    def account(self, username: str) -> User:
        return self._find(User.objects.active().named(username), "User")

    @staticmethod
    def _find(rows: models.QuerySet[M], noun: str, **which: Any) -> M:
        """The row of this show; what is another show's does not exist here."""
        found = rows.filter(**which).first()
        if found is None:
            raise rows.model.DoesNotExist(f"{noun} not found")  # type: ignore[attr-defined]
        return found

    def person(self, message_id: uuid.UUID | None = None, user_id: int | None = None) -> Person:
        """The author of a message of this show, or an account."""
        if message_id is not None:
            message = self.message(message_id)
            return Person(message.author, message.name, message.user, message.address)
        user = User.objects.filter(pk=user_id).first() if user_id is not None else None
        if user is None:
            raise User.DoesNotExist("User not found")
        return Person(identities.user_key(user.pk), user.username, user)

    def check_outranks(self, other: Person) -> None:
        """Raises PermissionDenied where `other` is one's equal here, or above."""
        if not ranks.outranks(self.stream, self.by, other.user):
            raise PermissionDenied(f"You may not restrict {other.name}")

    def write_down(
        self,
        verb: Verb,
        whom: str = "",
        message: uuid.UUID | None = None,
        reason: str = "",
        **details: Any,
    ) -> ModerationAct:
        """Notes what has just been done, inside its transaction, and tells the others who keep order."""
        act = self.stream.acts.create(
            by=self.by.user,
            by_name=self.by.name,
            verb=verb,
            whom=whom,
            message=message,
            reason=reason,
            details=details,
        )
        chat_broadcasts.moderation_changed(self.stream)
        return act
