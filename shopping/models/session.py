"""Looking at goods together: who is there, who leads, and until when."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

import msgspec
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import crypto, timezone

from realtime import event_log
from realtime.models import Room, RoomEvent
from shopping import nanoid, signals
from shopping.models.participant import KIND, Newcomer, Participant

MAX_METADATA = 64 * 1024  # bytes
MAX_DEPTH = 32  # of what clients nest in each other
MAX_SEATS = 200  # those of who has gone included; beyond it the oldest of these is given up
REMEMBERED = timedelta(days=30)  # for which an ended session is kept, without what was said in it


def new_id() -> str:
    return f"sess_{nanoid.new(nanoid.SESSION)}"


def id_of(author: str, op: str) -> str:
    """The id of the session that `author` makes with the message `op`, however often it comes."""
    noise = crypto.salted_hmac("shopping.session", f"{author} {op}").digest()
    return f"sess_{nanoid.spell(noise[: nanoid.SESSION])}"


def lifetime() -> datetime:
    return timezone.now() + settings.PARTY_TTL


class ShoppingSessionQuerySet(models.QuerySet["ShoppingSession"]):
    def find(self, id: str) -> "ShoppingSession":
        """A session that goes on. One whose time is over is ended by whoever asks for it first."""
        session = self.filter(pk=id).select_related("host").first()
        if session is not None and not session.is_on:
            session.lapse()
        if session is None or not session.is_on:
            raise self.model.DoesNotExist("Session not found")
        return session

    def going_on(self) -> Self:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(ended_at=None, expires_at__lte=timezone.now())

    def forget_ended(self) -> int:
        """Deletes what ended long ago, with its room."""
        old = list(self.filter(ended_at__lt=timezone.now() - REMEMBERED))
        Room.objects.filter(key__in=[session.room_key for session in old]).delete()
        self.filter(pk__in=[session.pk for session in old]).delete()
        return len(old)

    def touch(self, ids: Iterable[str]) -> None:
        """Something has happened in these: their time begins anew."""
        self.going_on().filter(pk__in=list(ids)).update(expires_at=lifetime())

    @event_log.verb
    def open(
        self, creator: Newcomer, metadata: dict[str, Any] | None = None, op: str | None = None, show_id: str = ""
    ) -> Participant:
        """A new session; returns the place of its creator, who is there already if he has a connection.

        The same `op` of the same person again leads him back into the session that it made.
        """
        key = id_of(creator.identity.key, op) if op else new_id()
        if op and (opened := self.filter(pk=key).first()) is not None:
            return opened.join(creator)
        check_metadata(metadata or {})
        session = self.create(pk=key, metadata=metadata or {}, show_id=show_id, expires_at=lifetime())
        seat = Participant(session=session, identity=creator.identity.key, expected=not creator.connection)
        seat.sit(creator)
        session.host = session.owner = seat
        session.save(update_fields=["host", "owner"])
        return seat

    def join(self, id: str, newcomer: Newcomer) -> Participant:
        return self.find(id).join(newcomer)


class ShoppingSession(models.Model):
    """A party. It is over at `expires_at`, which moves with all that happens in it.

    Its host is its owner while he is there; meanwhile whoever is there the longest stands in for him.
    """

    id = models.CharField(primary_key=True, max_length=40, default=new_id, editable=False)
    metadata = models.JSONField(default=dict, blank=True, help_text="what its creator says of it")
    show_id = models.CharField(max_length=36, blank=True, default="", help_text="the show that it belongs to")
    host = models.ForeignKey("shopping.Participant", models.SET_NULL, null=True, related_name="+")
    owner = models.ForeignKey("shopping.Participant", models.SET_NULL, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    expires_at = models.DateTimeField(db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ShoppingSessionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.pk

    @property
    def room_key(self) -> str:
        return f"{KIND}:{self.pk}"

    @property
    def is_on(self) -> bool:
        return self.ended_at is None and self.expires_at > timezone.now()

    def lock(self) -> None:
        """Waits for the row, and takes over what it says."""
        self.refresh_from_db(from_queryset=ShoppingSession.objects.select_for_update(no_key=True))

    # --- who is there

    @event_log.verb
    def join(self, newcomer: Newcomer) -> Participant:
        """The newcomer's place, which the same connection keeps, and which someone who was away finds again.

        Raises DoesNotExist, PermissionDenied for one who was removed, and ValidationError where all places are taken.
        """
        self.lock()
        if not self.is_on:
            raise ShoppingSession.DoesNotExist("Session not found")
        seat = self.participants.here().filter(connection=newcomer.connection).first()
        if seat is None:
            seat = self._place_for(newcomer)
            seat.sit(newcomer)
            signals.participant_joined.send(Participant, participant=seat)
            self._choose_host(newcomer=seat)
        else:
            seat.rename(newcomer.name)
        if seat.lines.exists():  # the cart names who has put what there, as he is known from now on
            signals.cart_changed.send(Participant, session=self, operation=None)
        self.expires_at = lifetime()
        self.save(update_fields=["expires_at", "host", "owner"])
        return seat

    @event_log.verb
    def lose(self, connections: Iterable[str]) -> None:
        """These are gone without a word; their places are kept for them."""
        self.lock()
        for seat in self.participants.here().filter(connection__in=list(connections)):
            seat.vacate()
        self.settle()

    @event_log.verb
    def return_to(self, connections: Iterable[str]) -> None:
        """These were believed to be gone, and are not."""
        self.lock()
        if not self.is_on:
            return
        for seat in self.participants.filter(since=None, removed=False, connection__in=list(connections)):
            seat.come_back()
        self.expires_at = lifetime()
        self.settle()

    def settle(self) -> None:
        """Someone has gone: another leads, or the session is kept for a moment more."""
        self._choose_host()
        if not self.participants.here().exists():
            self.expires_at = min(self.expires_at, timezone.now() + settings.PARTY_GRACE)
        self.save(update_fields=["expires_at", "host", "owner"])

    def _place_for(self, newcomer: Newcomer) -> Participant:
        theirs = self.participants.filter(identity=newcomer.identity.key)
        if theirs.filter(removed=True).exists():
            raise PermissionDenied("You have been removed from this session")
        self._clear()
        known = theirs.filter(since=None).order_by(models.F("left_at").desc(nulls_first=True)).first()
        others = self.participants.listed().exclude(pk=known.pk if known else 0)
        if others.count() >= settings.PARTY_SIZE:
            raise ValidationError("Session is full")
        return known or self._new_place(newcomer)

    def _clear(self) -> None:
        """Ends the places of connections that never arrived, and of a creator who is still awaited after the grace."""
        for stray in self.participants.strays():
            stray.vacate()
        if self.created_at < timezone.now() - settings.PARTY_GRACE:
            self.participants.filter(expected=True).update(expected=False)

    def _new_place(self, newcomer: Newcomer) -> Participant:
        if self.participants.count() >= MAX_SEATS:
            spare = self.participants.spare().exclude(pk__in=[self.host_id, self.owner_id]).first()
            if spare is None:
                raise ValidationError("Session is full")
            spare.delete()
        return Participant(session=self, identity=newcomer.identity.key)

    def _choose_host(self, newcomer: Participant | None = None) -> None:
        """The owner, else who leads now, else who is there the longest. One who comes back has a new id to be told."""
        seats = {seat.pk: seat for seat in self.participants.listed()}
        longest = next((seat for seat in seats.values() if seat.since), None)
        host = seats.get(self.owner_id or 0) or seats.get(self.host_id or 0) or longest
        if host is not None and (host.pk != self.host_id or host == newcomer):
            self.lead(host)

    def lead(self, host: Participant) -> None:
        """Makes `host` the one who leads; the owner too, if the owner has left for good."""
        self.host = host
        self.owner = self.owner or host
        signals.host_changed.send(Participant, participant=host)

    # --- its end

    @event_log.verb
    def lapse(self) -> None:
        self.lock()
        if self.ended_at is None and not self.is_on:
            self.end("expired")

    @event_log.verb
    def end(self, reason: str = "ended") -> None:
        """Sends everyone away; what was said is private, and is not kept."""
        self.lock()
        if self.ended_at is not None:
            return
        self.ended_at = timezone.now()
        self.save(update_fields=["ended_at"])
        self.participants.here().update(since=None, left_at=self.ended_at)
        self.operations.all().delete()
        RoomEvent.objects.redact(self.room_key)
        signals.session_ended.send(ShoppingSession, session=self, reason=reason)


def check_metadata(metadata: dict[str, Any]) -> None:
    if depth(metadata) > MAX_DEPTH:
        raise ValidationError("metadata is nested too deeply")
    encoded = msgspec.json.encode(metadata)
    if len(encoded) > MAX_METADATA:
        raise ValidationError(f"metadata must be at most {MAX_METADATA // 1024} KiB")
    if b"\\u0000" in encoded:
        raise ValidationError("metadata contains a character that is not allowed")


def depth(value: Any) -> int:
    """How deep values are nested, or MAX_DEPTH + 1 if they are nested deeper."""
    level, found = [value], 0
    while level and found <= MAX_DEPTH:
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [item for each in inner for item in (each.values() if isinstance(each, dict) else each)]
        found += bool(inner)
    return found
