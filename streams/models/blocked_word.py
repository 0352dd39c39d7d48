"""Words and phrases that nobody but those who keep order may say in a show."""

from typing import Any, Self

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from streams import words

MAX_WORDS = 500  # of a show; each line is compared with all of them
MAX_LENGTH = 80  # characters of one


class BlockedWordQuerySet(models.QuerySet["BlockedWord"]):
    def in_order(self) -> Self:
        return self.order_by("text")

    def check_has_room(self) -> None:
        """Raises ValidationError where a show has as many as it may."""
        if self.count() >= MAX_WORDS:
            raise ValidationError(f"A show has at most {MAX_WORDS} blocked words")


class BlockedWord(models.Model):
    """A word or phrase, and what becomes of a line in which it stands, in whatever spelling."""

    class Action(models.TextChoices):
        REFUSE = "refuse"
        HOLD = "hold"

    stream = models.ForeignKey("streams.Stream", models.CASCADE, related_name="blocked_words", db_index=False)
    text = models.CharField(max_length=MAX_LENGTH)
    action = models.CharField(max_length=6, choices=Action.choices, default=Action.REFUSE)
    at = models.DateTimeField(db_default=Now())

    objects = BlockedWordQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["stream", "text"], name="blocked_word_once"),
            models.CheckConstraint(condition=models.Q(action__in=["refuse", "hold"]), name="blocked_word_action"),
        ]

    def __str__(self) -> str:
        return self.text

    def clean_fields(self, *args: Any, **kwargs: Any) -> None:
        super().clean_fields(*args, **kwargs)
        if not words.Words([(self.text, self.action)]):
            raise ValidationError("A blocked word needs a letter, a digit or a sign")
