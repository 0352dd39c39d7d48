"""Periodic tasks of matches and broadcasts: they run with every heartbeat of a process, and at moments known before."""

from realtime import periodic
from signaling.models import Broadcast, Call, Match, Seat

release = periodic.PeriodicTask(Seat.objects.release)
time_out = periodic.PeriodicTask(Call.objects.time_out)
purge = periodic.PeriodicTask(Match.objects.purge)
release_broadcasters = periodic.PeriodicTask(Broadcast.objects.release)
