"""Broadcasts of picture and sound from one browser straight to a few others: who sends, who sees and who waits."""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from signaling import signals
from signaling.models.peer import Peer

REINTRODUCE_AFTER = timedelta(seconds=2)  # A client that registers and starts at once is told of a viewer once.
MAX_WAITING = 100  # So many viewers may wait for a slot; others are refused.


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def lock(self, channel: str) -> "Broadcast":
        """The broadcast of a channel, made if need be, and locked until the transaction ends."""
        locked = self.select_for_update(no_key=True)
        broadcast = locked.filter(channel=channel).first()
        if broadcast is None:
            self.bulk_create([Broadcast(channel=channel)], ignore_conflicts=True)
            broadcast = locked.get(channel=channel)
        return broadcast

    def is_full(self, channel: str) -> bool:
        """Whether all slots are taken and as many viewers as may are waiting for one."""
        viewers = Peer.objects.filter(broadcast__channel=channel, role=Peer.Role.VIEWER)
        slots: int = settings.BROADCAST_VIEWERS
        return viewers.count() >= slots + MAX_WAITING

    @event_log.verb
    def start(self, connection: str) -> None:
        """Puts on the air what the broadcaster on this connection sends; raises PermissionDenied for anyone else."""
        self._lock_sent_by(connection).start()

    @event_log.verb
    def stop(self, connection: str) -> None:
        """Takes off the air what the broadcaster on this connection sends; raises PermissionDenied for anyone else."""
        self._lock_sent_by(connection).stop()

    @event_log.verb
    def close(self, channel: str) -> None:
        """Ends the broadcast of a channel for good."""
        broadcast = self.lock(channel)
        broadcast.stop(reason="ended")
        broadcast.peers.all().delete()

    @event_log.verb
    def leave(self, room: str, connections: Iterable[str]) -> None:
        """Deletes the peers on connections that have left `room`."""
        gone = Peer.objects.filter(room=room, connection__in=connections)
        # A peer may be switched to another channel while this waits for the lock of its former one.
        while channels := set(gone.values_list("broadcast__channel", flat=True)):
            for channel in sorted(channels):
                self.lock(channel).remove(gone)

    @event_log.verb
    def switch(self, room: str, channel: str, may_send: Callable[[Peer], bool]) -> None:
        """Switches all peers of `room` to another channel; a broadcaster only if `may_send` allows it to send there."""
        target = self.lock(channel)
        followers = Peer.objects.filter(room=room).exclude(broadcast=target)
        for left in sorted(set(followers.values_list("broadcast__channel", flat=True))):
            self.lock(left).transfer(room, target, may_send)

    def _lock_sent_by(self, connection: str) -> "Broadcast":
        sends = Peer.objects.filter(connection=connection, role=Peer.Role.BROADCASTER)
        for channel in sends.values_list("broadcast__channel", flat=True):
            broadcast = self.lock(channel)
            if sends.filter(broadcast=broadcast).exists():
                return broadcast
        raise PermissionDenied("Register as the broadcaster first")


class Broadcast(models.Model):
    """What one browser sends. `channel` is the id of the show that it belongs to."""

    class State(models.TextChoices):
        READY = "ready"  # There is a broadcaster, who may be sending already.
        LIVE = "live"  # The broadcaster has said that it sends.
        STOPPED = "stopped"  # The broadcaster has stopped, or there is none.

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
        """The viewers in the order in which they came."""
        return self.peers.filter(role=Peer.Role.VIEWER).order_by("pk")

    @property
    def is_on(self) -> bool:
        """Whether there is something to see."""
        return self.state != self.State.STOPPED

    # --- its course

    def start(self) -> None:
        """Goes on the air. Viewers are introduced again, because there may have been nothing to send them before."""
        before, broadcaster = self.state, self.broadcaster
        assert broadcaster is not None
        self._become(self.State.LIVE)
        signals.broadcast_offered.send(Broadcast, broadcaster=broadcaster, viewers=list(self.viewers))
        if before == self.State.READY:
            self._introduce(broadcaster, self.viewers.exclude(met_at__gt=Now() - REINTRODUCE_AFTER))
        elif before == self.State.STOPPED:
            self._introduce(broadcaster, self.viewers)

    def stop(self, reason: str = "stopped") -> None:
        """Goes off the air; the viewers are told `reason`."""
        if self.is_on:
            self._tell_stopped(self.viewers, reason)
            self._become(self.State.STOPPED)

    def _become(self, state: str) -> None:
        self.state = state
        self.save(update_fields=["state"])

    # --- who comes and goes

    def admit(self, arrivals: Sequence[Peer]) -> None:
        """Admits those who have come, in this order. If several come to send, the last is the broadcaster."""
        came = self._merge(arrivals)
        senders = [peer for peer in came if peer.role == Peer.Role.BROADCASTER]
        viewers = [peer for peer in came if peer.role == Peer.Role.VIEWER]
        Peer.objects.bulk_update([peer for peer in viewers if peer.pk], ["room", "connection"])
        Peer.objects.bulk_create([peer for peer in viewers if not peer.pk])
        self._assign_slots()
        if senders:
            self._replace_broadcaster(senders[-1])
        else:
            self._offer_to(peer.pk for peer in viewers)

    def _merge(self, arrivals: Sequence[Peer]) -> list[Peer]:
        """The peers that have come, under names of their own; one who was here before keeps its slot."""
        names = [name for peer in arrivals for name in peer.names]
        known = {peer.name: peer for peer in self.peers.filter(name__in=names)}
        came = {}
        for arrival in arrivals:
            peer = arrival.merge_into(known)
            peer.broadcast = self
            known[peer.name] = came[peer.name] = peer
        return list(came.values())

    def _replace_broadcaster(self, peer: Peer) -> None:
        """Makes `peer` the broadcaster instead of another one, if there was one."""
        before = self.broadcaster
        if before is not None and before != peer:
            self.stop(reason="replaced")
            before.delete()
        peer.has_slot = True
        peer.save()
        if not self.is_on:
            self._become(self.State.READY)
        self._offer_to(peer.pk for peer in self.viewers)

    def remove(self, gone: models.QuerySet[Peer]) -> None:
        """Deletes those of `gone` who are here, and gives their slots to those who wait."""
        lost = list(self.peers.filter(pk__in=gone.values("pk")))
        broadcaster = self.broadcaster
        if broadcaster in lost:
            self.stop(reason="left")
        elif broadcaster is not None:
            seen = [peer for peer in lost if peer.has_slot]
            signals.viewers_departed.send(Broadcast, broadcaster=broadcaster, viewers=seen)
        self.peers.filter(pk__in=[peer.pk for peer in lost]).delete()
        self._offer_to(self._assign_slots())

    def transfer(self, room: str, target: "Broadcast", may_send: Callable[[Peer], bool]) -> None:
        """Moves all peers of `room` to another broadcast; viewers of a broadcaster who moves along see it on."""
        sender = self.peers.filter(room=room, role=Peer.Role.BROADCASTER).first()
        if sender is not None and (target.broadcaster is not None or not may_send(sender)):
            self.stop(reason="replaced")
            sender.delete()
            sender = None
        followers, others = list(self.viewers.filter(room=room)), list(self.viewers.exclude(room=room))
        if self.is_on and (apart := others if sender else followers):
            self._tell_stopped(apart, "left")
        strangers = [peer.pk for peer in (target.viewers if sender else followers)]
        Peer.objects.filter(pk__in=strangers).update(has_slot=False)
        target._adopt([*followers, sender] if sender else followers)
        if sender is not None:
            before = self.state
            self._become(self.State.STOPPED)
            target._become(before)
        target._assign_slots()
        target._offer_to(strangers)

    def _adopt(self, peers: Sequence[Peer]) -> None:
        """Takes over peers of another broadcast, each under a name that nobody has here."""
        taken = set(self.peers.values_list("name", flat=True))
        for peer in peers:
            peer.name = next(name for name in peer.names if name not in taken)
            peer.broadcast = self
        Peer.objects.bulk_update(peers, ["name", "broadcast"])

    # --- who is introduced to whom

    def _assign_slots(self) -> list[int]:
        """Gives the free slots to those who have waited longest; returns their keys."""
        free = settings.BROADCAST_VIEWERS - self.viewers.filter(has_slot=True).count()
        longest = list(self.viewers.filter(has_slot=False).values_list("pk", flat=True)[: max(free, 0)])
        Peer.objects.filter(pk__in=longest).update(has_slot=True)
        return longest

    def _offer_to(self, keys: Iterable[int]) -> None:
        """Offers these viewers what there is to see, if anything, and introduces them to the broadcaster."""
        broadcaster = self.broadcaster
        viewers = self.viewers.filter(pk__in=list(keys))
        if broadcaster is not None and self.is_on and viewers:
            signals.broadcast_offered.send(Broadcast, broadcaster=broadcaster, viewers=list(viewers))
            self._introduce(broadcaster, viewers)

    def _introduce(self, broadcaster: Peer, viewers: models.QuerySet[Peer]) -> None:
        introduced = list(viewers)
        Peer.objects.filter(pk__in=[peer.pk for peer in introduced]).update(met_at=Now())
        admitted = [peer for peer in introduced if peer.has_slot]
        waiting = [peer for peer in introduced if not peer.has_slot]
        signals.viewers_admitted.send(Broadcast, broadcaster=broadcaster, viewers=admitted)
        slots = settings.BROADCAST_VIEWERS
        signals.viewers_queued.send(Broadcast, broadcaster=broadcaster, viewers=waiting, slots=slots)

    def _tell_stopped(self, viewers: Iterable[Peer], reason: str) -> None:
        signals.broadcast_stopped.send(Broadcast, broadcaster=self.broadcaster, viewers=list(viewers), reason=reason)
