"""Sessions in which people look at products together: who takes part, who is the host, and until when."""

from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.utils import timezone

from accounts import identity as identities
from realtime import event_log
from realtime.models import RoomEvent
from shopping import broadcasts, signals
from shopping.models.participant import KIND, Admission, JoinRequest, Participant
from shopping.models.session_queryset import ShoppingSessionQuerySet, lifetime, new_id

MAX_PARTICIPANTS = 200  # Those who have gone count too; beyond it the longest gone are deleted.


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

    def has_removed(self, identity: identities.Identity) -> bool:
        """Whether the host has removed this person, who may not come back.

        For a while nobody new may come from the same address either, but those whom an account proves.
        """
        removed = self.participants.filter(removed=True)
        if removed.filter(identity__in=identity.proven).exists():
            return True
        if identity.verified or not identity.address_hash:
            return False
        since = timezone.now() - timedelta(minutes=settings.RESTRICT_ADDRESS_MINUTES)
        is_new = not self.participants.filter(identity__in=identity.proven).exists()
        return is_new and removed.filter(address_hash=identity.address_hash, left_at__gt=since).exists()

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
            participant.rename(request)
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
        if self.has_removed(request.identity):
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
        signals.session_ended.send(ShoppingSession, session=self)
