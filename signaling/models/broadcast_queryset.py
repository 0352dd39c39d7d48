"""What is done to broadcasts by those who come and go; each verb locks the broadcasts that it changes."""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from signaling.models.peer import Peer, PeerQuerySet

if TYPE_CHECKING:
    from signaling.models.broadcast import Broadcast

MAX_WAITING = 100  # So many viewers may wait for a slot; others are refused.


class BroadcastQuerySet(models.QuerySet["Broadcast"]):
    def lock(self, channel: str) -> "Broadcast":
        """The broadcast of a channel, made if need be, and locked until the transaction ends."""
        locked = self.select_for_update(no_key=True)
        broadcast = locked.filter(channel=channel).first()
        if broadcast is None:
            self.bulk_create([self.model(channel=channel)], ignore_conflicts=True)
            broadcast = locked.get(channel=channel)
        return broadcast

    def is_full(self, channel: str) -> bool:
        """Whether all slots are taken and as many viewers as may are waiting for one."""
        viewers = Peer.objects.filter(broadcast__channel=channel, role=Peer.Role.VIEWER)
        slots: int = settings.BROADCAST_VIEWERS
        return viewers.count() >= slots + MAX_WAITING

    @event_log.verb
    def start(self, connection: str) -> None:
        """Puts what this connection sends on the air, in place of what was; raises PermissionDenied for viewers."""
        broadcast, sender = self._lock_sent_by(connection)
        broadcast.start(sender)

    @event_log.verb
    def stop(self, connection: str) -> None:
        """Takes off the air what is sent on this connection; a standby stands by no longer. Raises as `start` does."""
        broadcast, sender = self._lock_sent_by(connection)
        if sender.role == Peer.Role.STANDBY:
            sender.delete()
        else:
            broadcast.stop()

    @event_log.verb
    def close(self, channel: str) -> None:
        """Ends the broadcast of a channel for good."""
        broadcast = self.lock(channel)
        broadcast.stop(reason="ended")
        broadcast.peers.all().delete()

    @event_log.verb
    def leave(self, room: str, connections: Iterable[str]) -> None:
        """Deletes the peers on connections that have left `room` for good."""
        self._remove(Peer.objects.filter(room=room, connection__in=connections))

    @event_log.verb
    def lose(self, room: str, connections: Iterable[str], since: datetime | None = None) -> None:
        """Deletes the viewers whose connections are lost, and keeps those who send until the grace is over.

        What they send goes from browser to browser, so it does not end with a connection to us.
        """
        lost = Peer.objects.filter(room=room, connection__in=connections, kept_until=None)
        while channels := lost.channels():
            for channel in channels:
                self.lock(channel).lose(lost, since)

    @event_log.verb
    def release(self) -> None:
        """Deletes those who sent and have not come back in time."""
        self._remove(Peer.objects.filter(kept_until__lte=Now()))

    def _remove(self, gone: PeerQuerySet) -> None:
        # A peer may be switched to another channel while this waits for the lock of its former one.
        while channels := gone.channels():
            for channel in channels:
                self.lock(channel).remove(gone)

    @event_log.verb
    def switch(self, room: str, channel: str, may_send: Callable[[Peer], bool]) -> None:
        """Switches all peers of `room` to another channel; a broadcaster only if `may_send` allows it to send there."""
        target = self.lock(channel)
        followers = Peer.objects.filter(room=room).exclude(broadcast=target)
        for left in sorted(set(followers.values_list("broadcast__channel", flat=True))):
            self.lock(left).transfer(room, target, may_send)

    def _lock_sent_by(self, connection: str) -> tuple["Broadcast", Peer]:
        sends = Peer.objects.senders().filter(connection=connection)
        for channel in sends.values_list("broadcast__channel", flat=True):
            broadcast = self.lock(channel)
            if (sender := sends.filter(broadcast=broadcast).first()) is not None:
                return broadcast, sender
        raise PermissionDenied("Register as the broadcaster first")
