"""Whether the one who presents a show is there, as far as our sockets tell. Who never came is not judged."""

from datetime import datetime, timedelta
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from realtime import event_log
from realtime.models import Presence
from signaling.models import Peer
from streams import broadcasts
from streams.models.stream import Stream
from streams.models.video import FOLLOWERS, picture_room

PUBLISHER = "publisher"  # the role of a show's creator in its room

CHUNK = 200  # A periodic task takes care of so many rows at a time.


class HostQuerySet(models.QuerySet["Host"]):
    def lost(self) -> Self:
        """Selects the hosts of live shows who have been gone for settings.HOST_AWAY_SECONDS, and are not away yet."""
        long_ago = Now() - timedelta(seconds=settings.HOST_AWAY_SECONDS)
        return self.filter(stream__status=Stream.Status.LIVE, left_at__lte=long_ago, away=False)

    @event_log.verb
    def come(self, stream_id: str) -> None:
        """Notes that a host has come, and tells the show if they were away."""
        host = self.lock(stream_id)
        if host is None and Stream.objects.filter(pk=stream_id).exists():
            self.bulk_create([Host(stream_id=stream_id)], ignore_conflicts=True)
        elif host is not None and host.left_at is not None:
            self.filter(pk=host.pk).update(left_at=None, away=False)
            if host.away:
                broadcasts.host_away(stream_id, away=False)

    @event_log.verb
    def go(self, stream_id: str, at: datetime | None = None, on_air: bool = False) -> None:
        """Notes that a host has gone, `at` a moment or just now, unless another connection of theirs is left.

        For one whose picture was `on_air` that must be another one that sends: viewers see nobody else.
        """
        if on_air:
            self.come(stream_id)  # They may have begun to send before the show began that their picture is of.
        host = self.lock(stream_id)
        if host is not None and host.left_at is None and not host.is_here(sends=on_air):
            self.filter(pk=host.pk).update(left_at=at or Now())

    def mark_away(self) -> int:
        """Tells the shows whose hosts have been gone for long that they are away; returns how many."""
        return sum(host.mark_away() for host in self.lost()[:CHUNK])

    def lock(self, stream_id: Any) -> "Host | None":
        return self.select_for_update(no_key=True).filter(pk=stream_id).first()


class Host(models.Model):
    """What is known of the host of a show who has come by a socket: a page of the show, or what sends its picture.

    It is a row of its own, because those who run the show lock the show before the broadcast of its picture.
    """

    stream = models.OneToOneField(Stream, models.CASCADE, primary_key=True, related_name="host")
    left_at = models.DateTimeField(null=True, help_text="when the last connection went; null while there is one")
    away = models.BooleanField(default=False, help_text="the viewers have been told so")

    objects = HostQuerySet.as_manager()

    def __str__(self) -> str:
        return f"host of {self.stream_id}"

    def is_here(self, sends: bool = False) -> bool:
        """Whether they send the show's picture, or could, or, unless they have to, are on a page of the show."""
        pictures = [picture_room(self.stream_id), *([FOLLOWERS] if self.stream.is_current else [])]
        here = models.Q(room__in=pictures, role=Peer.Role.BROADCASTER)
        if not sends:
            here |= models.Q(room=self.stream.room_key, role=PUBLISHER)
        return Presence.objects.live().filter(here).exists()

    @event_log.verb
    def mark_away(self) -> bool:
        """Tells the show that its host is away, unless they have come meanwhile; returns whether it did."""
        if Host.objects.lock(self.stream_id) is None or not Host.objects.lost().filter(pk=self.pk).exists():
            return False
        Host.objects.filter(pk=self.pk).update(away=True)
        broadcasts.host_away(self.stream_id, away=True)
        return True
