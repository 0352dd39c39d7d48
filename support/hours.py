"""Working hours: whether somebody is there, when they come back, and when so much of their time is over."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[time, time]  # from when to when on one day; a day that ends at midnight ends at 00:00

MAX_DAYS = 400  # that are looked ahead


class Hours(NamedTuple):
    """Working hours in one time zone, by weekday (Monday is 0); `exceptions` are the days that differ."""

    zone: ZoneInfo
    weekly: Mapping[int, Sequence[Span]]
    exceptions: Mapping[date, Sequence[Span]] = {}

    def is_open(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self._spans_around(at))

    def opens_after(self, at: datetime) -> datetime | None:
        """When somebody is there again: `at` itself within the hours; None where that is never in sight."""
        return next((max(begin, at) for begin, end in self._spans_around(at) if end > at), None)

    def after(self, at: datetime, worked: timedelta) -> datetime | None:
        """When so much time has been worked since `at`; None where that is never in sight."""
        left = worked
        for begin, end in self._spans_around(at):
            begin = max(begin, at)
            if end <= begin:
                continue
            if end - begin >= left:
                return begin + left
            left -= end - begin
        return None

    def _spans_around(self, at: datetime) -> Iterator[tuple[datetime, datetime]]:
        """The spans from the day of `at` on, in order. In UTC, so that an hour has sixty minutes on every day."""
        first = at.astimezone(self.zone).date()
        for number in range(MAX_DAYS):
            day = first + timedelta(days=number)
            for opens, closes in sorted(self.exceptions.get(day, self.weekly.get(day.weekday(), ()))):
                begin = datetime.combine(day, opens, self.zone)
                last = day if closes > time(0) else day + timedelta(days=1)
                yield begin.astimezone(UTC), datetime.combine(last, closes, self.zone).astimezone(UTC)


DAY = ((time(0), time(0)),)
ALWAYS = Hours(ZoneInfo("UTC"), dict.fromkeys(range(7), DAY))
