"""What comes due at matches: with every heartbeat of a server process, and at moments that are known beforehand."""

from realtime import duties
from signaling.models import Call, Match, Seat

release = duties.Duty(Seat.objects.release)
time_out = duties.Duty(Call.objects.time_out)
purge = duties.Duty(Match.objects.purge)
