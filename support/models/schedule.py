"""When the staff work, and how soon customers should be answered."""

from collections import defaultdict
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

from django.core.exceptions import ValidationError
from django.db import models

from support.hours import ALWAYS, Hours, Span
from support.models.priority import Priority


def validate_time_zone(name: str) -> None:
    if name not in available_timezones():
        raise ValidationError("There is no such time zone; one is called, for example, Europe/Berlin")


class ScheduleQuerySet(models.QuerySet["Schedule"]):
    def hours(self) -> Hours:
        """The working hours; somebody is always there where none are entered."""
        schedule = self.prefetch_related("opening_hours", "exceptions").first()
        return ALWAYS if schedule is None else schedule.hours


class Schedule(models.Model):
    """The working hours of the staff. There is one row, or none."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    time_zone = models.CharField(
        max_length=64, default="UTC", validators=[validate_time_zone], help_text="such as Europe/Berlin"
    )

    objects = ScheduleQuerySet.as_manager()

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="support_one_schedule")]
        verbose_name = "working hours"
        verbose_name_plural = "working hours"

    def __str__(self) -> str:
        return f"Working hours in {self.time_zone}"

    @property
    def hours(self) -> Hours:
        weekly: dict[int, list[Span]] = defaultdict(list)
        for one in self.opening_hours.all():
            weekly[one.weekday].append((one.opens, one.closes))
        exceptions: dict[date, list[Span]] = defaultdict(list)
        for day in self.exceptions.all():
            spans = exceptions[day.date]
            if day.opens is not None and day.closes is not None:
                spans.append((day.opens, day.closes))
        return Hours(ZoneInfo(self.time_zone), dict(weekly), dict(exceptions))


class OpeningHours(models.Model):
    """A span of one weekday in which somebody is there."""

    class Weekday(models.IntegerChoices):
        MONDAY = 0
        TUESDAY = 1
        WEDNESDAY = 2
        THURSDAY = 3
        FRIDAY = 4
        SATURDAY = 5
        SUNDAY = 6

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="opening_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday.choices)
    opens = models.TimeField()
    closes = models.TimeField(help_text="00:00 is midnight")

    class Meta:
        ordering = ["weekday", "opens"]
        verbose_name_plural = "opening hours"
        constraints = [models.CheckConstraint(condition=models.Q(weekday__lt=7), name="support_weekday")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.opens:%H:%M} to {self.closes:%H:%M}"

    def clean(self) -> None:
        check_span(self.opens, self.closes)


class ScheduleException(models.Model):
    """A day that is not like others of its weekday: closed, or open at other times."""

    schedule = models.ForeignKey(Schedule, models.CASCADE, related_name="exceptions")
    date = models.DateField()
    opens = models.TimeField(null=True, blank=True, help_text="empty: closed all day")
    closes = models.TimeField(null=True, blank=True)
    reason = models.CharField(max_length=100, blank=True, default="")

    class Meta:
        ordering = ["date", "opens"]
        constraints = [
            models.CheckConstraint(
                condition=~(models.Q(opens=None) ^ models.Q(closes=None)), name="support_exception_span"
            )
        ]

    def __str__(self) -> str:
        return f"{self.date}"

    def clean(self) -> None:
        if (self.opens is None) != (self.closes is None):
            raise ValidationError("Enter both times, or none for a day that is closed")
        if self.opens is not None:
            check_span(self.opens, self.closes)


class TimeGoalQuerySet(models.QuerySet["TimeGoal"]):
    def due(self, priority: str, since: datetime) -> tuple[datetime | None, datetime | None]:
        """When a conversation of this priority should have its first reply, and be resolved; None where no goal is."""
        goal = self.filter(priority=priority).first()
        if goal is None:
            return None, None
        hours = Schedule.objects.hours()
        reply = hours.after(since, timedelta(minutes=goal.first_reply_minutes))
        return reply, hours.after(since, timedelta(minutes=goal.resolution_minutes))


class TimeGoal(models.Model):
    """How soon conversations of one priority should be answered and resolved, in minutes of the working hours."""

    priority = models.CharField(max_length=10, choices=Priority.choices, unique=True)
    first_reply_minutes = models.PositiveIntegerField()
    resolution_minutes = models.PositiveIntegerField()

    objects = TimeGoalQuerySet.as_manager()

    def __str__(self) -> str:
        return f"{self.get_priority_display()}: {self.first_reply_minutes} and {self.resolution_minutes} minutes"

    def clean(self) -> None:
        if self.resolution_minutes < self.first_reply_minutes:
            raise ValidationError("A conversation is resolved after its first reply")


def check_span(opens: time | None, closes: time | None) -> None:
    """Raises ValidationError for a span that ends before it begins; 00:00 ends a day."""
    if opens is not None and closes is not None and time(0) < closes <= opens:
        raise ValidationError("The closing time must be after the opening time")
