"""A live show: its course, who may do what with it, and its products."""

import uuid
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from realtime import event_log
from realtime.models import Restriction, RoomEvent
from rest import links
from shopping.models import Product
from streams import broadcasts, chat_broadcasts, signals
from streams.models import rehearsal, video
from streams.models.announcement import Announcement
from streams.models.chat_settings import ChatSettings
from streams.models.listing import MAX_DISPLAY_ORDER, MAX_LISTINGS, Listing
from streams.models.rules import MAX_ACCOUNT_MINUTES, guest_chat
from streams.models.stream_queryset import StreamQuerySet, check_may_present

__all__ = ["Stream", "guest_chat"]  # The first migration looks for its default here.

AUTO = "auto"  # the quality that the media provider chooses


class Stream(Announcement, ChatSettings):
    """A show. On the wire of Stream Bazaar it is called a session."""

    class Status(models.TextChoices):
        SCHEDULED = "scheduled"
        LIVE = "live"
        PAUSED = "paused"
        ENDED = "ended"

    NEXT = {
        Status.SCHEDULED: {Status.LIVE},
        Status.LIVE: {Status.PAUSED, Status.ENDED},
        Status.PAUSED: {Status.LIVE, Status.ENDED},
        Status.ENDED: set[Status](),
    }

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    creator = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="streams")
    title = models.CharField(max_length=255)
    description = models.TextField(max_length=5000, blank=True, default="")
    category = models.CharField(max_length=100, blank=True, default="", db_index=True)
    tags = models.CharField(max_length=500, blank=True, default="", help_text="comma separated")
    status = models.CharField(max_length=10, choices=Status.choices, default=Status.SCHEDULED)
    stream_url = models.CharField(max_length=1000, blank=True, default="", validators=[links.validate_stream_or_word])
    stream_key = models.CharField(max_length=200, blank=True, default="")
    quality = models.CharField(max_length=32, default=AUTO, help_text="of the picture, as old clients show it")
    channel_name = models.CharField(max_length=64, blank=True, default="", help_text="at the media provider")
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    active_product = models.ForeignKey(Product, models.SET_NULL, null=True, blank=True, related_name="+")
    featured = models.BooleanField(default=False, help_text="the current show: the one that staff started last")
    created_at = models.DateTimeField(db_default=Now())
    updated_at = models.DateTimeField(auto_now=True)

    objects = StreamQuerySet.as_manager()

    class Meta(ChatSettings.Meta):
        abstract = False
        indexes = [
            models.Index(fields=["creator", "-created_at"]),
            models.Index(fields=["status", "-started_at"]),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(status__in=["scheduled", "live", "paused", "ended"]), name="stream_status"
            ),
            models.CheckConstraint(condition=models.Q(slow_mode__lte=120), name="stream_slow_mode"),
            models.CheckConstraint(
                condition=models.Q(account_minutes__lte=MAX_ACCOUNT_MINUTES), name="stream_account_minutes"
            ),
            models.UniqueConstraint(fields=["featured"], condition=models.Q(featured=True), name="stream_featured"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_live(self) -> bool:
        return self.status == self.Status.LIVE

    @property
    def is_on(self) -> bool:
        """Whether the show has begun and is not over."""
        return self.status in (self.Status.LIVE, self.Status.PAUSED)

    @property
    def is_current(self) -> bool:
        """Whether this is the show that is seen by clients of protocols which know only one."""
        return self.featured and self.is_on

    @property
    def is_host_away(self) -> bool:
        """Whether it is live and its host, who has been here, is not."""
        host = getattr(self, "host", None) if self.is_live else None  # there is none where they never came by a socket
        return host is not None and host.away

    @property
    def reaction_counts(self) -> dict[str, int]:
        return {total.kind: total.count for total in self.reactions.all()}

    @property
    def products(self) -> list[Product]:
        """The listed products in the order of display; the show must have been read with `complete()`."""
        return [listing.product for listing in self.listings.all()]

    def check_may_watch(self, identity: identities.Identity, refusal: str = "Stream is not currently live") -> None:
        """Raises ValidationError where there is no picture to see, PermissionDenied for someone who is banned."""
        if not self.is_live:
            raise ValidationError(refusal, params={"currentStatus": self.status})
        self.check_admits(identity)

    def check_admits(self, identity: identities.Identity) -> None:
        """Raises PermissionDenied for someone who is banned from the show or from everywhere."""
        Restriction.check_may_enter(identity, self.room_key)

    @event_log.verb
    def revise(self, **facts: Any) -> None:
        """Changes the given fields, and tells everyone who reads them; raises ValidationError for what cannot be.

        Reactions of other kinds, which were counted before, stay counted.
        """
        if "reaction_kinds" in facts:
            self.check_can_count(facts["reaction_kinds"])
        self._set(**facts)
        broadcasts.stream_revised(self)

    def _set(self, **facts: Any) -> None:
        for name, value in facts.items():
            setattr(self, name, value)
        self.save(update_fields=[*facts, "updated_at"])

    # --- its course

    @event_log.verb
    def change_status(self, to: str, by: identities.Identity | None = None) -> None:
        """Goes from one status to another; raises ValidationError where there is no such step.

        A show that goes live by the hand of staff is the current one from then on. Only someone who may present shows
        makes it live: `by`, else its creator.
        """
        if to == self.Status.LIVE:
            check_may_present(by.user if by is not None else self.creator)
        self.lock()
        self._go_to(to, by)

    @event_log.verb
    def start(self, by: identities.Identity | None = None) -> None:
        """Goes live, or on after a pause, by someone who may present shows."""
        check_may_present(by.user if by is not None else self.creator)
        self.lock()
        if self.is_live:
            raise ValidationError("Stream is already live")
        self._go_to(self.Status.LIVE, by)

    @event_log.verb
    def feature(self, by: identities.Identity, stream_url: str = "", quality: str = "") -> None:
        """Makes it the current show, live if it was not. The show that is current already is announced again.

        Where to see it and in which quality are changed if they are given.
        """
        if not self.is_controlled_by(by):
            raise PermissionDenied("You don't have permission to modify this session")
        check_may_present(by.user)
        self.lock()
        self.check_is_public("place as the current show")
        self._set(stream_url=stream_url or self.stream_url, quality=quality or self.quality)
        if not self.is_live:
            self._go_to(self.Status.LIVE)
        Stream.objects.make_current(self)

    @event_log.verb
    def end(self) -> None:
        self.lock()
        if not self.is_on:
            raise ValidationError("Stream is not currently live")
        self._go_to(self.Status.ENDED)

    @event_log.verb
    def remove(self) -> None:
        """Ends the show if it is on, and leaves nothing of what was said in it."""
        self.lock()
        if self.is_on:
            self._go_to(self.Status.ENDED)
        Stream.objects.lock_out_writers(self)
        lobby_seqs = list(self.messages.told_in_lobby().values_list("lobby_seq", flat=True))
        chat_broadcasts.chat_erased(self, lobby_seqs)
        RoomEvent.objects.redact(self.room_key)
        broadcasts.shop_changed()
        Stream.objects.filter(pk=self.pk).delete()  # this object keeps its key, for a verb may be run again

    def _go_to(self, to: str, by: identities.Identity | None = None) -> None:
        """Takes the one step to another status, as `change_status` says. The caller has locked the row."""
        before = self.Status(self.status)
        if to not in self.NEXT[before]:
            raise ValidationError(f"Cannot change status from {before} to {to}")
        self.status = to
        if to == self.Status.LIVE and self.started_at is None:
            self.started_at, self.channel_name = timezone.now(), str(self.pk)
        elif to == self.Status.ENDED:
            self.ended_at = timezone.now()
        self.save(update_fields=["status", "started_at", "ended_at", "channel_name", "updated_at"])
        at = self.ended_at or (self.started_at if before == self.Status.SCHEDULED else timezone.now())
        self.make_known(signals.status_changed, at=at)
        broadcasts.shop_changed()
        match self.Status(to):
            case self.Status.LIVE if before == self.Status.PAUSED:
                broadcasts.stream_resumed(self)
            case self.Status.LIVE:
                broadcasts.stream_started(self)
                self.make_known(signals.stream_started)
            case self.Status.PAUSED:
                broadcasts.stream_paused(self)
            case self.Status.ENDED:
                broadcasts.stream_ended(self)
                video.end_broadcast(self)
                self.make_known(signals.stream_ended)
        if self.is_live and not (self.featured or self.rehearsal) and by is not None and by.has_role("staff", "admin"):
            Stream.objects.make_current(self)

    @event_log.verb
    def open_to_everybody(self) -> None:
        """Makes a show that is to come of a rehearsal, without what was said in it; ValidationError while it is on."""
        self.lock()
        rehearsal.open_to_everybody(self)

    # --- its products

    @event_log.verb
    def add_product(self, product_id: uuid.UUID, featured: bool = False, display_order: int | None = None) -> Listing:
        """Puts one of its creator's products on the show, behind the others unless `display_order` says where."""
        self.lock()
        product = Product.objects.filter(seller=self.creator_id, pk=product_id).first()
        if product is None:
            raise ValidationError("Product not found")
        if self.listings.filter(product=product).exists():
            raise ValidationError("Product already added to this session")
        count, last = self.listings.aggregate(n=models.Count("pk"), last=models.Max("display_order")).values()
        if count >= MAX_LISTINGS:
            raise ValidationError(f"A session has at most {MAX_LISTINGS} products")
        if display_order is None:
            display_order = 0 if last is None else min(last + 1, MAX_DISPLAY_ORDER)
        listing = self.listings.create(product=product, featured=featured, display_order=display_order)
        broadcasts.lineup_changed(self, added=product)
        return listing

    @event_log.verb
    def showcase(self, product_id: uuid.UUID | None) -> Product | None:
        """Shows viewers one of its products, or none."""
        self.lock()
        if not self.is_on:
            raise ValidationError(
                "Can only showcase products during live or paused sessions", params={"currentStatus": self.status}
            )
        product = Product.objects.filter(listings__stream=self, pk=product_id).first() if product_id else None
        if product_id and product is None:
            raise ValidationError("Product not found in this session's product list")
        self.active_product = product
        self.save(update_fields=["active_product", "updated_at"])
        self.make_known(signals.showcase_changed)
        if product is None:
            broadcasts.showcase_cleared(self)
        else:
            broadcasts.product_showcased(self, product)
        return product

    # --- its audience

    @property
    def room_key(self) -> str:
        return broadcasts.room_key(self.pk)

    def click(self, product_id: uuid.UUID, identity: identities.Identity) -> None:
        """Counts a look at a product of its own, while it is live; after its end apart, as one of the replay."""
        heard = {self.Status.LIVE: signals.product_clicked, self.Status.ENDED: signals.product_clicked_later}
        signal = heard.get(self.Status(self.status))
        if signal is not None and not self.rehearsal and self.listings.filter(product=product_id).exists():
            with event_log.transaction():
                signal.send(Stream, stream=self, product_id=product_id, identity=identity)

    def lock(self) -> None:
        """Locks the row and reads it again. A plain FOR UPDATE would deadlock with the foreign keys on it."""
        self.refresh_from_db(from_queryset=Stream.objects.select_for_update(no_key=True))
