"""Whose visits are recorded. ShopAloud calls them users, and lets the browser choose their id."""

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import database, errors, event_log

MAX_ID = 64  # characters
NOT_YOURS = "This participant is somebody else"


class RecordedQuerySet(models.QuerySet["Participant"]):
    @event_log.verb
    def claim(self, pk: str, identity: identities.Identity) -> "Participant":
        """The participant whom a client calls `pk`; who claims one first has it, and nobody else may feed it.

        Raises ValidationError, and RequestRefused for somebody else's.
        """
        if not 0 < len(pk) <= MAX_ID or not pk.isprintable():
            raise ValidationError(f"A participant's id has 1 to {MAX_ID} characters")
        if _is_account(pk) and not (identity.verified and str(identity.user_id) == pk):
            raise errors.RequestRefused("forbidden", NOT_YOURS)
        participant, _ = self.get_or_create(pk=pk, defaults={"identity": identity.key})
        if not participant.belongs_to(identity):
            raise errors.RequestRefused("forbidden", NOT_YOURS)
        return participant

    def forget(self) -> int:
        """Deletes those of whom nothing is recorded, once they are older than recordings are kept."""
        if not settings.RECORDINGS_RETENTION:
            return 0
        old = timezone.now() - settings.RECORDINGS_RETENTION
        return database.delete(self.filter(recordings__isnull=True, created_at__lt=old))

    def erase(self, identity: str) -> int:
        """Deletes all participants of an Identity's key with all of theirs; returns how many those were."""
        participants = list(self.filter(identity=identity))
        for participant in participants:
            participant.remove()
        apps.get_model("recordings.Consent").objects.filter(identity=identity).delete()
        return len(participants)


class Participant(models.Model):
    """`id` is the client's own; `identity` is the key of the Identity that came with it first."""

    id = models.CharField(max_length=MAX_ID, primary_key=True)
    email = models.EmailField(blank=True, default="")
    name = models.CharField(max_length=100, blank=True, default="")
    identity = models.CharField(max_length=64, db_index=True, editable=False)
    created_at = models.DateTimeField(db_default=Now(), editable=False)
    updated_at = models.DateTimeField(db_default=Now(), editable=False)

    objects = RecordedQuerySet.as_manager()

    class Meta:
        indexes = [models.Index("created_at", name="participant_created")]

    def __str__(self) -> str:
        """The id alone: the admin's log keeps this after the person is deleted."""
        return self.pk

    @property
    def title(self) -> str:
        """By what staff know them."""
        return self.name or self.email or self.pk

    def belongs_to(self, identity: identities.Identity) -> bool:
        """Whether this person may feed it. Old clients have no proof, where the operator believes what they declare."""
        if self.identity in identity.proven:
            return True
        return settings.TRUST_DECLARED_IDENTITY and identities.user_id_of(self.identity) is None

    @event_log.verb
    def remove(self) -> None:
        """Deletes the participant and all of their recordings; the keys of these are destroyed first."""
        for recording in self.recordings.all():
            recording.remove()
        self.recordings.update(participant=None)  # Their rows go when their files have gone.
        self.delete()


def _is_account(pk: str) -> bool:
    """Whether an account has this id: then it takes that account's token to go by it."""
    return pk.isascii() and pk.isdecimal() and len(pk) < 10 and User.objects.filter(pk=int(pk)).exists()
