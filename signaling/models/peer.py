"""One browser's end of a broadcast, as our sockets know it."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from signaling.models.broadcast import Broadcast

MAX_NAME = 64  # characters of the name that a client gives itself
PERSONAL_SLOT = 8  # characters of its connection's id that are put behind it where somebody else has that name


class PeerQuerySet(models.QuerySet["Peer"]):
    def facing(self, connection: str, name: str) -> tuple[str, "Peer"] | None:
        """By which name the peer of `connection` is known, and the peer `name` that it may signal to.

        Broadcaster and viewers face each other, viewers only from their places; nobody else hears of anyone.
        """
        sender = self.filter(connection=connection, seated=True).first()
        if sender is None:
            return None
        others = self.filter(broadcast=sender.broadcast_id, name=name, seated=True).exclude(role=sender.role)
        receiver = others.first()
        return (sender.name, receiver) if receiver is not None else None


class Peer(models.Model):
    """Who sends or sees a broadcast. Its presence in `room` is the kernel's to know; this row goes with it."""

    class Role(models.TextChoices):
        BROADCASTER = "broadcaster"
        VIEWER = "viewer"

    broadcast: "models.ForeignKey[Broadcast, Broadcast]" = models.ForeignKey(
        "signaling.Broadcast", models.CASCADE, related_name="peers"
    )
    room = models.CharField(max_length=100, help_text="where it hears what it is told")
    connection = models.CharField(max_length=32, db_index=True)
    identity = models.CharField(max_length=80)
    name = models.CharField(max_length=MAX_NAME + 1 + PERSONAL_SLOT, help_text="as the other side knows it")
    role = models.CharField(max_length=20, choices=Role.choices)
    seated = models.BooleanField(default=False, help_text="has one of the places that there are")
    met_at = models.DateTimeField(null=True, help_text="when it and the broadcaster were last told of each other")

    objects = PeerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "name"], name="peer_name"),
            models.UniqueConstraint(
                fields=["broadcast"], condition=models.Q(role="broadcaster"), name="peer_broadcaster"
            ),
            models.CheckConstraint(condition=models.Q(role__in=["broadcaster", "viewer"]), name="peer_role"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> tuple[str, str]:
        """Its own, and the one that it gets where somebody else has that."""
        return self.name, f"{self.name}~{self.connection[:PERSONAL_SLOT]}"

    def settle(self, known: dict[str, "Peer"]) -> "Peer":
        """This one under a name that is nobody else's; or the known one that it is, now on this one's connection."""
        for name in self.names:
            held = known.get(name)
            if held is None:
                break
            if (held.identity, held.role) == (self.identity, self.role):  # the old connection may not be missed yet
                held.room, held.connection = self.room, self.connection
                return held
        self.name = name
        return self
