"""Those whom the owner of a show has named to keep order in it. They need no role, and no admin."""

from typing import Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

MAX_MODERATORS = 50  # of a show


class ModeratorQuerySet(models.QuerySet["Moderator"]):
    def in_order(self) -> Self:
        return self.order_by("pk").select_related("user")

    def check_has_room(self) -> None:
        """Raises ValidationError where a show has as many as it may."""
        if self.count() >= MAX_MODERATORS:
            raise ValidationError(f"A show has at most {MAX_MODERATORS} moderators")


class Moderator(models.Model):
    """Someone keeps order in one show."""

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="moderators", db_index=False)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    at = models.DateTimeField(db_default=Now())

    objects = ModeratorQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "user"], name="moderator_once")]

    def __str__(self) -> str:
        return str(self.user)
