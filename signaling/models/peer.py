"""The browsers that send and see broadcasts, as our sockets know them."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from signaling.models.broadcast import Broadcast

MAX_NAME = 64  # characters of the name that a client gives itself
SUFFIX = 8  # So many characters of a connection's id tell its name apart from the same name of somebody else.


class PeerQuerySet(models.QuerySet["Peer"]):
    def facing(self, connection: str, name: str) -> tuple[str, "Peer"] | None:
        """The name by which the peer of `connection` is known, and the peer `name` that it may signal to, if any.

        The broadcaster and the viewers who have a slot face each other; nobody else may signal.
        """
        sender = self.filter(connection=connection, has_slot=True).first()
        if sender is None:
            return None
        others = self.filter(broadcast=sender.broadcast_id, name=name, has_slot=True).exclude(role=sender.role)
        receiver = others.first()
        return (sender.name, receiver) if receiver is not None else None


class Peer(models.Model):
    """Who sends or sees a broadcast. The row is deleted when its connection leaves `room`, in which it is told."""

    class Role(models.TextChoices):
        BROADCASTER = "broadcaster"
        VIEWER = "viewer"

    broadcast: "models.ForeignKey[Broadcast, Broadcast]" = models.ForeignKey(
        "signaling.Broadcast", models.CASCADE, related_name="peers"
    )
    room = models.CharField(max_length=100, help_text="the room in which it is told of the broadcast")
    connection = models.CharField(max_length=32, db_index=True)
    identity = models.CharField(max_length=80)
    name = models.CharField(max_length=MAX_NAME + 1 + SUFFIX, help_text="as the other side knows it")
    role = models.CharField(max_length=20, choices=Role.choices)
    has_slot = models.BooleanField(default=False, help_text="may see the broadcast, rather than wait")
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
        """Its own name, and the one that it gets if somebody else has that."""
        return self.name, f"{self.name}~{self.connection[:SUFFIX]}"

    def merge_into(self, known: dict[str, "Peer"]) -> "Peer":
        """The known peer that this one is, moved to its connection; or this one, under a name that nobody else has.

        It is the same peer if identity and role are the same: its old connection may not have been missed yet.
        """
        for name in self.names:
            other = known.get(name)
            if other is None:
                break
            if (other.identity, other.role) == (self.identity, self.role):
                other.room, other.connection = self.room, self.connection
                return other
        self.name = name
        return self
