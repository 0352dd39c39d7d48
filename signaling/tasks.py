"""Periodic tasks of matches: they run with every heartbeat of a server process, and at moments known beforehand."""

from realtime import periodic
from signaling.models import Call, Match, Seat

release = periodic.PeriodicTask(Seat.objects.release)
time_out = periodic.PeriodicTask(Call.objects.time_out)
purge = periodic.PeriodicTask(Match.objects.purge)
