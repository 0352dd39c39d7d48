"""The catalogue of another program: taken in as a whole or not at all, from a file or from an address on a schedule."""

import logging
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NoReturn

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Now
from django.utils import timezone
from django_tasks import task

from accounts.models import QuotaReached, User
from realtime import database, event_log
from rest import links, outgoing
from shopping.feeds import reading
from shopping.feeds.items import MAX_BYTES, MAX_PROBLEMS, Item, Problem, Unreadable
from shopping.models.comparing import Change, Comparison, store
from shopping.models.product import shop_currency

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=20)  # after which a run whose process died has failed
PATIENCE = timedelta(minutes=2)  # that a run waits for a worker, before a job does it
KEPT = timedelta(days=30)  # what is known of a run
MAX_SHOWN = 200  # changes of a run that are kept for reading
MAX_FEEDS = 20
MAX_WAITING = 20  # runs that have not begun
SHORTEST = timedelta(minutes=15)  # between two looks at a feed
FETCH_SECONDS = 60.0


@task()
def take_in(run_id: str) -> None:
    """Does an import that waits, unless somebody else has begun it."""
    apps.get_model("shopping.Import").objects.run(uuid.UUID(run_id))


class Refused(Exception):
    """The feed has problems, or does not fit the catalogue: nothing of it is stored."""

    def __init__(self, problems: Sequence[Problem], count: int = 0) -> None:
        super().__init__()
        self.problems, self.count = list(problems), max(count, len(problems))


class ImportQuerySet(models.QuerySet["Import"]):
    def begin(self, content: bytes, seller: User, name: str, **how: Any) -> "Import":
        """An import that is done in the background. Raises ValidationError for one too large, or too many at once."""
        if len(content) > MAX_BYTES:
            raise ValidationError(f"A feed has at most {MAX_BYTES // 1024**2} MiB")
        if self.filter(status=Import.Status.WAITING).count() >= MAX_WAITING:
            raise ValidationError("Too many imports are waiting")
        made = self.create(content=content, seller=seller, name=name[:200], **how)
        transaction.on_commit(lambda: take_in.enqueue(str(made.pk)))
        return made

    def run(self, pk: uuid.UUID) -> None:
        """Does one that waits; whoever takes it first does it."""
        if self.filter(pk=pk, status=Import.Status.WAITING).update(status=Import.Status.RUNNING, started_at=Now()):
            self.select_related("seller").get(pk=pk).do()

    def run_waiting(self) -> int:
        """Does those that no worker has begun, and gives up those whose process died; returns how many it did."""
        died = self.filter(status=Import.Status.RUNNING, started_at__lt=timezone.now() - LEASE)
        died.update(status=Import.Status.FAILED, stage="its process ended before it was done", content=None)
        waiting = self.filter(status=Import.Status.WAITING, created_at__lt=timezone.now() - PATIENCE)
        keys = list(waiting.order_by("created_at").values_list("pk", flat=True)[:MAX_WAITING])
        for key in keys:
            self.run(key)
        return len(keys)

    def forget(self) -> int:
        return database.delete(self.filter(created_at__lt=Now() - KEPT))


class Import(models.Model):
    """One import: what it is to read, how far it is, and what came of it."""

    class Status(models.TextChoices):
        WAITING = "waiting", "waiting"
        RUNNING = "running", "running"
        DONE = "done", "done"
        REFUSED = "refused", "refused: nothing was changed"
        FAILED = "failed", "failed: nothing was changed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    feed = models.ForeignKey("shopping.Feed", models.CASCADE, null=True, blank=True, related_name="imports")
    name = models.CharField("file or address", max_length=200)
    content = models.BinaryField(null=True, editable=False)
    encoding = models.CharField(max_length=20, blank=True, default="")
    shop = models.CharField(max_length=500, blank=True, default="", help_text="where a Shopify shop's own pages are")
    is_dry = models.BooleanField("dry run", default=False, help_text="only says what would change")
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    stage = models.CharField(max_length=200, blank=True, default="")
    rows = models.PositiveIntegerField("rows read", default=0)
    added = models.PositiveIntegerField("new products", default=0)
    changed = models.PositiveIntegerField("changed products", default=0)
    same = models.PositiveIntegerField("products as they were", default=0)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    problem_count = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = ImportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "created_at"])]

    def __str__(self) -> str:
        return self.name

    def do(self) -> None:
        """Reads, compares and, unless it is a dry run, stores; what went wrong is noted, and nothing is stored then."""
        try:
            self._do(bytes(self.content or b""))
        except Refused as refused:
            said = [list(problem) for problem in refused.problems[:MAX_PROBLEMS]]
            self._end(self.Status.REFUSED, problems=said, problem_count=refused.count)
        except (Unreadable, QuotaReached, ValidationError) as error:
            words = " ".join(error.messages) if isinstance(error, ValidationError) else str(error)
            self._end(self.Status.REFUSED, problems=[[0, words[:500]]], problem_count=1)
        except Exception:
            logger.exception("an import failed")
            self._end(self.Status.FAILED, stage="the server could not do it; its log says why")

    def _do(self, content: bytes) -> None:
        self._tell("reading")
        read = reading.read(
            content, shop_currency(), self.encoding, self.shop, lambda rows: self._tell("reading", rows=rows)
        )
        if read.problems:
            raise Refused(read.problems, read.problem_count)
        self._tell("comparing")
        changes = self._compare(read.items) if self.is_dry else self._store(read.items)
        real = [change for change in changes if not change.is_none]
        added = sum(change.is_new for change in changes)
        self._end(
            self.Status.DONE,
            added=added,
            changed=len(real) - added,
            same=len(changes) - len(real),
            changes=[change.words[:300] for change in real[:MAX_SHOWN]],
        )

    def _compare(self, items: list[Item], lock: bool = False) -> list[Change]:
        comparison = Comparison(items, self.seller, lock=lock)
        if comparison.problems:
            raise Refused(comparison.problems)
        return comparison.changes

    def _store(self, items: list[Item]) -> list[Change]:
        with event_log.transaction():
            changes = self._compare(items, lock=True)
            store(changes, self.seller)
        return changes

    def _tell(self, stage: str, **facts: Any) -> None:
        Import.objects.filter(pk=self.pk).update(stage=stage, **facts)

    def _end(self, status: str, **facts: Any) -> None:
        facts = {"stage": "", **facts, "status": status, "ended_at": timezone.now(), "content": None}
        Import.objects.filter(pk=self.pk).update(**facts)
        self.refresh_from_db()


class FeedQuerySet(models.QuerySet["Feed"]):
    def read_soon(self) -> int:
        """Has these read with the next look of the job; returns how many."""
        return self.update(next_at=timezone.now())

    def take_due(self) -> int:
        """Fetches the feeds whose time has come, and takes them in; returns how many."""
        due = list(self.filter(is_active=True, next_at__lte=timezone.now()).order_by("next_at")[:MAX_FEEDS])
        for feed in due:
            feed.take()
        return len(due)


class Feed(models.Model):
    """An address whose catalogue is taken in again and again."""

    url = models.CharField("address", max_length=500, validators=[links.validate_web])
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    minutes = models.PositiveIntegerField("every so many minutes", default=60)
    encoding = models.CharField(max_length=20, blank=True, default="")
    is_active = models.BooleanField("active", default=True)
    next_at = models.DateTimeField(default=timezone.now)
    notice = models.CharField(max_length=300, blank=True, default="", editable=False)

    objects = FeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(minutes__gte=SHORTEST // timedelta(minutes=1)),
                name="feed_minutes",
                violation_error_message="A feed is read every 15 minutes at most",
            )
        ]

    def __str__(self) -> str:
        return self.url

    def clean(self) -> None:
        if self._state.adding and Feed.objects.count() >= MAX_FEEDS:
            raise ValidationError(f"There are {MAX_FEEDS} feeds at most")

    def take(self) -> None:
        """Fetches it, and takes in what it says. The next time is noted first: one that hangs hurts nobody else."""
        next_at = timezone.now() + timedelta(minutes=self.minutes)
        if not Feed.objects.filter(pk=self.pk, next_at=self.next_at).update(next_at=next_at):
            return  # Another process has taken it.
        try:
            content = self.fetch()
        except outgoing.Unreachable as error:
            Feed.objects.filter(pk=self.pk).update(notice=str(error)[:300])
            return
        made = Import.objects.create(
            content=content,
            seller=self.seller,
            feed=self,
            name=self.url[:200],
            encoding=self.encoding,
            shop=reading.shop_of(self.url),
        )
        Import.objects.run(made.pk)
        made.refresh_from_db()
        problem = made.problems[0][1] if made.problems else ""
        Feed.objects.filter(pk=self.pk).update(notice=problem[:300])

    def fetch(self) -> bytes:
        """What is at its address; raises Unreachable. Private ones are asked no more than webhooks are sent there."""
        answer = outgoing.get(
            self.url,
            [("User-Agent", "Vitrine"), ("Accept", "*/*")],
            seconds=FETCH_SECONDS,
            max_answer=MAX_BYTES,
            allows=outgoing.may_be_reached,
        )
        if answer.status in (301, 302, 303, 307, 308):
            _unreachable("it leads to another address: give that one")
        if answer.status != 200:
            _unreachable(f"it answered {answer.status}")
        if len(answer.body) > MAX_BYTES:
            _unreachable(f"it has more than {MAX_BYTES // 1024**2} MiB")
        return answer.body


def _unreachable(words: str) -> NoReturn:
    raise outgoing.Unreachable(words)
