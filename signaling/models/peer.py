"""The browsers that send and see broadcasts, as our sockets know them."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from signaling.models.broadcast import Broadcast

MAX_NAME = 64  # characters of the name that a client gives itself
SUFFIX = 8  # So many characters of a connection's id tell its name apart from the same name of somebody else.


class PeerQuerySet(models.QuerySet["Peer"]):
    def senders(self) -> Self:
        """Selects those who send, or stand by to."""
        return self.exclude(role=Peer.Role.VIEWER)

    def on_air(self) -> Self:
        """Selects those whose picture viewers see, or are about to."""
        return self.filter(role=Peer.Role.BROADCASTER, broadcast__state__in=["ready", "live"])

    def channels(self) -> list[str]:
        """The channels of their broadcasts, in the order in which these are locked."""
        return sorted(set(self.values_list("broadcast__channel", flat=True)))

    def know(self, connection: str) -> bool:
        return self.filter(connection=connection).exists()

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
    """Who sends or sees a broadcast, and is told of it in `room`.

    The row is deleted when the connection leaves the room; that of a sender whose connection is lost after a grace.
    """

    class Role(models.TextChoices):
        BROADCASTER = "broadcaster"
        STANDBY = "standby"  # It has registered as the broadcaster, and is it once it starts or there is no other.
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
    kept_until = models.DateTimeField(null=True, db_index=True, help_text="for a sender whose connection was lost")
    met_at = models.DateTimeField(null=True, help_text="when it and the broadcaster were last told of each other")

    objects = PeerQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["broadcast", "name"], name="peer_name"),
            models.UniqueConstraint(
                fields=["broadcast"], condition=models.Q(role="broadcaster"), name="peer_broadcaster"
            ),
            models.CheckConstraint(condition=models.Q(role__in=["broadcaster", "standby", "viewer"]), name="peer_role"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def names(self) -> tuple[str, str]:
        """Its own name, and the one that it gets if somebody else has that."""
        return self.name, f"{self.name}~{self.connection[:SUFFIX]}"

    def stand_by(self) -> None:
        """Gives its place to another one."""
        self.role, self.has_slot = self.Role.STANDBY, False
        self.save(update_fields=["role", "has_slot"])

    def merge_into(self, known: dict[str, "Peer"]) -> "Peer":
        """The known peer that this one is, moved to its connection; or this one, under a name that nobody else has.

        It is the same peer if it is the same person's, and both send or both see: its old connection may not have been
        missed yet.
        """
        for name in self.names:
            other = known.get(name)
            if other is None:
                break
            if other.identity == self.identity and (other.role == self.Role.VIEWER) == (self.role == self.Role.VIEWER):
                other.room, other.connection, other.kept_until = self.room, self.connection, None
                return other
        self.name = name
        return self
