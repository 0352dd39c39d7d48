"""Friends who watch a show together: a shopping session that belongs to it."""

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from realtime import event_log
from realtime.models import Restriction
from shopping import nanoid
from shopping.models import JoinRequest, Participant, ShoppingSession
from streams.models.stream import Stream


class PartyQuerySet(models.QuerySet["Party"]):
    @event_log.verb
    def open(self, stream: Stream, identity: identities.Identity, name: str | None) -> Participant:
        """Opens a party in the show; returns its opener, who is expected to join."""
        if stream.status == Stream.Status.ENDED:
            raise ValidationError("This session has ended")
        stream.check_is_public("parties")
        Restriction.check_may_enter(identity, stream.room_key)
        opener = JoinRequest(identity, "", nanoid.new(nanoid.CLIENT), name)
        participant = ShoppingSession.objects.open(opener, show_id=str(stream.pk)).participant
        self.create(session=participant.session, stream=stream)
        return participant


class Party(models.Model):
    """A party in a show. Beside the public show its participants have a chat, a cart and votes of their own."""

    session = models.OneToOneField(ShoppingSession, models.CASCADE, primary_key=True, related_name="party")
    stream = models.ForeignKey(Stream, models.CASCADE, related_name="parties")
    created_at = models.DateTimeField(db_default=Now())

    objects = PartyQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "parties"

    def __str__(self) -> str:
        return f"{self.session_id} in {self.stream}"
