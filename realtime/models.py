"""The tables of the kernel: each room's log, who is present where, and who may not speak or enter."""

import math
import os
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple, Self

from django.core.exceptions import PermissionDenied
from django.db import connection, models, transaction
from django.db.models.functions import Coalesce, Concat, Now
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import signals
from realtime.runtime import caching
from realtime.storage import pruning, rows

MIN_BAN = 1.0  # Seconds: a ban that is just ending may be read from the cache for this long.
AT_HAND = timedelta(minutes=1)  # events that a process may not have delivered yet are never too many


def new_epoch() -> str:
    return os.urandom(6).hex()


class RoomQuerySet(models.QuerySet["Room"]):
    def lock(self, key: str) -> None:
        """Locks a room until the transaction ends, and makes it if it does not exist yet."""
        rows.run([Room.advance({key: 0})])

    def position(self, key: str) -> tuple[int, str]:
        """(seq, epoch) of a room; one that does not exist yet is made, so that its epoch stays."""
        found = self.positions([key])
        if not found:
            self.bulk_create([Room(key=key)], ignore_conflicts=True)
            found = self.positions([key])
        return found[0][1:]

    def positions(self, keys: list[str]) -> list[tuple[str, int, str]]:
        """(key, seq, epoch) of each of these rooms, where the epoch is the room's own and that of all logs together."""
        of_all = models.Subquery(LogOrigin.objects.values("epoch")[:1])
        epoch = Concat("epoch", Coalesce(of_all, models.Value("")), output_field=models.CharField())
        return list(self.filter(key__in=keys).values_list("key", "seq", epoch))


class Room(models.Model):
    """Where a room's log stands. `seq` counts its events without a gap; another `epoch` means another log.

    What clients know as the epoch is this one with that of `LogOrigin` behind it.
    """

    key = models.CharField(max_length=100, unique=True)
    seq = models.BigIntegerField(default=0)
    epoch = models.CharField(max_length=12, default=new_epoch)

    objects = RoomQuerySet.as_manager()

    def __str__(self) -> str:
        return self.key

    @staticmethod
    def advance(steps: Mapping[str, int]) -> rows.Statement:
        """The statement that takes so many numbers of each room, and locks the rooms until the transaction ends.

        The ORM would need several. Rooms are locked in the order of `steps`, and one that does not exist yet is made.
        """
        return rows.Statement(
            f"INSERT INTO realtime_room (key, seq, epoch) VALUES {', '.join(['(%s, %s, %s)'] * len(steps))} "
            "ON CONFLICT (key) DO UPDATE SET seq = realtime_room.seq + excluded.seq",
            [value for key, step in steps.items() for value in (key, step, new_epoch())],
        )

    @staticmethod
    def id_of(key: str) -> rows.DatabaseValue:
        return rows.DatabaseValue("(SELECT id FROM realtime_room WHERE key = %s)", (key,))

    @staticmethod
    def seq_of(key: str, before: int) -> tuple[str, tuple[Any, ...]]:
        """The SQL expression, with its parameters, of the number that is so many `before` the last one taken."""
        return "(SELECT seq - %s FROM realtime_room WHERE key = %s)", (before, key)


class LogOriginQuerySet(models.QuerySet["LogOrigin"]):
    def verify(self) -> bool:
        """Gives all logs a new epoch if they were restored or taken over by another server; returns whether it did so.

        Of several processes that ask at once, one does it. An ordinary start only reads.
        """
        here = _database()
        known = self.values_list("database", flat=True).first()
        if known is not None and known == {**known, **here}:
            return False
        with transaction.atomic():
            self.bulk_create([LogOrigin(database=here)], ignore_conflicts=True)
            origin = self.select_for_update().get()
            # Only what both know is compared: the role of another process may not read everything.
            is_copy = any(origin.database.get(name, value) != value for name, value in here.items())
            origin.database |= here
            if is_copy:
                origin.epoch = new_epoch()
            origin.save()
        return is_copy

    def renew_epoch(self) -> None:
        """Gives all logs a new epoch: every client that comes back gets its rooms as they are now."""
        self.bulk_create([LogOrigin(database=_database())], ignore_conflicts=True)
        self.update(epoch=new_epoch())


class LogOrigin(models.Model):
    """In which database the logs were written last, and the part of the epoch that they all share. There is one row.

    A restored copy has other events behind the same numbers, which only this gives away: a dump becomes another table,
    and a server that was restored to a point in time, or has taken over from another, begins another timeline.
    """

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    database = models.JSONField(default=dict)
    epoch = models.CharField(max_length=12, default="")

    objects = LogOriginQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_log_origin")]

    def __str__(self) -> str:
        return self.epoch


# By name, what tells a copy of the log from the log, and which function any role may be forbidden to call.
ORIGIN = (
    ("table", "SELECT oid::text FROM pg_class WHERE oid = 'realtime_room'::regclass", None),
    ("database", "SELECT oid::text FROM pg_database WHERE datname = current_database()", None),
    ("cluster", "SELECT system_identifier::text FROM pg_control_system()", "pg_control_system()"),
    # The first part of a WAL file's name. pg_control_checkpoint() would tell it only after the next checkpoint.
    ("timeline", "SELECT left(pg_walfile_name(pg_current_wal_lsn()), 8)", "pg_walfile_name(pg_lsn)"),
)


def _database() -> dict[str, str]:
    """What is known of this database; nothing on SQLite, or of a standby that cannot be written."""
    found: dict[str, str] = {}
    if not rows.is_postgresql():
        return found
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_is_in_recovery()")
        if cursor.fetchone()[0]:
            return found
        for name, question, function in ORIGIN:
            if function is not None:
                cursor.execute("SELECT has_function_privilege(%s, 'EXECUTE')", [function])
                if not cursor.fetchone()[0]:
                    continue
            cursor.execute(question)
            found[name] = cursor.fetchone()[0]
    return found


class RoomEventQuerySet(models.QuerySet["RoomEvent"]):
    def between(self, key: str, after: int, upto: int) -> Self:
        """The events `after` < seq <= `upto`, in order."""
        return self.filter(room__key=key, seq__gt=after, seq__lte=upto).order_by("seq")

    def redact(self, key: str, seqs: Collection[int] | None = None) -> None:
        """Blanks the bodies of these events, or of all; the events stay, so that the numbers have no gap."""
        redacted = self.filter(room__key=key) if seqs is None else self.filter(room__key=key, seq__in=seqs)
        redacted.update(body="", redacted=True)

    def forget(self, prefix: str, age: timedelta) -> int:
        """Deletes events older than `age` of the rooms whose keys begin with `prefix`; returns how many."""
        return pruning.delete(self.filter(room__key__startswith=prefix, at__lt=Now() - age))

    def trim(self, prefix: str, keep: int) -> int:
        """Deletes all but the newest `keep` events of each of these rooms; returns how many."""
        passed = self.filter(room__key__startswith=prefix, seq__lte=models.F("room__seq") - keep)
        return pruning.delete(passed.filter(at__lt=Now() - AT_HAND))

    def done(self, key: str, author: str, op: str) -> "RoomEvent | None":
        """The event that a client's message `op` has become, if it was stored before."""
        return self.filter(room__key=key, author=author, op=op).first()


class RoomEvent(models.Model):
    """One durable event of a room, as events.encode() wrote it."""

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
    def heartbeat(self, id: str, lifetime: timedelta) -> bool:
        """Records that process `id` is alive until `lifetime` from now, by the database's clock.

        Returns False if the process was not known: it is new, or it was taken for dead meanwhile.
        """
        until = models.ExpressionWrapper(Now() + models.Value(lifetime, models.DurationField()), models.DateTimeField())
        known = bool(self.filter(id=id).update(alive_until=until))
        if not known:
            self.create(id=id, alive_until=until)
        return known

    def alive(self) -> Self:
        return self.filter(alive_until__gt=Now())

    def dead(self) -> Self:
        return self.filter(alive_until__lte=Now())


class Worker(models.Model):
    """A server process. It alone has a heartbeat: whoever is present through it is present as long as it is alive."""

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
    handle = models.CharField(max_length=64, default="", help_text="stands for the id that a client gave itself")
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
    def in_force(self) -> Self:
        return self.filter(models.Q(until__isnull=True) | models.Q(until__gt=Now()))

    def against(self, identity: str, room: str) -> "Restriction | None":
        """The restriction that keeps `identity` from speaking in `room` for longest, if there is any."""
        found = self.in_force().filter(identity=identity, room__in=["", room])
        return found.order_by(models.F("until").desc(nulls_first=True)).first()

    def mute(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity`, an Identity's key, to speak: in `room`, or everywhere.

        `how` is its `reason` and `until`, without which it is for good; `by` is as in `Restriction.impose`.
        """
        return self._impose(by, kind=Restriction.Kind.MUTE, identity=identity, room=room, **how)

    def ban(self, identity: str, room: str = "", *, by: User | None = None, **how: Any) -> "Restriction":
        """Forbids `identity` to be there at all, as `mute` does to speak, and closes their connections."""
        return self._impose(by, kind=Restriction.Kind.BAN, identity=identity, room=room, **how)

    def _impose(self, by: User | None, **facts: Any) -> "Restriction":
        restriction = Restriction(**facts)
        restriction.impose(by)
        return restriction


class Restraint(NamedTuple):
    """How somebody is restricted in a room now, and until when; None is for good."""

    kind: str
    until: datetime | None


@caching.cached(seconds=1.0)
def restricted(room: str) -> dict[str, Restraint]:
    """Who is restricted in `room`, by Identity key: a ban before a mute, and of several the one that ends last."""
    in_force = Restriction.objects.in_force().filter(room=room)
    strictest_last = in_force.order_by("-kind", models.F("until").asc(nulls_last=True))
    found = strictest_last.values_list("identity", "kind", "until")
    return {identity: Restraint(kind, until) for identity, kind, until in found}


def _seconds_until(end: datetime) -> float:
    return max(MIN_BAN, math.ceil((end - timezone.now()).total_seconds() * 10) / 10)


class Banned(PermissionDenied):
    """`retry_after` is the seconds until the ban ends, or None where it is for good."""

    def __init__(self, until: datetime | None) -> None:
        super().__init__("You have been removed from this room")
        self.retry_after = None if until is None else _seconds_until(until)


class Restriction(models.Model):
    """Someone may not speak (mute) or not even enter (ban): in one room, or everywhere if `room` is empty."""

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

    def save(self, *args: Any, **kwargs: Any) -> None:
        super().save(*args, **kwargs)
        restricted.invalidate(self.room)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        deleted = super().delete(*args, **kwargs)
        restricted.invalidate(self.room)
        return deleted

    @staticmethod
    def check_may_speak(identity: str, room: str) -> None:
        """Raises PermissionDenied for someone muted or banned; `identity` is an Identity's key."""
        if identity in restricted("") or identity in restricted(room):
            raise PermissionDenied("You may not write here")

    @staticmethod
    def check_may_enter(identity: identities.Identity, room: str) -> None:
        """Raises Banned, which knows when a timed ban ends."""
        found = (restricted("").get(identity.key), restricted(room).get(identity.key))
        bans = [restraint for restraint in found if restraint is not None and restraint.kind == Restriction.Kind.BAN]
        if bans:
            ends = [ban.until for ban in bans if ban.until is not None]
            raise Banned(max(ends) if len(ends) == len(bans) else None)

    @property
    def in_force(self) -> bool:
        return self.until is None or self.until > timezone.now()

    @staticmethod
    def check_may_restrict(by: User | None, identity: str) -> None:
        """Raises PermissionDenied where the user `by` may not restrict `identity`; None is the server itself."""
        user_id = identities.user_id_of(identity)
        other = None if by is None or user_id is None else User.objects.filter(pk=user_id).first()
        if by is not None and other is not None and not by.may_restrict(other):
            raise PermissionDenied(f"You may not restrict {other}")

    def impose(self, by: User | None = None) -> None:
        """Stores the restriction as it is now; a ban that is in force also closes the person's connections.

        `by` is who does it, or None for the server itself; raises PermissionDenied for those who may not.
        """
        self.check_may_restrict(by, self.identity)
        with transaction.atomic():
            self.save()
            if self.kind == self.Kind.BAN and self.in_force:
                signals.person_banned.send(Restriction, identity=self.identity, room=self.room, until=self.until)
            signals.speech_changed.send(Restriction, identity=self.identity, room=self.room)

    def lift(self, by: User | None = None) -> None:
        """Deletes the restriction, and tells the person that they may speak again, if nothing else forbids it.

        Only those may do it who could have imposed it, see `impose`.
        """
        self.check_may_restrict(by, self.identity)
        with transaction.atomic():
            self.delete()
            signals.speech_changed.send(Restriction, identity=self.identity, room=self.room)


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def take(self, name: str, lease: timedelta) -> bool:
        """Takes the lease of a job if it is due and nobody has it; of several who try at once one gets it."""
        self.bulk_create([JobRun(name=name)], ignore_conflicts=True)
        due = self.filter(name=name, due_at__lte=Now(), leased_until__lte=Now())
        return bool(due.update(leased_until=_from_now(lease)))

    def finish(self, name: str, interval: timedelta) -> None:
        """Gives the lease back; the job is due again after `interval`."""
        self.filter(name=name).update(due_at=_from_now(interval), leased_until=Now())


def _from_now(interval: timedelta) -> Any:
    return models.ExpressionWrapper(Now() + models.Value(interval, models.DurationField()), models.DateTimeField())


class JobRun(models.Model):
    """When a job of realtime.periodic is due, by the database's clock, and until when a process has it."""

    name = models.CharField(primary_key=True, max_length=100)
    due_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(db_default=Now())

    objects = JobRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
