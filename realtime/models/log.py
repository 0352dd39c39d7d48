"""Each room's log, and in which database the logs are."""

import os
from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any, Self

from django.db import connection, models, transaction
from django.db.models.functions import Coalesce, Concat, Now

from realtime.storage import pruning, rows

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
