"""Sessions in which people look at products together: who takes part, who is the host, and until when."""

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import crypto, timezone

from realtime import event_log
from realtime.models import Room, RoomEvent
from shopping import bounds, broadcasts, nanoid
from shopping.models.participant import KIND, Admission, JoinRequest, Participant

MAX_PARTICIPANTS = 200  # Those who have gone count too; beyond it the longest gone are deleted.
KEPT = timedelta(days=30)  # An ended session is kept so long, without its log.
CHUNK = 200  # So many sessions are deleted at a time.


ID = rf"sess_[\w-]{{{nanoid.SESSION}}}"  # a regular expression


def new_id() -> str:
    return f"sess_{nanoid.new(nanoid.SESSION)}"


def id_of(author: str, op: str) -> str:
    """The id of the session that `author` opens with the message `op`: the same one however often it comes."""
    noise = crypto.salted_hmac("shopping.session", f"{author} {op}").digest()
    return f"sess_{nanoid.spell(noise[: nanoid.SESSION])}"


def lifetime() -> datetime:
    return timezone.now() + settings.PARTY_TTL


class ShoppingSessionQuerySet(models.QuerySet["ShoppingSession"]):
    def find(self, id: str) -> "ShoppingSession":
        """The session, if it goes on; raises DoesNotExist. One whose time is over is ended by whoever asks for it."""
        session = self.filter(pk=id).select_related("host").first() if re.fullmatch(ID, id, re.ASCII) else None
        if session is not None and not session.is_on:
            session.expire()
        if session is None or not session.is_on:
            raise self.model.DoesNotExist("Session not found")
        return session

    def going_on(self) -> Self:
        return self.filter(ended_at=None, expires_at__gt=timezone.now())

    def expired(self) -> Self:
        return self.filter(ended_at=None, expires_at__lte=timezone.now())

    def end_expired(self) -> int:
        """Ends the sessions whose time is over; returns how many."""
        sessions = list(self.expired())
        for session in sessions:
            session.expire()
        return len(sessions)

    def delete_ended(self) -> int:
        """Deletes the sessions that ended long ago, with their rooms; returns how many."""
        deleted, ended = 0, self.filter(ended_at__lt=timezone.now() - KEPT)
        while old := list(ended[:CHUNK]):
            Room.objects.filter(key__in=[session.room_key for session in old]).delete()
            self.filter(pk__in=[session.pk for session in old]).delete()
            deleted += len(old)
        return deleted

    def erase(self, identity: str) -> int:
        """Forgets the names of `identity`, an Identity's key, and what they have said of the sessions they opened."""
        self.filter(owner__identity=identity).update(metadata={})
        return Participant.objects.erase(identity)

    def touch(self, ids: Iterable[str]) -> None:
        """Begins the time of these sessions anew, because something has happened in them."""
        self.going_on().filter(pk__in=list(ids)).update(expires_at=lifetime())

    @event_log.verb
    def open(
        self, creator: JoinRequest, metadata: dict[str, Any] | None = None, op: str | None = None, show_id: str = ""
    ) -> Admission:
        """Opens a session; its creator is the host, and is expected there if they have no connection yet.

        The same `op` of the same person again admits them to the session that it opened. Raises ValidationError.
        """
        key = id_of(creator.identity.address, op) if op else new_id()
        if op and (opened := self.filter(pk=key).first()) is not None:
            return opened.join(creator)
        bounds.check_metadata(metadata or {})
        session = self.create(pk=key, metadata=metadata or {}, show_id=show_id, expires_at=lifetime())
        host = Participant(session=session, identity=creator.identity.address, expected=not creator.connection)
        host.arrive(creator)
        session.host = session.owner = host
        session.save(update_fields=["host", "owner"])
        return Admission(host, event=None)

    def join(self, id: str, request: JoinRequest) -> Admission:
        """Admits someone to a session; raises as `find` and `ShoppingSession.join` do."""
        return self.find(id).join(request)


class ShoppingSession(models.Model):
    """A party. It is over at `expires_at`, which is prolonged by everything that happens in it.

    Its owner is the host while they are there; otherwise whoever is there the longest is.
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
        """Locks the row until the transaction ends, and reads it again."""
        self.refresh_from_db(from_queryset=ShoppingSession.objects.select_for_update(no_key=True))

    def lock_for(self, participant: Participant) -> None:
        """Locks the session for a participant who is about to change something in it, and begins its time anew.

        Raises Participant.DoesNotExist for someone who is not in it, or not any longer.
        """
        self.lock()
        participant.check_present()
        self.expires_at = lifetime()
        self.save(update_fields=["expires_at"])

    # --- who is there

    @event_log.verb
    def join(self, request: JoinRequest) -> Admission:
        """Admits someone: the same connection stays who it is, and someone who was away is the same participant again.

        Raises DoesNotExist, PermissionDenied for someone who was removed, and ValidationError if the session is full.
        """
        self.lock()
        if not self.is_on:
            raise ShoppingSession.DoesNotExist("Session not found")
        participant, event = self.participants.present().filter(connection=request.connection).first(), None
        if participant is None:
            participant = self._participant_for(request)
            participant.arrive(request)
            event = broadcasts.participant_joined(participant)
            self._choose_host(arrived=participant)
        else:
            participant.rename(request.name)
        if participant.lines.exists():  # The cart shows by which id and name they are known from now on.
            broadcasts.cart_changed(self)
        self.expires_at = lifetime()
        self.save(update_fields=["expires_at", "host", "owner"])
        return Admission(participant, event)

    @event_log.verb
    def leave(self, participant: Participant) -> None:
        """Lets a participant go for good: one who owns the session leaves it to another."""
        self.lock()
        if self.ended_at is None and self.participants.present().filter(pk=participant.pk).exists():
            if self.owner_id == participant.pk:
                self.owner = None
            participant.depart()
            self._update_host()

    @event_log.verb
    def disconnect(self, connections: Iterable[str]) -> None:
        """Those on these connections are gone without having left; they are the same participants if they return."""
        self.lock()
        for participant in self.participants.present().filter(connection__in=list(connections)):
            participant.depart()
        self._update_host()

    @event_log.verb
    def reconnect(self, connections: Iterable[str]) -> None:
        """Those on these connections were believed to be gone, and are not."""
        self.lock()
        if not self.is_on:
            return
        for participant in self.participants.filter(since=None, removed=False, connection__in=list(connections)):
            participant.reappear()
        self.expires_at = lifetime()
        self._update_host()

    def _update_host(self) -> None:
        """Chooses another host if need be. A session without anyone is only kept for a moment."""
        self._choose_host()
        if not self.participants.present().exists():
            self.expires_at = min(self.expires_at, timezone.now() + settings.PARTY_GRACE)
        self.save(update_fields=["expires_at", "host", "owner"])

    def _participant_for(self, request: JoinRequest) -> Participant:
        theirs = self.participants.filter(identity__in=request.identity.proven)
        if theirs.filter(removed=True).exists():
            raise PermissionDenied("You have been removed from this session")
        self._release_stale()
        known = self.participants.away(request)
        others = self.participants.listed().exclude(pk=known.pk if known else 0)
        if others.count() >= settings.PARTY_SIZE:
            raise ValidationError("Session is full")
        return known or self._new_participant(request)

    def _release_stale(self) -> None:
        """Lets those go whose connection never arrived, and stops expecting a creator after the grace."""
        for participant in self.participants.stale():
            participant.depart()
        if self.created_at < timezone.now() - settings.PARTY_GRACE:
            self.participants.filter(expected=True).update(expected=False)

    def _new_participant(self, request: JoinRequest) -> Participant:
        if self.participants.count() >= MAX_PARTICIPANTS:
            evicted = self.participants.evictable().exclude(pk__in=[self.host_id, self.owner_id]).first()
            if evicted is None:
                raise ValidationError("Session is full")
            evicted.delete()
        return Participant(session=self, identity=request.identity.address)

    # --- its host

    @event_log.verb
    def transfer_host(self, participant: Participant, user_id: str) -> None:
        """Has the host, who is `participant`, make another one host; repeated, it does nothing.

        Raises PermissionDenied for anyone else, and ValidationError if nobody of that id is here.
        """
        self.lock_for(participant)
        if self.host is not None and self.host.user_id == user_id:
            return
        other = self._find_as_host(participant, user_id)
        self.owner = other
        self._set_host(other)
        self.save(update_fields=["host", "owner"])

    @event_log.verb
    def remove(self, participant: Participant, user_id: str) -> None:
        """Has the host, who is `participant`, send someone away with all their tabs; they cannot join again.

        Of the host's own tabs only the one is sent away. Repeated, it does nothing. Raises as `transfer_host` does.
        """
        self.lock_for(participant)
        if self.host_id == participant.pk and self.participants.filter(user_id=user_id, removed=True).exists():
            return
        other = self._find_as_host(participant, user_id)
        if other == participant:
            raise ValidationError("You cannot remove yourself")
        theirs = [other]
        if other.identity != participant.identity:
            self.participants.filter(identity=other.identity).update(removed=True)
            theirs = list(self.participants.present().filter(identity=other.identity))
        for removed in theirs:
            removed.depart(reason="removed")
            broadcasts.participant_removed(removed)
        self._update_host()

    def _find_as_host(self, participant: Participant, user_id: str) -> Participant:
        if self.host_id != participant.pk:
            raise PermissionDenied("Only the host can do this")
        other = self.participants.present().filter(user_id=user_id).first()
        if other is None:
            raise ValidationError("Participant not found")
        return other

    def _choose_host(self, arrived: Participant | None = None) -> None:
        """Makes the owner host if they are here, else keeps the host, else takes whoever is here the longest.

        The owner may be here as another participant, where their own was not known to have gone when they came back.
        A host who has just `arrived` is told anew, because their id has changed.
        """
        listed = {participant.pk: participant for participant in self.participants.listed()}
        longest = next((participant for participant in listed.values() if participant.since), None)
        twin = self.owner and next((each for each in listed.values() if each.identity == self.owner.identity), None)
        host = listed.get(self.owner_id or 0) or twin or listed.get(self.host_id or 0) or longest
        if host is not None and (host.pk != self.host_id or host == arrived):
            self._set_host(host)

    def _set_host(self, host: Participant) -> None:
        """Makes `host` the owner too, if the owner has left for good."""
        self.host = host
        self.owner = self.owner or host
        broadcasts.host_changed(host)

    # --- its end

    @event_log.verb
    def expire(self) -> None:
        """Ends the session, unless its time was prolonged meanwhile."""
        self.lock()
        if self.ended_at is None and not self.is_on:
            self.end("expired")

    @event_log.verb
    def end(self, reason: str = "ended") -> None:
        """Sends everyone away. What was said in the session is private, so it is deleted."""
        self.lock()
        if self.ended_at is not None:
            return
        self.ended_at = timezone.now()
        self.metadata = {}
        self.save(update_fields=["ended_at", "metadata"])
        self.participants.present().update(since=None, left_at=self.ended_at)
        self.operations.all().delete()
        RoomEvent.objects.redact(self.room_key)
        broadcasts.session_ended(self, reason)
