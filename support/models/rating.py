"""How satisfied customers were."""

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone

from realtime import event_log
from support import broadcasts
from support.models.conversation import Conversation
from support.models.sender import Sender
from support.rights import Action

BEST = 5
MAX_COMMENT = 1000  # characters


class RatingQuerySet(models.QuerySet["Rating"]):
    @event_log.verb
    def rate(self, conversation: Conversation, sender: Sender, score: int, comment: str = "") -> "Rating":
        """Rates a resolved conversation, or rates it anew. Raises ValidationError."""
        conversation.lock()
        conversation.check_may(Action.RATE, sender)
        if conversation.status != Conversation.Status.RESOLVED:
            raise ValidationError("A conversation is rated once it is resolved")
        if not 1 <= score <= BEST:
            raise ValidationError(f"A rating is between 1 and {BEST}")
        if len(comment) > MAX_COMMENT:
            raise ValidationError(f"A comment must be at most {MAX_COMMENT} characters")
        rating, _ = self.update_or_create(
            conversation=conversation, defaults={"score": score, "comment": comment.strip(), "at": timezone.now()}
        )
        broadcasts.conversation_revised(conversation)
        return rating

    def erase(self, customer: str) -> int:
        """Forgets what a customer, an Identity's key, has written beside a score."""
        return self.filter(conversation__customer=customer).update(comment="")


class Rating(models.Model):
    """What a customer thinks of a conversation, from 1 to 5."""

    conversation = models.OneToOneField(Conversation, models.CASCADE, primary_key=True, related_name="rating")
    score = models.PositiveSmallIntegerField(validators=[MinValueValidator(1), MaxValueValidator(BEST)])
    comment = models.TextField(max_length=MAX_COMMENT, blank=True, default="")
    at = models.DateTimeField(default=timezone.now)

    objects = RatingQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(score__gte=1, score__lte=BEST), name="support_rating_score")
        ]

    def __str__(self) -> str:
        return f"{self.score} of {BEST}"
