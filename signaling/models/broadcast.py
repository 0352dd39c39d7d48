"""Picture and sound from one browser straight to a few others: who sends, who sees, and who waits for a place."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from signaling import signals
from signaling.models.peer import Peer

BREATH = timedelta(seconds=2)  # a client that registers and starts in one is not told of the same viewer twice
LINE = 100  # who may wait for a place; beyond it there is none to be had


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def hold(self, channel: str) -> "Broadcast":
        """The broadcast of a channel, made if need be; others wait for it until the transaction ends."""
        held = self.select_for_update(no_key=True)
        broadcast = held.filter(channel=channel).first()
        if broadcast is None:
            self.bulk_create([Broadcast(channel=channel)], ignore_conflicts=True)
            broadcast = held.get(channel=channel)
        return broadcast

    def is_crowded(self, channel: str) -> bool:
        """Whether even the line is full."""
        viewers = Peer.objects.filter(broadcast__channel=channel, role=Peer.Role.VIEWER)
        places: int = settings.BROADCAST_VIEWERS
        return viewers.count() >= places + LINE

    @event_log.verb
    def start(self, connection: str) -> None:
        """Whoever has registered as the broadcaster on this connection begins to send."""
        self._hold_of(connection).begin()

    @event_log.verb
    def stop(self, connection: str) -> None:
        self._hold_of(connection).cease()

    @event_log.verb
    def close(self, channel: str) -> None:
        """Ends a channel for good."""
        broadcast = self.hold(channel)
        broadcast.cease(reason="ended")
        broadcast.peers.all().delete()

    @event_log.verb
    def depart(self, room: str, connections: Iterable[str]) -> None:
        """Forgets those who have left `room`, in which they heard."""
        gone = Peer.objects.filter(room=room, connection__in=connections)
        # One may be led to another channel while this waits for the first.
        while channels := set(gone.values_list("broadcast__channel", flat=True)):
            for channel in sorted(channels):
                self.hold(channel).lose(gone)

    @event_log.verb
    def lead(self, room: str, channel: str, may_send: Callable[[Peer], bool]) -> None:
        """Leads everyone who hears in `room` to another channel; a broadcaster only where it may send there."""
        target = self.hold(channel)
        followers = Peer.objects.filter(room=room).exclude(broadcast=target)
        for left in sorted(set(followers.values_list("broadcast__channel", flat=True))):
            self.hold(left).hand_over(room, target, may_send)

    def _hold_of(self, connection: str) -> "Broadcast":
        sends = Peer.objects.filter(connection=connection, role=Peer.Role.BROADCASTER)
        for channel in sends.values_list("broadcast__channel", flat=True):
            broadcast = self.hold(channel)
            if sends.filter(broadcast=broadcast).exists():
                return broadcast
        raise PermissionDenied("Register as the broadcaster first")


class Broadcast(models.Model):
    """What one browser sends. `channel` is the id of the show that it is the picture of."""

    class State(models.TextChoices):
        READY = "ready"  # there is a broadcaster, who may be sending already
        LIVE = "live"  # who has said so
        STOPPED = "stopped"  # who has stopped, or there is none

    channel = models.CharField(max_length=64, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.STOPPED)

    objects = BroadcastQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(state__in=["ready", "live", "stopped"]), name="broadcast_state"),
        ]

    def __str__(self) -> str:
        return f"broadcast of {self.channel}"

    @property
    def broadcaster(self) -> Peer | None:
        return self.peers.filter(role=Peer.Role.BROADCASTER).first()

    @property
    def viewers(self) -> models.QuerySet[Peer]:
        """First come first."""
        return self.peers.filter(role=Peer.Role.VIEWER).order_by("pk")

    @property
    def is_on(self) -> bool:
        """Whether there is somebody to be seen."""
        return self.state != self.State.STOPPED

    # --- its course

    def begin(self) -> None:
        """Is on the air. Viewers who waited are named again: the broadcaster may have had nothing to send before."""
        before, broadcaster = self.state, self.broadcaster
        assert broadcaster is not None
        self._become(self.State.LIVE)
        signals.broadcast_offered.send(Broadcast, broadcaster=broadcaster, viewers=list(self.viewers))
        if before == self.State.READY:
            self._introduce(broadcaster, self.viewers.exclude(met_at__gt=Now() - BREATH))
        elif before == self.State.STOPPED:
            self._introduce(broadcaster, self.viewers)

    def cease(self, reason: str = "stopped") -> None:
        if self.is_on:
            self._part(self.viewers, reason)
            self._become(self.State.STOPPED)

    def _become(self, state: str) -> None:
        self.state = state
        self.save(update_fields=["state"])

    # --- who comes and goes

    def welcome(self, arrivals: Sequence[Peer]) -> None:
        """Takes in those who have come, in this order; of several who come to send the last is the one who does."""
        came = self._settle(arrivals)
        senders = [peer for peer in came if peer.role == Peer.Role.BROADCASTER]
        viewers = [peer for peer in came if peer.role == Peer.Role.VIEWER]
        Peer.objects.bulk_update([peer for peer in viewers if peer.pk], ["room", "connection"])
        Peer.objects.bulk_create([peer for peer in viewers if not peer.pk])
        self._seat()
        if senders:
            self._present(senders[-1])
        else:
            self._meet(peer.pk for peer in viewers)

    def _settle(self, arrivals: Sequence[Peer]) -> list[Peer]:
        """The peers that have come, by names that are theirs here; one who was here before keeps its place."""
        names = [name for peer in arrivals for name in peer.names]
        known = {peer.name: peer for peer in self.peers.filter(name__in=names)}
        came = {}
        for arrival in arrivals:
            peer = arrival.settle(known)
            peer.broadcast = self
            known[peer.name] = came[peer.name] = peer
        return list(came.values())

    def _present(self, peer: Peer) -> None:
        """`peer` is the broadcaster from now on, in the place of another if there was one."""
        before = self.broadcaster
        if before is not None and before != peer:
            self.cease(reason="replaced")
            before.delete()
        peer.seated = True
        peer.save()
        if not self.is_on:
            self._become(self.State.READY)
        self._meet(peer.pk for peer in self.viewers)

    def lose(self, gone: models.QuerySet[Peer]) -> None:
        """Forgets those of `gone` who are here, and gives their places to those who wait."""
        lost = list(self.peers.filter(pk__in=gone.values("pk")))
        broadcaster = self.broadcaster
        if broadcaster in lost:
            self.cease(reason="left")
        elif broadcaster is not None:
            seen = [peer for peer in lost if peer.seated]
            signals.viewers_departed.send(Broadcast, broadcaster=broadcaster, viewers=seen)
        self.peers.filter(pk__in=[peer.pk for peer in lost]).delete()
        self._meet(self._seat())

    def hand_over(self, room: str, target: "Broadcast", may_send: Callable[[Peer], bool]) -> None:
        """Gives everyone who hears in `room` to another broadcast; who sees the one that goes along sees it on."""
        leader = self.peers.filter(room=room, role=Peer.Role.BROADCASTER).first()
        if leader is not None and (target.broadcaster is not None or not may_send(leader)):
            self.cease(reason="replaced")
            leader.delete()
            leader = None
        followers, others = list(self.viewers.filter(room=room)), list(self.viewers.exclude(room=room))
        if self.is_on and (apart := others if leader else followers):
            self._part(apart, "left")
        strangers = [peer.pk for peer in (target.viewers if leader else followers)]
        Peer.objects.filter(pk__in=strangers).update(seated=False)
        target._adopt([*followers, leader] if leader else followers)
        if leader is not None:
            before = self.state
            self._become(self.State.STOPPED)
            target._become(before)
        target._seat()
        target._meet(strangers)

    def _adopt(self, peers: Sequence[Peer]) -> None:
        taken = set(self.peers.values_list("name", flat=True))
        for peer in peers:
            peer.name = next(name for name in peer.names if name not in taken)
            peer.broadcast = self
        Peer.objects.bulk_update(peers, ["name", "broadcast"])

    # --- who is made known to whom

    def _seat(self) -> list[int]:
        """Gives the places that are free to those who wait longest; returns who they are."""
        free = settings.BROADCAST_VIEWERS - self.viewers.filter(seated=True).count()
        longest = list(self.viewers.filter(seated=False).values_list("pk", flat=True)[: max(free, 0)])
        Peer.objects.filter(pk__in=longest).update(seated=True)
        return longest

    def _meet(self, keys: Iterable[int]) -> None:
        """Where there is somebody to be seen, these viewers hear so, and those who have a place are named to it."""
        broadcaster = self.broadcaster
        viewers = self.viewers.filter(pk__in=list(keys))
        if broadcaster is not None and self.is_on and viewers:
            signals.broadcast_offered.send(Broadcast, broadcaster=broadcaster, viewers=list(viewers))
            self._introduce(broadcaster, viewers)

    def _introduce(self, broadcaster: Peer, viewers: models.QuerySet[Peer]) -> None:
        named = list(viewers)
        Peer.objects.filter(pk__in=[peer.pk for peer in named]).update(met_at=Now())
        seated = [peer for peer in named if peer.seated]
        waiting = [peer for peer in named if not peer.seated]
        signals.viewers_seated.send(Broadcast, broadcaster=broadcaster, viewers=seated)
        places = settings.BROADCAST_VIEWERS
        signals.viewers_queued.send(Broadcast, broadcaster=broadcaster, viewers=waiting, places=places)

    def _part(self, viewers: Iterable[Peer], reason: str) -> None:
        signals.broadcast_stopped.send(Broadcast, broadcaster=self.broadcaster, viewers=list(viewers), reason=reason)
