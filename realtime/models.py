"""What the kernel keeps: each room's log, who is where, and who may not be."""

import uuid
from datetime import timedelta
from typing import Self

from django.core.exceptions import PermissionDenied
from django.db import connection, models
from django.db.models.functions import Now

from accounts import identity as identities


def new_epoch() -> str:
    return uuid.uuid4().hex[:12]


class RoomQuerySet(models.QuerySet["Room"]):
    def advance(self, key: str, by: int) -> tuple[int, int, str]:
        """(id, last seq, epoch) after taking `by` numbers; holds the room's row until the transaction ends."""
        taken = self._advance(key, by)
        if taken is None:
            self.bulk_create([Room(key=key)], ignore_conflicts=True)
            taken = self._advance(key, by)
        assert taken is not None
        return taken

    def _advance(self, key: str, by: int) -> tuple[int, int, str] | None:
        # One round trip where the ORM would need two; both databases know RETURNING.
        with connection.cursor() as cursor:
            cursor.execute("UPDATE realtime_room SET seq = seq + %s WHERE key = %s RETURNING id, seq, epoch", [by, key])
            row: tuple[int, int, str] | None = cursor.fetchone()
        return row

    def position(self, key: str) -> tuple[int, str]:
        """(seq, epoch) of a room; a room nobody has spoken in yet is made here, so that its epoch stays."""
        room = self.filter(key=key).first()
        if room is None:
            self.bulk_create([Room(key=key)], ignore_conflicts=True)
            room = self.get(key=key)
        return room.seq, room.epoch


class Room(models.Model):
    """Where a room's log stands. `seq` counts its events without a gap; another `epoch` means another log."""

    key = models.CharField(max_length=100, unique=True)
    seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=12, default=new_epoch)

    objects = RoomQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key


class RoomEventQuerySet(models.QuerySet["RoomEvent"]):
    def between(self, key: str, after: int, upto: int) -> Self:
        """The events `after` < seq <= `upto`, in order."""
        return self.filter(room__key=key, seq__gt=after, seq__lte=upto).order_by("seq")

    def done(self, key: str, author: str, op: str) -> "RoomEvent | None":
        """What a client's message `op` became, if it was stored before."""
        return self.filter(room__key=key, author=author, op=op).first()


class RoomEvent(models.Model):
    """One durable fact of a room, as records.encode() wrote it."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="events", db_index=False)
    seq = models.BigIntegerField()
    author = models.CharField(max_length=80, default="", blank=True)
    op = models.CharField(max_length=64, null=True, blank=True)  # noqa: DJ001 - NULL keeps events without one apart
    to = models.CharField(max_length=80, default="", blank=True)
    but = models.CharField(max_length=80, default="", blank=True)
    body = models.TextField()
    at = models.DateTimeField(db_default=Now())
    redacted = models.BooleanField(default=False)

    objects = RoomEventQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "seq"], name="room_event_seq"),
            models.UniqueConstraint(
                fields=["room", "author", "op"], condition=models.Q(op__isnull=False), name="room_event_op"
            ),
        ]

    def __str__(self) -> str:
        return f"event {self.seq}"


class WorkerQuerySet(models.QuerySet["Worker"]):
    def beat(self, id: str, lifetime: timedelta) -> None:
        """Says that process `id` lives for `lifetime` from now, by the database's clock."""
        until = models.ExpressionWrapper(Now() + models.Value(lifetime, models.DurationField()), models.DateTimeField())
        if not self.filter(id=id).update(alive_until=until):
            self.create(id=id, alive_until=until)

    def alive(self) -> Self:
        return self.filter(alive_until__gt=Now())

    def dead(self) -> Self:
        return self.filter(alive_until__lte=Now())


class Worker(models.Model):
    """A server process. Its heartbeat is the only one: whoever is present through it lives as long as it does."""

    id = models.CharField(primary_key=True, max_length=32)
    alive_until = models.DateTimeField(db_index=True)

    objects = WorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.id


class PresenceQuerySet(models.QuerySet["Presence"]):
    def live(self) -> Self:
        return self.filter(models.Exists(Worker.objects.alive().filter(id=models.OuterRef("worker"))))


class Presence(models.Model):
    """One connection in one room. It has no expiry of its own: see Worker."""

    room = models.CharField(max_length=100)
    worker = models.CharField(max_length=32, db_index=True)
    connection = models.CharField(max_length=32)
    identity = models.CharField(max_length=80)
    name = models.CharField(max_length=150, default="")
    role = models.CharField(max_length=20)
    at = models.DateTimeField(db_default=Now())

    objects = PresenceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["room", "connection", "role"], name="presence_once"),
        ]

    def __str__(self) -> str:
        return f"{self.identity} in {self.room}"


class RestrictionQuerySet(models.QuerySet["Restriction"]):
    def on(self, identity: identities.Identity, room: str) -> Self:
        """The restrictions in force on someone in `room`, those of the whole house included."""
        now = models.Q(until__isnull=True) | models.Q(until__gt=Now())
        return self.filter(now, identity=identity.key, room__in=["", room])

    def check_may_enter(self, identity: identities.Identity, room: str) -> None:
        if self.on(identity, room).filter(kind=Restriction.Kind.BAN).exists():
            raise PermissionDenied("You have been removed from this room")

    def check_may_speak(self, identity: identities.Identity, room: str) -> None:
        if self.on(identity, room).exists():
            raise PermissionDenied("You may not write here")


class Restriction(models.Model):
    """Someone may not speak (mute) or not even be there (ban): in one room, or everywhere where `room` is empty."""

    class Kind(models.TextChoices):
        MUTE = "mute"
        BAN = "ban"

    identity = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")
    room = models.CharField(max_length=100, default="", blank=True, help_text="show:<id>; empty: everywhere")
    kind = models.CharField(max_length=4, choices=Kind.choices)
    reason = models.CharField(max_length=200, default="", blank=True)
    until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects = RestrictionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["identity", "room"])]
        constraints = [
            models.CheckConstraint(condition=models.Q(kind__in=["mute", "ban"]), name="restriction_kind"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} of {self.identity}"
