"""Who likes a show. The database keeps one like of each person."""

import functools
from datetime import timedelta
from typing import Self

from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import database, event_log
from streams import broadcasts
from streams.models.stream import Stream

KEPT = timedelta(days=1)  # operations


class LikeQuerySet(models.QuerySet["Like"]):
    def of_current(self, liker: str) -> Self:
        """The like of the current show by `liker`, if there is one."""
        return self.filter(stream__in=Stream.objects.on().filter(featured=True), liker=liker)

    @event_log.verb
    def toggle(self, stream: Stream, liker: str, op: str | None = None, by: identities.Identity | None = None) -> bool:
        """Likes the show, or takes the like back; returns whether `liker` likes it now.

        The same `op` of the same liker, sent again, changes nothing and returns what the first one did. Raises
        PermissionDenied and ValidationError where `by`, who likes it, may not be noticed in the show.
        """
        if by is not None:
            stream.check_may_be_noticed(by)
        if op and (done := stream.like_operations.filter(liker=liker, op=op).first()) is not None:
            return done.liked
        taken_back, _ = self.filter(stream=stream, liker=liker).delete()
        if not taken_back:
            self.create(stream=stream, liker=liker)
        if op:
            stream.like_operations.create(liker=liker, op=op, liked=not taken_back)
        tell = functools.partial(broadcasts.likes_changed, stream)
        changes = event_log.collect(("likes", stream.pk), dict[str, bool], tell)
        changes[liker] = not taken_back
        return not taken_back


class Like(models.Model):
    """One person's like. `liker` is an Identity's key, or a hash of a handle that only its client knows."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="likes", db_index=False)
    liker = models.CharField(max_length=80)
    at = models.DateTimeField(db_default=Now())

    objects = LikeQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "liker"], name="like_once")]

    def __str__(self) -> str:
        return f"{self.liker} likes {self.stream_id}"


class LikeOperationQuerySet(models.QuerySet["LikeOperation"]):
    def forget(self) -> int:
        """Deletes those whose clients will not send them again; returns how many."""
        return database.delete(self.filter(at__lt=Now() - KEPT))


class LikeOperation(models.Model):
    """A toggle that was done. It is kept for a day because its client may send it again."""

    stream = models.ForeignKey(Stream, models.CASCADE, related_name="like_operations", db_index=False)
    liker = models.CharField(max_length=80)
    op = models.CharField(max_length=64)
    liked = models.BooleanField()
    at = models.DateTimeField(db_default=Now())

    objects = LikeOperationQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "liker", "op"], name="like_operation_once")]

    def __str__(self) -> str:
        return self.op
