"""What is said during a show."""

import uuid
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from msgspec import UNSET, UnsetType

from accounts import identity as identities
from accounts import texts
from accounts.identity import TEAM
from realtime import event_log, limits
from rest.addresses import HASH_LENGTH
from streams import chat_broadcasts, signals
from streams.models.held_message import HeldMessage
from streams.models.stream import Stream

# What a line that was held and is allowed brings along.
COPIED = ("user", "author", "address", "name", "text", "by_staff", "badge", "extra")
FORGOTTEN: dict[str, Any] = {"text": "", "name": "", "extra": {}, "address": ""}
NEW = timedelta(days=1)  # Accounts are as easily had as guests' cookies for so long, as far as slow mode is concerned.
ADDRESSES_KEPT = timedelta(days=1)  # after the end of a show
ANSWERS = "answers"  # the key in `extra` of the message that a message of the staff answers
MAX_LENGTH = 500  # characters of one message, after trimming
MAX_CUT_OFF = 500  # messages that a page may have beyond its limit, since they share a millisecond with its earliest
MAX_SEQ = 2**63 - 1


def role_of(identity: identities.Identity) -> str | UnsetType:
    """The role of someone who has proved to look after the chat; readers must be able to tell them from guests."""
    return identity.user.role if identity.user and identity.has_role(*TEAM) else UNSET


def _is_new(identity: identities.Identity) -> bool:
    return identity.user is None or not identity.verified or identity.user.created_at > timezone.now() - NEW


class ChatMessageQuerySet(models.QuerySet["ChatMessage"]):
    def visible(self) -> Self:
        return self.filter(deleted=False, shadowed=False)

    def visible_to(self, identity: identities.Identity) -> Self:
        """The same for someone who is not to notice that nobody else sees what they write."""
        return self.filter(models.Q(shadowed=False) | models.Q(author=identity.key), deleted=False)

    def find(self, stream: Stream, pk: uuid.UUID) -> "ChatMessage":
        """A message of this show, removed or not."""
        found = self.filter(stream=stream, pk=pk).select_related("user").first()
        if found is None:
            raise ChatMessage.DoesNotExist("Message not found")
        found.stream = stream
        return found

    def forget(self) -> int:
        """Wipes what the people who wrote these messages have said in them; returns how many messages those are."""
        return self.update(**FORGOTTEN)

    def forget_removed(self) -> int:
        """Forgets the messages that were removed so long ago that staff need not read them any longer."""
        kept = timedelta(days=settings.REMOVED_CHAT_DAYS)
        return self.filter(deleted=True, removed_at__lt=Now() - kept).exclude(**FORGOTTEN).forget()

    def forget_addresses(self) -> int:
        """Forgets from where people wrote in shows that are over; returns of how many messages."""
        since = Now() - ADDRESSES_KEPT
        over = Stream.objects.filter(ended_at__lt=since, ended_at__gt=since - 14 * ADDRESSES_KEPT)
        return sum(self.filter(stream=stream).exclude(address="").update(address="") for stream in over)

    def erase_author(self, author: str) -> int:
        """Erases all that `author`, an Identity's key, has said in any show; returns how many messages."""
        said = list(self.filter(author=author).exclude(**FORGOTTEN))
        for message in said:
            message.erase()
        return len(said)

    def told_in_lobby(self) -> Self:
        return self.visible().exclude(lobby_seq=0)

    def history(self, stream: Stream, upto: int) -> Self:
        """The messages that the lobby's log had told when it stood at `upto`, newest first."""
        return self.visible().filter(stream=stream, lobby_seq__lte=upto).order_by("-lobby_seq")

    def latest_first(self) -> Self:
        """In the order of the log, in which everyone was told them; clocks of processes may differ."""
        return self.order_by("-seq").select_related("user")

    def seq_at(self, moment: datetime) -> int:
        """The number of the first message of `moment` or later, to read what was said before it.

        Clients know times to the millisecond, so all messages of one millisecond count as the first one of them does.
        """
        next_one = self.filter(created_at__gte=moment).order_by("created_at").first()
        if next_one is None:
            return MAX_SEQ
        first: int = self.in_millisecond_of(next_one).aggregate(n=models.Min("seq"))["n"]
        return first

    def in_millisecond_of(self, message: "ChatMessage") -> Self:
        begin = message.created_at.replace(microsecond=message.created_at.microsecond // 1000 * 1000)
        return self.filter(created_at__gte=begin, created_at__lt=begin + timedelta(milliseconds=1))

    def with_its_millisecond(self, page: "list[ChatMessage]") -> "list[ChatMessage]":
        """A page, latest first, and what it cuts off of the millisecond of its earliest message.

        A client that asks for what was said before that millisecond would never see the rest of it.
        """
        if not page:
            return page
        earlier = self.filter(seq__lt=page[-1].seq)
        first = earlier.in_millisecond_of(page[-1]).order_by("seq").values_list("seq", flat=True).first()
        if first is None:
            return page
        return page + list(earlier.filter(seq__gte=first).latest_first()[:MAX_CUT_OFF])

    @event_log.insert_only
    def post(self, stream_id: uuid.UUID, identity: identities.Identity, *said: Any, **more: Any) -> "ChatMessage":
        """As `post_or_hold`, but raises PermissionDenied, and keeps nothing, where the message would be held."""
        message = self.post_or_hold(stream_id, identity, *said, **more)
        if isinstance(message, HeldMessage):
            raise PermissionDenied("The moderators of this show look at each message first")
        return message

    @event_log.insert_only
    def post_or_hold(
        self,
        stream_id: uuid.UUID,
        identity: identities.Identity,
        text: str,
        op: str | None = None,
        extra: dict[str, Any] | None = None,
        name: str | None = None,
        cause: str = "",
        answers: uuid.UUID | None = None,
    ) -> "ChatMessage | HeldMessage":
        """Says something in a show. The same `op` of the same person, sent again, returns the first message.

        `name` is shown instead of the person's own, for staff who speak as the shop. `answers` is the message that it
        answers, which its author may do. With a `cause`, or where the show's rules ask for it, the line is held.

        Raises ValidationError, PermissionDenied, or limits.Throttled while the show's slow mode asks for patience.
        """
        # A new message costs no look for an older one: the database refuses a second, and then the first is sought.
        if op and event_log.is_rerun() and (first := self._posted(stream_id, identity.key, op)) is not None:
            return first
        try:
            text = texts.line(text, MAX_LENGTH)
            stream, cause = self._admit(stream_id, identity, text, cause)
        except (ValidationError, PermissionDenied, limits.Throttled):
            if op and (first := self._posted(stream_id, identity.key, op)) is not None:
                return first
            raise
        said = {"name": name or identity.name, "text": text, "op": op, "badge": stream.badge_of(identity)}
        if cause:
            return self._hold(stream, identity, cause, extra=extra or {}, **said)
        if answers is not None:
            extra = {**(extra or {}), ANSWERS: str(answers)}
        return self._tell(stream, identity, answers, extra=extra or {}, **said)

    def _tell(self, stream: Stream, by: identities.Identity, answers: uuid.UUID | None, **said: Any) -> "ChatMessage":
        message = ChatMessage(
            stream=stream,
            user=by.user,
            author=by.key,
            address=by.address_hash,
            by_staff=by.has_role("staff", "admin"),
            shadowed=stream.is_shadowed(by),
            created_at=timezone.now(),
            **said,
        )
        only_to = by.address if message.shadowed else ""
        message.seq, message.lobby_seq = chat_broadcasts.chat_posted(message, role_of(by), only_to, answers)
        event_log.insert(message)
        return message

    def _hold(self, stream: Stream, identity: identities.Identity, cause: str, **said: Any) -> HeldMessage:
        stream.held_messages.check_has_room()
        held = HeldMessage.of(identity, stream=stream, cause=cause, **said)
        event_log.insert(held)
        chat_broadcasts.moderation_changed(stream)
        stream.make_known(signals.message_held, held=held)
        return held

    def say_held(self, stream: Stream, held: HeldMessage) -> "ChatMessage":
        """Says a line that was held, as it was sent; someone who keeps order has allowed it."""
        said = {name: getattr(held, name) for name in COPIED}
        message = ChatMessage(stream=stream, created_at=timezone.now(), **said)
        message.seq, message.lobby_seq = chat_broadcasts.chat_posted(message, UNSET)
        event_log.insert(message)
        return message

    def _posted(self, stream_id: uuid.UUID, author: str, op: str) -> "ChatMessage | HeldMessage | None":
        """What `op` made when it was first sent, in this transaction or before."""
        waiting: list[ChatMessage | HeldMessage] = [*event_log.pending(ChatMessage), *event_log.pending(HeldMessage)]
        for row in waiting:
            if (row.stream_id, row.author, row.op) == (stream_id, author, op):
                return row
        mine = {"stream": stream_id, "author": author, "op": op}
        return self.filter(**mine).first() or HeldMessage.objects.filter(**mine).first()

    def _admit(self, stream_id: uuid.UUID, identity: identities.Identity, text: str, cause: str) -> tuple[Stream, str]:
        """The show, if `identity` may say this in it now, and why it has to wait, if it has.

        A show from memory that refuses is read again first.
        """
        stream = Stream.objects.cached(stream_id)
        try:
            return stream, self._check_may_say(stream, identity, text) or cause
        except (ValidationError, PermissionDenied, limits.Throttled):
            stream = Stream.objects.cached(stream_id, anew=True)
            return stream, self._check_may_say(stream, identity, text) or cause

    def _check_may_say(self, stream: Stream, identity: identities.Identity, text: str) -> str:
        stream.check_may_chat(identity)
        if stream.slow_mode and not stream.is_moderated_by(identity):
            slow = f"Slow mode: one message every {stream.slow_mode} seconds"
            self._check_pace(stream, slow, 1, author=identity.key)
            if (most := settings.SLOW_MODE_PER_ADDRESS) and identity.address_hash and _is_new(identity):
                slow = f"Slow mode: {most} messages from your network every {stream.slow_mode} seconds"
                self._check_pace(stream, slow, most, address=identity.address_hash)
        return stream.review(identity, text)

    def _check_pace(self, stream: Stream, refusal: str, most: int, **by: str) -> None:
        """Raises Throttled where as many as `most` messages of this author or address are not old enough."""
        since = timezone.now() - timedelta(seconds=stream.slow_mode)
        (field, value), *_ = by.items()
        waiting = [
            row.created_at
            for row in event_log.pending(ChatMessage)
            if row.stream_id == stream.pk and getattr(row, field) == value and row.created_at > since
        ]
        stored = self.filter(stream=stream, created_at__gt=since, **by).order_by("-created_at")
        said = sorted([*waiting, *stored.values_list("created_at", flat=True)[:most]], reverse=True)
        if len(said) >= most:
            raise limits.Throttled((said[most - 1] - since).total_seconds(), refusal)


class ChatMessage(models.Model):
    """One message of a show's chat. `seq` and `lobby_seq` are the numbers of the events that told it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="messages", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    author = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    address = models.CharField(max_length=HASH_LENGTH, default="", blank=True, editable=False, help_text="its hash")
    name = models.CharField(max_length=150)
    text = models.TextField(max_length=MAX_LENGTH)
    op = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL keeps messages without one apart
    by_staff = models.BooleanField(default=False)
    extra = models.JSONField(default=dict, blank=True, help_text="what the client sent along, shown as it was")
    seq = models.BigIntegerField(default=0, editable=False)
    lobby_seq = models.BigIntegerField(default=0, editable=False, help_text="0: not told there")
    badge = models.CharField(max_length=10, blank=True, default="", editable=False, help_text="of its author then")
    shadowed = models.BooleanField(default=False, help_text="nobody sees it but its author, and staff")
    deleted = models.BooleanField(default=False, help_text="nobody sees it but staff")
    removed_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField()

    objects = ChatMessageQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["stream", "seq"]),
            models.Index(fields=["stream", "created_at"]),
            models.Index(fields=["stream", "author", "-created_at"]),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["stream", "author", "op"], condition=models.Q(op__isnull=False), name="chat_message_op"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} at {self.created_at:%H:%M:%S}"

    @property
    def answers(self) -> str | None:
        """The id of the message that this one answers. Only of the staff it is believed: clients write `extra` too."""
        answered = self.extra.get(ANSWERS) if self.by_staff else None
        return answered if isinstance(answered, str) else None

    @event_log.verb
    def hide(self) -> None:
        """Takes it back for everyone. The room's log forgets it at once; staff can read it for REMOVED_CHAT_DAYS."""
        if self.deleted:
            return
        self.deleted, self.removed_at = True, timezone.now()
        self.save(update_fields=["deleted", "removed_at"])
        chat_broadcasts.chat_removed(self.stream, [self])

    @event_log.verb
    def erase(self) -> None:
        """Hides it, and forgets what was said, by whom it was signed and what the client sent along."""
        self.hide()
        ChatMessage.objects.filter(pk=self.pk).forget()
        self.refresh_from_db(fields=[*FORGOTTEN])
