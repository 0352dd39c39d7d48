"""When each periodic job is due, and which process has taken it."""

from datetime import timedelta
from typing import Any

from django.db import models
from django.db.models.functions import Now


class JobRunQuerySet(models.QuerySet["JobRun"]):
    def take(self, name: str, lease: timedelta) -> bool:
        """Takes the lease of a job if it is due and nobody has it; of several who try at once one gets it."""
        self.bulk_create([JobRun(name=name)], ignore_conflicts=True)
        due = self.filter(name=name, due_at__lte=Now(), leased_until__lte=Now())
        return bool(due.update(leased_until=_from_now(lease)))

    def finish(self, name: str, interval: timedelta) -> None:
        """Gives the lease back; the job is due again after `interval`."""
        self.filter(name=name).update(due_at=_from_now(interval), leased_until=Now())


def _from_now(interval: timedelta) -> Any:
    return models.ExpressionWrapper(Now() + models.Value(interval, models.DurationField()), models.DateTimeField())


class JobRun(models.Model):
    """When a job of realtime.periodic is due, by the database's clock, and until when a process has it."""

    name = models.CharField(primary_key=True, max_length=100)
    due_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(db_default=Now())

    objects = JobRunQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
