"""Which server processes are alive, and who is present in which room through them."""

from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from accounts.models import User
from rest.addresses import HASH_LENGTH


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

    def meant_by(self, subject: str) -> Self:
        """Those whom a restriction of `subject` may mean, see `Restriction.subjects`."""
        kind = identities.address_key("")
        if subject.startswith(kind):
            return self.filter(address=subject.removeprefix(kind))
        return self.filter(models.Q(identity=subject) | models.Q(visitor=subject))

    def whereabouts(self, identity: str, room: str = "") -> tuple[str, str]:
        """The Identity key of the browser, and the hash of the address, with which somebody came last, or nothing.

        It is looked for in `room`, or everywhere; a guest's own key is not said again.
        """
        here = self.filter(identity=identity, **({"room": room} if room else {})).order_by("-pk")
        visitor, address = here.values_list("visitor", "address").first() or ("", "")
        return ("" if visitor == identity else visitor), address


class Presence(models.Model):
    """One connection in one room. It has no expiry of its own: see Worker."""

    room = models.CharField(max_length=100)
    worker = models.CharField(max_length=32, db_index=True)
    connection = models.CharField(max_length=32)
    identity = models.CharField(max_length=80)
    visitor = models.CharField(max_length=80, default="", help_text="the Identity key of their browser")
    address = models.CharField(max_length=HASH_LENGTH, default="", help_text="its hash")
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

    def as_identity(self) -> identities.Identity:
        user_id = identities.user_id_of(self.identity)
        user = None if user_id is None else User.objects.filter(pk=user_id).first()
        return identities.Identity(user, self.visitor.partition(":")[2], address_hash=self.address)
