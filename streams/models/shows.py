"""Finding shows, and making new ones."""

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

from django.core.exceptions import PermissionDenied
from django.db import models
from django.utils import crypto

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from shopping.models import Product
from streams.models.listing import Listing

if TYPE_CHECKING:
    from streams.models.stream import Stream


def is_uuid(text: str) -> bool:
    try:
        uuid.UUID(text)
    except ValueError:
        return False
    return True


def id_of(author: str, op: str) -> uuid.UUID:
    """The id of the show that `author` makes with the message `op`, however often it comes."""
    return uuid.UUID(bytes=crypto.salted_hmac("streams.stream", f"{author} {op}").digest()[:16])


class StreamQuerySet(models.QuerySet["Stream"]):
    def find(self, id: uuid.UUID) -> "Stream":
        stream = self.filter(pk=id).first()
        if stream is None:
            raise self.model.DoesNotExist("Session not found")
        return stream

    def cached(self, id: uuid.UUID, anew: bool = False) -> "Stream":
        """As `find`, inside a verb; see `log.recall()`."""
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
        """A show that `identity` may run; everyone may know of it, so PermissionDenied says `refusal` to others."""
        stream = self.find(id)
        if not stream.is_controlled_by(identity):
            raise PermissionDenied(refusal)
        return stream

    def newest(self) -> Self:
        return self.order_by("-created_at", "-id")

    def live(self) -> Self:
        return self.filter(status=self.model.Status.LIVE).order_by("-started_at")

    def on(self) -> Self:
        """Begun and not over."""
        return self.filter(status__in=[self.model.Status.LIVE, self.model.Status.PAUSED])

    def upcoming(self) -> Self:
        return self.filter(status=self.model.Status.SCHEDULED).newest()

    def past(self) -> Self:
        return self.filter(status=self.model.Status.ENDED).order_by("-ended_at")

    def showing(self, product: Product) -> Self:
        """The shows that have it on the screen now."""
        return self.on().filter(active_product=product)

    def pinning(self, product: Product) -> Self:
        """The shows that keep it in view now."""
        return self.on().filter(pins__product=product)

    def current(self) -> "Stream | None":
        """The one show of protocols that know only one."""
        return self.on().filter(headlined=True).first()

    def counted(self) -> Self:
        """With the totals of reactions, for a list of shows."""
        return self.prefetch_related("reactions")

    def complete(self) -> Self:
        """With all that a show's public record says, in a fixed number of queries."""
        listings = Listing.objects.in_order().select_related("product")
        return self.select_related("creator", "active_product").prefetch_related(
            "reactions", models.Prefetch("listings", listings)
        )

    def known(self, id: object) -> "Stream | None":
        """The show of an id that a client says, which may be one of its own making."""
        return self.filter(pk=str(id)).first() if is_uuid(str(id)) else None

    def meant(self, id: object, identity: identities.Identity) -> "Stream":
        """The show of this id, or the current one where there is none, for someone who may run it."""
        stream = self.known(id) or self.current()
        if stream is None:
            raise self.model.DoesNotExist("No active stream")
        return self.find_controlled(stream.pk, identity)

    @event_log.verb
    def go_live(self, by: identities.Identity, id: object, op: str | None = None, **facts: Any) -> "Stream":
        """Makes the show of this id the current one, or a new one with these facts where there is none.

        The same `op` of the same person again means the same new one.
        """
        if by.user is None:
            raise PermissionDenied("Insufficient permissions")
        stream = self.known(id)
        if stream is None:
            told = {"creator": by.user, **facts, "title": facts.get("title") or "Live"}
            stream, _ = self.get_or_create(pk=id_of(by.key, op) if op else uuid.uuid4(), defaults=told)
        stream.headline(by)
        return stream

    @event_log.verb
    def schedule(self, creator: User, product_ids: Sequence[uuid.UUID] = (), **facts: Any) -> "Stream":
        """A new show of `creator`, with products of his in the order in which he names them."""
        stream = self.create(creator=creator, **facts)
        Listing.objects.fill(stream, product_ids)
        return stream
