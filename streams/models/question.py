"""Questions that viewers ask in a show's chat: others vote for them, and those who keep order pick what is answered."""

import uuid
from typing import Self

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import event_log
from streams import chat_broadcasts
from streams.models.chat import ChatMessage
from streams.models.stream import Stream

MAX_OPEN = 200  # questions of a show that wait
MAX_SHOWN = 50  # of them that are told, those with most votes


class QuestionQuerySet(models.QuerySet["Question"]):
    def find(self, stream_id: uuid.UUID, pk: int) -> "Question":
        found = self.filter(stream=stream_id, pk=pk).select_related("stream").first()
        if found is None:
            raise Question.DoesNotExist("Question not found")
        return found

    def shown(self) -> Self:
        """What everybody sees: the one that is being answered, then the others by votes."""
        shown = self.exclude(status=Question.Status.DISMISSED).filter(message__deleted=False, message__shadowed=False)
        picked_first = models.Case(
            models.When(status=Question.Status.PICKED, then=0),
            models.When(status=Question.Status.OPEN, then=1),
            default=2,
        )
        return shown.order_by(picked_first, "-votes", "pk").select_related("message__user")

    @event_log.verb
    def ask(self, stream: Stream, message: ChatMessage, identity: identities.Identity) -> "Question":
        """Marks a message as a question: one's own, or as someone who keeps order anybody's. Once is enough."""
        if message.author != identity.key and not stream.is_moderated_by(identity):
            raise PermissionDenied("Only your own messages can be marked as questions")
        if message.deleted:
            raise ChatMessage.DoesNotExist("Message not found")
        stream.check_may_chat(identity)
        stream.lock()
        if (asked := self.filter(message=message).first()) is not None:
            return asked
        if self.filter(stream=stream, status=Question.Status.OPEN).count() >= MAX_OPEN:
            raise ValidationError(f"At most {MAX_OPEN} questions can wait at once")
        question = self.create(stream=stream, message=message)
        chat_broadcasts.questions_changed(stream)
        return question


class Question(models.Model):
    """A message that asks something."""

    class Status(models.TextChoices):
        OPEN = "open"
        PICKED = "picked"  # It is being answered, and shown to everybody.
        ANSWERED = "answered"
        DISMISSED = "dismissed"

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="questions", db_index=False)
    message = models.OneToOneField(ChatMessage, models.CASCADE, related_name="question")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.OPEN)
    votes = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(db_default=Now())

    objects = QuestionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["stream", "status", "-votes"])]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["open", "picked", "answered", "dismissed"]), name="question_status"
            ),
            models.UniqueConstraint(
                fields=["stream"], condition=models.Q(status="picked"), name="question_picked_once"
            ),
        ]

    def __str__(self) -> str:
        return f"question {self.pk}"

    @event_log.verb
    def vote(self, identity: identities.Identity, wanted: bool = True) -> int:
        """Votes for it, or takes the vote back; returns how many there are. Who may not write has no vote."""
        self.stream.check_may_chat(identity)
        self.refresh_from_db(from_queryset=Question.objects.select_for_update(no_key=True))
        if self.status != self.Status.OPEN:
            raise ValidationError("This question is not open")
        own = QuestionVote.objects.filter(question=self, voter=identity.key)
        if wanted == own.exists():
            return self.votes
        if wanted:
            QuestionVote.objects.create(question=self, voter=identity.key)
        else:
            own.delete()
        self.votes += 1 if wanted else -1
        self.save(update_fields=["votes"])
        chat_broadcasts.questions_changed(self.stream)
        return self.votes

    def become(self, status: str) -> None:
        """Takes another status; of a show's questions one is answered at a time, so another one is answered by then."""
        if status == self.Status.PICKED:
            picked = self.stream.questions.filter(status=self.Status.PICKED).exclude(pk=self.pk)
            picked.update(status=self.Status.ANSWERED)
        self.status = status
        self.save(update_fields=["status"])
        chat_broadcasts.questions_changed(self.stream)


class QuestionVote(models.Model):
    """Someone wants a question answered."""

    question = models.ForeignKey(Question, models.CASCADE, related_name="voters", db_index=False)
    voter = models.CharField(max_length=80, help_text="user:<id> or visitor:<id>")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["question", "voter"], name="question_vote_once")]

    def __str__(self) -> str:
        return self.voter
