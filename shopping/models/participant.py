"""Who takes part in a session. A participant outlives their connections: someone who comes back is still the same."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Concat
from django.utils import timezone

from accounts import identity as identities
from accounts import names, texts
from realtime import event_log
from realtime.models import Presence, Restriction, RoomEvent
from rest.addresses import HASH_LENGTH
from shopping import broadcasts

if TYPE_CHECKING:
    from realtime.event_log import PendingEvent

MAX_NAME = 64  # characters
NAMELESS = "Anonymous"
KIND = "shopping"  # The rooms of sessions have the keys `shopping:<id>`.
CHAT = "CHAT_MESSAGE"  # In events of this type people write to each other.
NOTICED = (CHAT, "REACTION")  # Who is muted sends none of these.
MAX_SAID = 64 * 1024  # characters; a message is bounded by its event
STALE = timedelta(seconds=45)  # A connection that has not arrived by then never will.


class JoinRequest(NamedTuple):
    """Who asks to join: the identity, its connection (empty over REST), and what the others are to know it by."""

    identity: identities.Identity
    connection: str
    user_id: str
    name: str | None

    @property
    def label(self) -> str:
        """Their name as others are shown it: one that they may not bear is no reason to refuse anyone."""
        return names.declared(self.name, self.identity)[:MAX_NAME].rstrip()

    @property
    def is_unproven(self) -> bool:
        return self.identity.is_guest and self.identity.is_new


class Admission(NamedTuple):
    """A participant who has joined, and the event that tells the others; None where they knew the participant."""

    participant: Participant
    event: PendingEvent | None

    @property
    def seq(self) -> int:
        """The number of that event in the room's log, once the transaction has committed; 0 where there is none."""
        return self.event.seq if self.event is not None else 0


class ParticipantQuerySet(models.QuerySet["Participant"]):
    def present(self) -> Self:
        return self.filter(since__isnull=False).order_by("since", "pk")

    def listed(self) -> Self:
        """Selects who is present or expected, in the order in which they came."""
        return self.filter(models.Q(since__isnull=False) | models.Q(expected=True)).order_by(
            models.F("since").asc(nulls_first=True), "pk"
        )

    def erase(self, identity: str) -> int:
        """Forgets the names by which `identity`, an Identity's key, has taken part; returns how often they have."""
        return self.filter(identity=identity).update(name=NAMELESS)

    def away(self, request: JoinRequest) -> Participant | None:
        """Who asks, where they have been here before and are not now; of several who they were last.

        Shipped clients on other sites come back with nothing but their name, so where nothing proves who either is, it
        is who has just gone under that name.
        """
        same = models.Q(identity__in=request.identity.proven)
        name = request.label
        if request.is_unproven and name not in ("", NAMELESS):
            same |= models.Q(unproven=True, name=name, left_at__gt=timezone.now() - settings.PARTY_GRACE)
        gone = self.filter(same, since=None, removed=False)
        return gone.order_by(models.F("left_at").desc(nulls_first=True)).first()

    def stale(self) -> Self:
        """Selects those whose connection presence does not know: its process died before it entered the room."""
        rooms = Concat(models.Value(f"{KIND}:"), models.OuterRef("session_id"))
        present = Presence.objects.filter(room=rooms, connection=models.OuterRef("connection"))
        return self.present().filter(~models.Exists(present), since__lt=timezone.now() - STALE)

    def evictable(self) -> Self:
        """Selects those who have gone and with whom nothing else is lost, the longest gone first."""
        return self.filter(since=None, expected=False, removed=False, lines=None, votes=None).order_by("left_at")


class Participant(models.Model):
    """Someone's part in a session. The others know them by `user_id`, which changes with each new connection."""

    session = models.ForeignKey("shopping.ShoppingSession", models.CASCADE, related_name="participants")
    identity = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    user_id = models.CharField(max_length=64)
    name = models.CharField(max_length=MAX_NAME)
    connection = models.CharField(max_length=32, blank=True, default="")
    since = models.DateTimeField(null=True, blank=True, help_text="empty: not here")
    left_at = models.DateTimeField(null=True, blank=True)
    expected = models.BooleanField(default=False, help_text="has made the session over REST and has not come yet")
    unproven = models.BooleanField(default=False, help_text="a guest without a cookie, known again by their name alone")
    removed = models.BooleanField(default=False, help_text="by the host; may not come back")
    address_hash = models.CharField(max_length=HASH_LENGTH, default="", blank=True, editable=False)

    objects = ParticipantQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["session", "identity"]),
            models.Index(fields=["identity"], name="participant_identity"),  # what staff look up of one visitor
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "connection"],
                condition=models.Q(since__isnull=False),
                name="participant_connection",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def room_key(self) -> str:
        return f"{KIND}:{self.session_id}"

    @property
    def address(self) -> str:
        """The name by which events in the room's log address this participant, whatever their connection."""
        return f"participant:{self.pk}"

    @property
    def addresses(self) -> frozenset[str]:
        return frozenset({self.address, self.user_id})

    # --- coming and going

    def arrive(self, request: JoinRequest) -> None:
        """Stores by which connection and name they are here; without a connection they are only expected."""
        self.identity, self.unproven = request.identity.address, request.is_unproven
        self.user_id, self.connection = request.user_id, request.connection
        self.name = request.label or self.name or NAMELESS
        self.address_hash = request.identity.address_hash
        if request.connection:
            self.since, self.expected = timezone.now(), False
        self.save()

    def rename(self, request: JoinRequest) -> None:
        if (said := request.label) and said != self.name:
            self.name = said
            self.save(update_fields=["name"])

    def reappear(self) -> None:
        """They are here on the connection that was believed to be lost."""
        self.since = timezone.now()
        self.save(update_fields=["since"])
        broadcasts.participant_joined(self)

    def depart(self, reason: str = "") -> None:
        """They are not here any longer; the others are told `reason`."""
        self.since, self.expected, self.left_at = None, False, timezone.now()
        self.save(update_fields=["since", "expected", "left_at", "removed"])
        broadcasts.participant_left(self, reason)

    # --- what everyone may do

    def check_present(self) -> None:
        """Raises DoesNotExist, unless they are here on this connection and the session goes on."""
        going_on = {"session__ended_at": None, "session__expires_at__gt": timezone.now()}
        here = Participant.objects.present().filter(pk=self.pk, connection=self.connection, **going_on)
        if not here.exists():
            raise Participant.DoesNotExist("Not in a session")

    @event_log.verb
    def sync(
        self, payload: dict[str, Any], op: str | None = None, by: identities.Identity | None = None
    ) -> PendingEvent | RoomEvent | None:
        """Tells the others `payload`. The same `op` again does nothing and returns the event that it was told by.

        `by` is who they are now, whom a mute may mean by more than their key.

        One that is too long for the log is told each time that it comes, and there is no event to return.
        """
        if op and event_log.is_rerun() and (done := RoomEvent.objects.done(self.room_key, self.identity, op)):
            return done
        event_log.memoize(("present", self.pk, self.connection), self.check_present)
        if payload.get("eventType") in NOTICED:
            Restriction.check_may_speak(by or self.identity, self.room_key)
        if payload.get("eventType") == CHAT:
            payload = shown(payload)
        event = broadcasts.synced(self, payload, op)
        event_log.collect("shopping", set[str], type(self.session).objects.touch).add(self.session_id)
        return event


def shown(payload: dict[str, Any]) -> dict[str, Any]:
    """What someone writes to the others, as it may be shown; raises ValidationError where it may not."""
    said = payload.get("message")
    return {**payload, "message": texts.line(said, MAX_SAID, breaks=None)} if isinstance(said, str) else payload
