"""Broadcasts of picture and sound from one browser straight to a few others: who sends, who sees and who waits."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from signaling import signals
from signaling.models.broadcast_queryset import BroadcastQuerySet
from signaling.models.peer import Peer, PeerQuerySet
from signaling.models.seat import after

REINTRODUCE_AFTER = timedelta(seconds=2)  # A client that registers and starts at once is told of a viewer once.


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

    def start(self, broadcaster: Peer) -> None:
        """Goes on the air. Viewers are introduced again, because there may have been nothing to send them before."""
        if broadcaster.role == Peer.Role.STANDBY:
            self._replace_broadcaster(broadcaster)
        before = self.state
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
        """Admits those who have come, in this order."""
        came = self._merge(arrivals)
        viewers = [peer for peer in came if peer.role == Peer.Role.VIEWER]
        Peer.objects.bulk_update([peer for peer in viewers if peer.pk], ["room", "connection"])
        Peer.objects.bulk_create([peer for peer in viewers if not peer.pk])
        self._assign_slots()
        self._offer_to(peer.pk for peer in viewers)
        for sender in [peer for peer in came if peer.role != Peer.Role.VIEWER]:
            self._admit_sender(sender)

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

    def _admit_sender(self, peer: Peer) -> None:
        """Makes `peer` the broadcaster, unless the place is taken: then it stands by.

        Whoever comes back while their place is kept has it again, under another name too.
        """
        before = self.broadcaster
        if before is not None and before != peer:
            came_back = peer.role == Peer.Role.BROADCASTER and peer.identity == before.identity
            if not (before.kept_until and came_back):
                peer.role = Peer.Role.STANDBY
                peer.save()
                return
            before.delete()
        self._appoint(peer)

    def _appoint(self, peer: Peer) -> None:
        """Makes `peer` the broadcaster. One who comes back may be a new page, which has not started to send yet."""
        peer.role, peer.has_slot = Peer.Role.BROADCASTER, True
        peer.save()
        self._become(self.State.READY)
        self._offer_to(viewer.pk for viewer in self.viewers)

    def _replace_broadcaster(self, peer: Peer) -> None:
        """Makes a standby the broadcaster; the one whom it replaces stands by."""
        if (before := self.broadcaster) is not None:
            self.stop(reason="replaced")
            if before.kept_until is None:
                before.stand_by()
            else:
                before.delete()
        peer.role, peer.has_slot = Peer.Role.BROADCASTER, True
        peer.save()

    def lose(self, lost: PeerQuerySet, since: datetime | None) -> None:
        """Keeps the places of those of `lost` who send here, and removes those who see."""
        begun = Now() if since is None else models.Value(since, models.DateTimeField())
        grace = after(settings.BROADCAST_GRACE_SECONDS, begun)
        viewers = list(lost.filter(broadcast=self, role=Peer.Role.VIEWER).values_list("pk", flat=True))
        lost.senders().filter(broadcast=self).update(kept_until=grace)
        self.remove(Peer.objects.filter(pk__in=viewers))

    def remove(self, gone: models.QuerySet[Peer]) -> None:
        """Deletes those of `gone` who are here, and gives their slots and places to those who wait.

        Places are kept only while somebody may see the picture.
        """
        self._delete(gone)
        if not (self.is_on and self.viewers.filter(has_slot=True, met_at__isnull=False).exists()):
            self._delete(self.peers.filter(kept_until__isnull=False))
        longest = self._assign_slots()
        if not self._fill():
            self._offer_to(longest)

    def _delete(self, gone: models.QuerySet[Peer]) -> None:
        lost = list(self.peers.filter(pk__in=gone.values("pk")))
        broadcaster = self.broadcaster
        if broadcaster in lost:
            self.stop(reason="left")
        elif broadcaster is not None:
            seen = [peer for peer in lost if peer.has_slot]
            signals.viewers_departed.send(Broadcast, broadcaster=broadcaster, viewers=seen)
        self.peers.filter(pk__in=[peer.pk for peer in lost]).delete()

    def _fill(self) -> bool:
        """Makes the last one who stands by the broadcaster, if there is none; returns whether it did."""
        standby = self.peers.filter(role=Peer.Role.STANDBY, kept_until=None).order_by("pk").last()
        if self.broadcaster is not None or standby is None:
            return False
        self._appoint(standby)
        return True

    def transfer(self, room: str, target: "Broadcast", may_send: Callable[[Peer], bool]) -> None:
        """Moves all peers of `room` to another broadcast; viewers of a broadcaster who moves along see it on."""
        sender = self.peers.filter(room=room, role=Peer.Role.BROADCASTER).first()
        if sender is not None and (target.broadcaster is not None or sender.kept_until or not may_send(sender)):
            self.stop(reason="replaced")
            sender.stand_by()
            sender = None
        standbys = list(self.peers.filter(room=room, role=Peer.Role.STANDBY))
        for standby in [standby for standby in standbys if standby.kept_until or not may_send(standby)]:
            standbys.remove(standby)
            standby.delete()
        followers, others = list(self.viewers.filter(room=room)), list(self.viewers.exclude(room=room))
        if self.is_on and (apart := others if sender else followers):
            self._tell_stopped(apart, "left")
        strangers = [peer.pk for peer in (target.viewers if sender else followers)]
        Peer.objects.filter(pk__in=strangers).update(has_slot=False)
        target._adopt([*followers, *standbys, sender] if sender else [*followers, *standbys])
        if sender is not None:
            before = self.state
            self._become(self.State.STOPPED)
            target._become(before)
        self._fill()
        target._assign_slots()
        if not target._fill():
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
        """Offers these viewers what there is to see, if anything, and introduces them to the broadcaster.

        One who is away is introduced to all when they come back.
        """
        broadcaster = self.broadcaster
        viewers = self.viewers.filter(pk__in=list(keys))
        if broadcaster is not None and broadcaster.kept_until is None and self.is_on and viewers:
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
