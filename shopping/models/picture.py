"""Pictures of products that were uploaded here; others are at addresses of other servers."""

import hashlib
from datetime import timedelta

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import models
from django.db.models.functions import Now

from accounts.models import User
from realtime import event_log
from shopping import pictures
from shopping.models.product import Product
from shopping.models.variant import Variant

NAME = r"[0-9a-f]{32}\.webp"  # a regular expression
FOLDER = "products"
UNUSED = timedelta(days=1)  # that one is kept which no product shows
BATCH = 200


class PictureQuerySet(models.QuerySet["Picture"]):
    def upload(self, owner: User, content: bytes) -> "Picture":
        """Keeps a picture; the same one once. Raises ValidationError, Busy, and accounts.models.QuotaReached."""
        return self.keep(owner, pictures.shrunk(content))

    @event_log.verb
    def keep(self, owner: User, small: bytes) -> "Picture":
        """Keeps what `pictures.shrunk` has made."""
        name = f"{hashlib.sha256(small).hexdigest()[:32]}.webp"
        if (known := self.filter(name=name).first()) is not None:
            self.filter(pk=known.pk).update(at=Now())
            return known
        owner.check_quota("products", "pictures", self.filter(owner=owner))
        made = self.create(owner=owner, name=name, bytes=len(small))
        if not default_storage.exists(made.path):
            default_storage.save(made.path, ContentFile(small))
        return made

    def discard_unused(self) -> int:
        """Deletes those that no product shows; returns how many."""
        gone = 0
        old = self.filter(at__lt=Now() - UNUSED).order_by("pk")
        last = 0
        while batch := list(old.filter(pk__gt=last)[:BATCH]):
            last = batch[-1].pk
            shown = {picture.url for picture in batch}
            used = {
                *Product.objects.filter(image_url__in=shown).values_list("image_url", flat=True),
                *Variant.objects.filter(image_url__in=shown).values_list("image_url", flat=True),
            }
            for picture in batch:
                if picture.url not in used:
                    picture.delete()
                    default_storage.delete(picture.path)
                    gone += 1
        return gone


class Picture(models.Model):
    """One picture, which has the name of its content."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    name = models.CharField(max_length=40, unique=True)
    bytes = models.PositiveIntegerField()
    at = models.DateTimeField(db_default=Now(), help_text="when it was uploaded last")

    objects = PictureQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        return f"{FOLDER}/{self.name}"

    @property
    def url(self) -> str:
        """Its address on this server, as `imageUrl` takes it."""
        return f"/pictures/{self.name}"
