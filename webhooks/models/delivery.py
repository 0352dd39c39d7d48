"""Events on their way to an endpoint: the rows of an outbox, each written in the transaction of what it tells."""

import random
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import Any, Self

import msgspec
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone

from realtime import database, wire
from rest import outgoing
from webhooks.models.endpoint import Endpoint

MAX_PAYLOAD = 64 * 1024  # bytes
MAX_SHORT = 200  # characters of a field that is left of a payload that is too long
MAX_ERROR = 300  # characters
PER_ENDPOINT = 2  # requests to one endpoint at once, by all processes
LEASE = timedelta(seconds=60)  # after which another process sends what one had begun to send
# Seconds until an event is tried again, the first time and so on: all of them are a day.
PAUSES = [5, 60, 300, 1800, 3600, 7200, 14_400, 28_800, 28_800]
MAX_TRIES = len(PAUSES) + 1
MAX_FAILURES = 2 * MAX_TRIES  # in a row over a day, of two events or more: one may be at fault itself
JITTER = 0.2  # of a pause, which is longer by up to so much, so that not everything comes back at once
MAX_RETRY_AFTER = 3600  # seconds that an endpoint may ask for
GONE = 410  # the answer of one that wants nothing more
DELIVERED_KEPT = timedelta(days=7)
KEPT = timedelta(days=30)  # of those that were not delivered
MAX_KEPT = 100_000  # of one endpoint that are done with, the newest


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def make(
        self, endpoints: Iterable[Endpoint], kind: str, subject: str, data: dict[str, Any], author: str = ""
    ) -> "list[Delivery]":
        """The rows that tell these endpoints of an event, not stored yet. `author` is whose words are in it."""
        payload, message_id = _payload(kind, data), f"msg_{uuid.uuid4().hex}"
        facts = {"message_id": message_id, "kind": kind, "subject": subject, "payload": payload, "author": author}
        return [Delivery(endpoint=endpoint, **facts) for endpoint in endpoints]

    def waiting(self) -> Self:
        return self.filter(status=Delivery.Status.WAITING)

    def due(self) -> Self:
        """Those that are to be sent now: the first that waits of its subject, if no process is about to send it.

        Transactions that tell of one subject lock it, so the order of keys is the order in which things happened.
        """
        waiting = self.waiting()
        firsts = waiting.order_by().values("endpoint", "subject").annotate(first=models.Min("pk")).values("first")
        is_free = models.Q(leased_until=None) | models.Q(leased_until__lte=Now())
        return waiting.filter(is_free, pk__in=firsts, due_at__lte=Now())

    def endpoints_with_due(self) -> list[uuid.UUID]:
        """The keys of those to which something is to be sent now."""
        due = self.filter(endpoint__is_active=True).due()
        return list(due.order_by().values_list("endpoint", flat=True).distinct())

    def claim(self, endpoint_id: uuid.UUID) -> "Delivery | None":
        """Takes the next event for an endpoint; None where none is due, or as many as may be are on their way."""
        with transaction.atomic():
            endpoint = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint_id, is_active=True).first()
            if endpoint is None:
                return None
            mine = self.filter(endpoint=endpoint)
            if mine.waiting().filter(leased_until__gt=Now()).count() >= PER_ENDPOINT:
                return None
            found = mine.due().order_by("pk").first()
            if found is None:
                return None
            still = self.filter(pk=found.pk, tries=found.tries, status=Delivery.Status.WAITING)
            taken = still.update(tries=found.tries + 1, leased_until=Now() + LEASE)
        found.tries += 1
        found.endpoint = endpoint
        return found if taken else None

    def send_again(self) -> int:
        """Has what was delivered or given up sent once more, with the same id; returns how many."""
        anew = {"tries": 0, "due_at": Now(), "leased_until": None, "settled_at": None, "created_at": Now()}
        return self.exclude(status=Delivery.Status.WAITING).update(status=Delivery.Status.WAITING, **anew)

    def erase_author(self, author: str) -> int:
        """Deletes what quotes `author`, an Identity's key; returns how many."""
        return self.filter(author=author).delete()[0]

    def forget(self) -> int:
        """Deletes those that are done with, or have waited for too long; returns how many."""
        delivered = models.Q(status=Delivery.Status.DELIVERED, settled_at__lt=Now() - DELIVERED_KEPT)
        deleted = database.delete(self.filter(delivered | models.Q(created_at__lt=Now() - KEPT)))
        for endpoint in Endpoint.objects.all():
            settled = self.filter(endpoint=endpoint).exclude(status=Delivery.Status.WAITING)
            beyond = settled.order_by("-pk").values_list("pk", flat=True)[MAX_KEPT : MAX_KEPT + 1]
            for newest in list(beyond):
                deleted += database.delete(settled.filter(pk__lte=newest))
        return deleted


def _payload(kind: str, data: dict[str, Any]) -> str:
    """The body of a message. Of one that is too long only the short fields are left, and `truncated` says so."""
    said = {"type": kind, "timestamp": wire.iso(timezone.now()), "data": data}
    payload = msgspec.json.encode(said)
    if len(payload) > MAX_PAYLOAD:
        short = {key: value for key, value in data.items() if _is_short(value)}
        payload = msgspec.json.encode({**said, "data": {**short, "truncated": True}})
    return payload.decode()


def _is_short(value: Any) -> bool:
    return len(value) <= MAX_SHORT if isinstance(value, str) else not isinstance(value, dict | list)


class Delivery(models.Model):
    """One event for one endpoint. Those of one subject are sent one after the other."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        DELIVERED = "delivered"
        DEAD = "dead"

    id = models.BigAutoField(primary_key=True)
    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="deliveries", db_index=False)
    message_id = models.CharField("id", max_length=40)
    kind = models.CharField("event", max_length=40)
    subject = models.CharField(max_length=120, help_text="what happened to: later events wait for the earlier ones")
    payload = models.TextField()
    author = models.CharField(max_length=80, blank=True, default="", editable=False, help_text="whom it quotes")
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.WAITING)
    tries = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    due_at = models.DateTimeField(db_default=Now())
    leased_until = models.DateTimeField(null=True, editable=False)
    settled_at = models.DateTimeField(null=True, blank=True)
    answer_status = models.PositiveIntegerField("answer", null=True, blank=True)
    last_error = models.CharField(max_length=MAX_ERROR, blank=True, default="")

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index("endpoint", "subject", "id", condition=models.Q(status="waiting"), name="webhook_subject"),
            models.Index("endpoint", "due_at", condition=models.Q(status="waiting"), name="webhook_due"),
            models.Index("endpoint", "id", name="webhook_newest"),
            models.Index("author", condition=~models.Q(author=""), name="webhook_author"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["waiting", "delivered", "dead"]), name="webhook_status"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.message_id}"

    def settle(self, answer: outgoing.Answer | None, error: str = "") -> None:
        """Notes what became of a try. One that another process has begun again since is its to settle."""
        status = answer.status if answer is not None else None
        is_taken = status is not None and 200 <= status < 300
        changes: dict[str, Any] = {"leased_until": None, "answer_status": status, "last_error": error[:MAX_ERROR]}
        if is_taken:
            changes |= {"status": Delivery.Status.DELIVERED, "settled_at": Now()}
        elif self.tries >= MAX_TRIES or status == GONE:
            changes |= {"status": Delivery.Status.DEAD, "settled_at": Now()}
        else:
            changes["due_at"] = Now() + timedelta(seconds=self._pause(answer))
        with transaction.atomic():
            mine = Delivery.objects.waiting().filter(pk=self.pk, tries=self.tries)
            if not mine.update(**changes):
                return
            if is_taken:
                self.endpoint.note_success()
                return
            self.endpoint.note_failure()
            self._judge_endpoint(is_gone=status == GONE, is_dead="settled_at" in changes)

    def _judge_endpoint(self, is_gone: bool, is_dead: bool) -> None:
        """Switches off an endpoint that has taken nothing for as long as this event was tried, and one that is gone."""
        if is_gone:
            self.endpoint.switch_off("it answered that it is gone (410)")
            return
        failing_since, failures = self.endpoint.failing_since, self.endpoint.failures
        if not is_dead or failing_since is None or failures < MAX_FAILURES:
            return
        if failing_since - self.created_at < timedelta(hours=1):
            self.endpoint.switch_off(f"it took nothing since {failing_since:%Y-%m-%d %H:%M} UTC, {failures} times")

    def _pause(self, answer: outgoing.Answer | None) -> float:
        """Seconds until the next try: ours, or those that the endpoint has asked for where these are more."""
        asked = answer.retry_after if answer is not None else ""
        wanted = min(int(asked), MAX_RETRY_AFTER) if asked.isascii() and asked.isdecimal() and len(asked) < 9 else 0
        return max(PAUSES[self.tries - 1] * (1 + JITTER * random.random()), wanted)
