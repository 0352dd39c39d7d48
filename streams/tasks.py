"""Periodic tasks of shows and of calls to the shop: they run with every heartbeat, and at moments known before."""

from realtime import periodic
from streams.models import Host, ShopCall

mark_hosts_away = periodic.PeriodicTask(Host.objects.mark_away)
ring_on = periodic.PeriodicTask(ShopCall.objects.ring_on)
release_callers = periodic.PeriodicTask(ShopCall.objects.release)
