"""Working hours: whether somebody is there, when they come back, and when their time is over."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from support import rooms
from support.hours import ALWAYS, Hours
from support.models import OpeningHours, Schedule, ScheduleException

BERLIN = ZoneInfo("Europe/Berlin")
OFFICE = [(time(9), time(12)), (time(13), time(17))]
HOURS = Hours(BERLIN, dict.fromkeys(range(5), OFFICE), {date(2026, 12, 25): [], date(2026, 12, 26): [OFFICE[0]]})


def at(text: str) -> datetime:
    """A moment in Berlin."""
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2026-11-27T08:59", False, "2026-11-27T09:00"),  # a Friday
        ("2026-11-27T09:00", True, "2026-11-27T09:00"),
        ("2026-11-27T12:00", False, "2026-11-27T13:00"),
        ("2026-11-27T16:59", True, "2026-11-27T16:59"),
        ("2026-11-27T17:00", False, "2026-11-30T09:00"),
        ("2026-12-24T18:00", False, "2026-12-26T09:00"),  # closed on the 25th, open on a Saturday for once
    ],
)
def test_whether_somebody_is_there(moment: str, is_open: bool, opens: str) -> None:
    assert HOURS.is_open(at(moment)) == is_open
    assert HOURS.opens_after(at(moment)) == at(opens)


@pytest.mark.parametrize(
    ("since", "minutes", "due"),
    [
        ("2026-11-27T10:00", 60, "2026-11-27T11:00"),
        ("2026-11-27T11:30", 60, "2026-11-27T13:30"),
        ("2026-11-27T16:30", 60, "2026-11-30T09:30"),
        ("2026-11-28T03:00", 30, "2026-11-30T09:30"),
        ("2026-11-27T09:00", 7 * 60, "2026-11-27T17:00"),
        ("2026-12-24T16:30", 60, "2026-12-26T09:30"),
        ("2026-11-27T09:00", 5 * 7 * 60, "2026-12-03T17:00"),
    ],
)
def test_time_is_counted_in_working_hours(since: str, minutes: int, due: str) -> None:
    assert HOURS.after(at(since), timedelta(minutes=minutes)) == at(due)


def test_an_hour_has_sixty_minutes_when_the_clocks_change() -> None:
    nights = Hours(BERLIN, {6: [(time(0), time(0))]})
    begin = at("2026-10-25T00:00")  # At three the clock goes back to two.
    assert nights.after(begin, timedelta(hours=25)) == at("2026-10-26T00:00")
    assert nights.after(begin, timedelta(hours=4)) == at("2026-10-25T03:00")


def test_a_day_that_ends_at_midnight_has_all_of_its_evening() -> None:
    evenings = Hours(BERLIN, {4: [(time(20), time(0))]})
    assert evenings.is_open(at("2026-11-27T23:59"))
    assert not evenings.is_open(at("2026-11-28T00:00"))


def test_without_hours_nobody_ever_comes() -> None:
    never = Hours(BERLIN, {})
    assert not never.is_open(at("2026-11-27T10:00"))
    assert never.opens_after(at("2026-11-27T10:00")) is None
    assert never.after(at("2026-11-27T10:00"), timedelta(minutes=1)) is None


def test_somebody_is_always_there_where_nothing_is_entered() -> None:
    now = datetime(2026, 11, 27, 3, tzinfo=UTC)
    assert ALWAYS.is_open(now)
    assert ALWAYS.after(now, timedelta(days=3)) == now + timedelta(days=3)


@pytest.mark.django_db
@pytest.mark.everywhere
def test_staff_enter_the_hours() -> None:
    assert Schedule.objects.hours() == ALWAYS
    schedule = Schedule.objects.create(time_zone="Europe/Berlin")
    for weekday in range(5):
        for opens, closes in OFFICE:
            schedule.opening_hours.create(weekday=weekday, opens=opens, closes=closes)
    schedule.exceptions.create(date=date(2026, 12, 25))
    schedule.exceptions.create(date=date(2026, 12, 26), opens=time(9), closes=time(12))
    hours = Schedule.objects.hours()
    for moment in ("2026-11-27T12:00", "2026-12-24T18:00"):
        assert hours.opens_after(at(moment)) == HOURS.opens_after(at(moment))


@pytest.mark.django_db
@pytest.mark.everywhere
def test_a_customer_hears_when_somebody_is_back(monkeypatch: pytest.MonkeyPatch) -> None:
    schedule = Schedule.objects.create(time_zone="Europe/Berlin")
    schedule.opening_hours.create(weekday=0, opens=time(9), closes=time(17))
    for moment, staffed, back_at in (
        ("2026-11-27T10:00", False, "2026-11-30T08:00:00.000Z"),
        ("2026-11-30T10:00", True, None),
    ):
        monkeypatch.setattr(timezone, "now", lambda moment=moment: at(moment))
        opened = rooms.nothing_opened()
        assert (opened.staffed, opened.back_at) == (staffed, back_at)


@pytest.mark.parametrize(
    "wrong",
    [
        OpeningHours(weekday=0, opens=time(12), closes=time(9)),
        ScheduleException(date=date(2026, 12, 25), opens=time(9)),
        ScheduleException(date=date(2026, 12, 25), opens=time(9), closes=time(8)),
    ],
)
def test_hours_that_make_no_sense_are_refused(wrong: OpeningHours | ScheduleException) -> None:
    with pytest.raises(ValidationError):
        wrong.clean()


def test_an_unknown_time_zone_is_refused() -> None:
    with pytest.raises(ValidationError):
        Schedule(time_zone="Europe/Bremen").clean_fields()
