"""Finding shows, and making new ones."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import models
from django.db.models.functions import Now
from django.utils import crypto

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from realtime.models import Room
from rest import ids
from shopping.models import Product
from streams import broadcasts
from streams.models import lobby, video
from streams.models.listing import Listing
from streams.models.moderator import Moderator

if TYPE_CHECKING:
    from streams.models.stream import Stream


FORGOTTEN = timedelta(hours=12)  # after its time nobody waits for a show any more


def id_of(author: str, op: str) -> uuid.UUID:
    """The id of the show that `author` makes with the message `op`, however often it comes."""
    return uuid.UUID(bytes=crypto.salted_hmac("streams.stream", f"{author} {op}").digest()[:16])


def check_may_present(user: User | None) -> None:
    """Raises PermissionDenied for someone who may neither schedule nor start shows."""
    if user is None or not user.may_present:
        raise PermissionDenied("Insufficient permissions")


class StreamQuerySet(models.QuerySet["Stream"]):
    def find(self, id: uuid.UUID) -> "Stream":
        stream = self.filter(pk=id).first()
        if stream is None:
            raise self.model.DoesNotExist("Session not found")
        return stream

    def cached(self, id: uuid.UUID, anew: bool = False) -> "Stream":
        """The same as `find`, but inside a verb and from this process's memory; see `event_log.cached_row()`."""
        stream = event_log.cached_row(self.model, id, anew)
        if stream is None:
            raise self.model.DoesNotExist("Session not found")
        return stream

    def find_controlled(
        self,
        id: uuid.UUID,
        identity: identities.Identity,
        refusal: str = "You don't have permission to modify this session",
    ) -> "Stream":
        """A show that `identity` may run. Others who may know of it get PermissionDenied(`refusal`)."""
        stream = self.seen_by(identity).find(id)
        if not stream.is_controlled_by(identity):
            raise PermissionDenied(refusal)
        return stream

    def listed(self) -> Self:
        """The shows that everybody may know of: no rehearsals."""
        return self.filter(rehearsal=False)

    def seen_by(self, identity: identities.Identity) -> Self:
        """The shows that this person may know of: their own rehearsals too, and those where they keep order by name."""
        if identity.has_role("admin"):
            return self.all()
        seen = models.Q(rehearsal=False)
        if identity.user is not None:
            if identity.owns(identity.user_id):
                seen |= models.Q(creator=identity.user)
            if identity.verified:
                named = Moderator.objects.filter(user=identity.user)
                seen |= models.Q(pk__in=named.values("stream"))
        return self.filter(seen)

    def upcoming(self) -> Self:
        """The shows that have not begun: by their time, then those without one, or of one long past, newest first."""
        soonest = models.Case(models.When(starts_at__gt=Now() - FORGOTTEN, then="starts_at")).asc(nulls_last=True)
        return self.filter(status=self.model.Status.SCHEDULED).order_by(soonest, "-created_at", "-id")

    def newest(self) -> Self:
        return self.order_by("-created_at", "-id")

    def live(self) -> Self:
        return self.filter(status=self.model.Status.LIVE).order_by("-started_at", "-id")

    def on(self) -> Self:
        """The shows that have begun and are not over."""
        return self.filter(status__in=[self.model.Status.LIVE, self.model.Status.PAUSED])

    def overdue(self) -> Self:
        """The shows that have been on for longer than settings.SHOWS.max_hours, the oldest first."""
        begun = Now() - timedelta(hours=settings.SHOWS.max_hours)
        return self.on().filter(started_at__lte=begun).select_related("host").order_by("started_at")

    def open(self) -> Self:
        """The shows that are not over, begun or not."""
        return self.exclude(status=self.model.Status.ENDED)

    def past(self) -> Self:
        return self.filter(status=self.model.Status.ENDED).order_by("-ended_at", "-id")

    def listing(self, product: Product) -> Self:
        """The shows that have the product and are not over, the newest first."""
        return self.filter(listings__product=product).exclude(status=self.model.Status.ENDED).newest()

    def showing(self, product: Product) -> Self:
        """The shows that have the product on the screen now."""
        return self.on().filter(active_product=product)

    def pinning(self, product: Product) -> Self:
        """The shows that have the product pinned now."""
        return self.on().filter(pins__product=product)

    def current(self) -> "Stream | None":
        """The current show: the one that is seen by clients of protocols which know only one."""
        return self.on().filter(featured=True).first()

    def counted(self) -> Self:
        """Reads along the totals of reactions, and whether the hosts are there, for a list of shows."""
        return self.select_related("host").prefetch_related("reactions")

    def complete(self) -> Self:
        """Reads along all that a show's public record says, in a fixed number of queries."""
        listings = Listing.objects.in_order().select_related("product")
        return self.select_related("creator", "active_product", "host", "pinned_message__user").prefetch_related(
            "reactions", models.Prefetch("listings", listings)
        )

    def find_or_none(self, id: object) -> "Stream | None":
        """The show of an id that a client sends. Some clients make up ids of their own, which are no UUIDs."""
        key = ids.uuid_of(str(id))
        return self.filter(pk=key).first() if key else None

    def find_controlled_or_current(self, id: object, identity: identities.Identity) -> "Stream":
        """The show of this id or, where there is none, the current one, for someone who may run it."""
        stream = self.seen_by(identity).find_or_none(id) or self.current()
        if stream is None:
            raise self.model.DoesNotExist("No active stream")
        return self.find_controlled(stream.pk, identity)

    @event_log.verb
    def go_live(
        self,
        by: identities.Identity,
        id: object,
        op: str | None = None,
        stream_url: str = "",
        quality: str = "",
        **facts: Any,
    ) -> "Stream":
        """Makes the show of this id the current one, or a new one with these facts where there is none.

        The same `op` of the same person, sent again, means the same new show.
        """
        if by.user is None:
            raise PermissionDenied("Insufficient permissions")
        stream = self.find_or_none(id)
        if stream is None:
            key = id_of(by.key, op) if op else uuid.uuid4()
            defaults = {"creator": by.user, **facts, "title": facts.get("title") or "Live"}
            if not self.filter(pk=key).exists():
                self._check_quota(by.user)
            stream, _ = self.get_or_create(pk=key, defaults=defaults)
        stream.feature(by, stream_url, quality)
        return stream

    @event_log.verb
    def schedule(self, creator: User, product_ids: Sequence[uuid.UUID] = (), **facts: Any) -> "Stream":
        """Makes a new show of `creator`, with products of theirs in the order in which they name them.

        Raises PermissionDenied for someone who may not present shows, and accounts.models.QuotaReached.
        """
        check_may_present(creator)
        self._check_quota(creator)
        stream = self.create(creator=creator, **facts)
        Listing.objects.put(stream, product_ids)
        broadcasts.shop_changed()
        return stream

    def make_current(self, stream: "Stream") -> None:
        """Makes it the one current show, inside a transaction, and turns those who follow the current show to it."""
        others = self.filter(featured=True).exclude(pk=stream.pk)
        while others.exists():  # An update that had to wait may find that yet another show was featured meanwhile.
            others.update(featured=False)
        stream.featured = True
        stream.save(update_fields=["featured", "updated_at"])
        broadcasts.stream_featured(stream, lobby.count_customers())
        video.switch_followers(stream)

    def lock_out_writers(self, stream: "Stream") -> None:
        """Waits for those who are adding something to the show; from then on nobody can, and all is seen.

        Chat locks its rooms before its rows are inserted, and foreign keys are checked at the commit. So a row that
        came in between would not be deleted with the show, and would make the commit fail.
        """
        for room_key in sorted([broadcasts.LOBBY, stream.room_key]):
            Room.objects.lock(room_key)
        self.select_for_update().get(pk=stream.pk)

    def _check_quota(self, creator: User) -> None:
        creator.check_quota("shows", "shows that have not ended", self.open().filter(creator=creator))
