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

ADMIN = "admin"  # the role of staff in the lobby

CHUNK = 200  # A periodic task takes care of so many rows at a time.


def patience(to: str) -> float:
    """For how many seconds a host may have been gone until their show becomes so."""
    seconds: float = settings.SHOWS.pause_seconds if to == Stream.Status.PAUSED else settings.SHOWS.end_seconds
    return seconds


class HostQuerySet(models.QuerySet["Host"]):
    def lost(self) -> Self:
        """Selects the hosts of live shows who have been gone for settings.HOST_AWAY_SECONDS, and are not away yet."""
        long_ago = Now() - timedelta(seconds=settings.HOST_AWAY_SECONDS)
        return self.filter(stream__status=Stream.Status.LIVE, left_at__lte=long_ago, away=False)

    def abandoned(self, status: str, seconds: float) -> Self:
        """Selects the hosts who have been gone for so long from shows in this status, and whom we would see here.

        We see nobody who presents by a media provider without our sockets, or whose picture comes from elsewhere.
        """
        if settings.MEDIA_PROVIDER == "hls":
            return self.none()
        long_ago = Now() - timedelta(seconds=seconds)
        gone = self.filter(stream__status=status, left_at__lte=long_ago, elsewhere=False)
        return gone.exclude(stream__stream_url__contains="/").select_related("stream")

    def notice_gone(self) -> int:
        """Notes who has gone with a process that died, where no other process has; returns of how many shows."""
        on = self.filter(stream__in=Stream.objects.on(), left_at=None).select_related("stream")
        gone = [host for host in on[:CHUNK] if not host.is_here()]
        for host in gone:
            self.go(str(host.pk))
        return len(gone)

    def give_up(self) -> int:
        """Pauses the live shows whose hosts have been gone for long, and ends the paused ones; returns how many.

        A show is not ended in the same turn: after an outage its host has the time until the next one to come back.
        """
        self.notice_gone()
        steps = [(Stream.Status.PAUSED, Stream.Status.ENDED), (Stream.Status.LIVE, Stream.Status.PAUSED)]
        return sum(host.give_up(to) for status, to in steps for host in self.abandoned(status, patience(to))[:CHUNK])

    @event_log.verb
    def present_elsewhere(self, stream: Stream) -> None:
        """Notes that somebody is about to send the show's picture by a media provider, and is not here by a socket.

        From then on nobody is missed: we would not see that they are there.
        """
        host = self.lock(stream.pk)
        if settings.MEDIA_PROVIDER == "p2p" or (host or Host(stream=stream)).is_here():
            return
        if host is None:
            self.bulk_create([Host(stream=stream, elsewhere=True)], ignore_conflicts=True)
        else:
            self.filter(pk=stream.pk).update(elsewhere=True)

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
    elsewhere = models.BooleanField(default=False, help_text="they present by a media provider, without our sockets")

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
    def give_up(self, to: str) -> bool:
        """Pauses or ends the show, unless its host has come meanwhile; returns whether it did."""
        before = Stream.Status.LIVE if to == Stream.Status.PAUSED else Stream.Status.PAUSED
        self.stream.lock()
        Host.objects.lock(self.stream_id)
        if self.is_watched_over() or not Host.objects.abandoned(before, patience(to)).filter(pk=self.pk).exists():
            return False
        self.stream.change_status(to)
        return True

    def is_watched_over(self) -> bool:
        """Whether the host is here or, as clients that know only the current show do it, staff look after it."""
        if self.is_here():
            return True
        staff = Presence.objects.live().filter(room=broadcasts.LOBBY, role=ADMIN)
        return self.stream.is_current and staff.exists()

    @event_log.verb
    def mark_away(self) -> bool:
        """Tells the show that its host is away, unless they have come meanwhile; returns whether it did."""
        if Host.objects.lock(self.stream_id) is None or not Host.objects.lost().filter(pk=self.pk).exists():
            return False
        Host.objects.filter(pk=self.pk).update(away=True)
        broadcasts.host_away(self.stream_id, away=True)
        return True
