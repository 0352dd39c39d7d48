"""Offers of the staff to go on in a call, or to look at goods together. Nothing begins before the customer consents."""

import secrets
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import errors, event_log
from shopping import nanoid
from shopping.models import JoinRequest, ShoppingSession
from signaling.models import Call, Match
from streams.models import Party, Stream
from support import broadcasts
from support.models.message import SupportMessage
from support.models.sender import Sender
from support.rights import Action

if TYPE_CHECKING:
    from support.models.conversation import Conversation

STANDS = timedelta(minutes=10)  # for which an offer can be accepted
CHUNK = 200  # A periodic task takes care of so many offers at a time.
GONE = "This offer is over"

# What clients read that know no offers, and what transcripts and mails say.
WORDS = {"call": "Shall we have a call about this?", "party": "Shall we look at this together?"}


def overdue_at() -> datetime:
    return timezone.now() + STANDS


class OfferQuerySet(models.QuerySet["Offer"]):
    def standing(self) -> Self:
        return self.filter(state=self.model.State.OFFERED)

    @event_log.verb
    def make(self, conversation: "Conversation", sender: Sender, kind: str, op: str | None = None) -> SupportMessage:
        """Offers something; what was offered before is over. The same `op`, sent again, returns the first message.

        Raises DoesNotExist, PermissionDenied and ValidationError.
        """
        conversation.lock()
        conversation.check_may(Action.OFFER, sender)
        known = conversation.messages.filter(author=sender.key, op=op, offer__isnull=False)
        if op is not None and (first := known.first()) is not None:
            return first
        if conversation.status == conversation.Status.RESOLVED:
            raise ValidationError("This conversation is resolved")
        conversation.check_has_room()
        conversation.offers.standing().end()
        message = SupportMessage(
            conversation=conversation,
            kind=SupportMessage.Kind.OFFER,
            author=sender.key,
            user=sender.identity.user,
            text=WORDS[kind],
            op=op,
        )
        self.create(message=message, conversation=conversation, kind=kind, agent=sender.identity.user)
        conversation.offer(message, sender)
        return message

    @event_log.verb
    def answer(self, conversation: "Conversation", sender: Sender, pk: uuid.UUID, accept: bool) -> SupportMessage:
        """Accepts or declines, as the customer. The same answer, given again, changes nothing.

        Raises DoesNotExist, PermissionDenied, and RequestRefused `gone` for an offer that is over.
        """
        conversation.lock()
        conversation.check_may(Action.ANSWER_OFFER, sender)
        offer = self.filter(conversation=conversation, pk=pk).select_related("message", "agent", "match").first()
        if offer is None:
            raise self.model.DoesNotExist("Offer not found")
        offer.conversation = offer.message.conversation = conversation
        wanted = self.model.State.ACCEPTED if accept else self.model.State.DECLINED
        if offer.state != wanted:
            if offer.state != self.model.State.OFFERED or offer.expires_at <= timezone.now():
                raise errors.RequestRefused("gone", GONE)
            if accept:
                offer.begin(sender.identity)
            offer.settle(wanted)
        return offer.message

    def end(self) -> int:
        """Has these offers expire, whose conversations are locked; returns how many."""
        found = list(self.select_related("message__conversation"))
        for offer in found:
            offer.settle(self.model.State.EXPIRED)
        return len(found)

    def expire(self) -> int:
        """Ends the offers that nobody has answered in time; returns how many."""
        overdue = list(self.standing().filter(expires_at__lte=Now()).select_related("conversation")[:CHUNK])
        return sum(offer.expire() for offer in overdue)

    @event_log.verb
    def note_end(self, **of: object) -> None:
        """Notes in the timeline that a call or a party is over, which is named by its row."""
        ended = self.filter(state=self.model.State.ACCEPTED, ended_at=None, **of)
        for offer in list(ended.select_related("message__conversation")):
            offer.ended_at = timezone.now()
            offer.save(update_fields=["ended_at"])
            broadcasts.message_revised(offer.message)


class Offer(models.Model):
    """What one message of kind `offer` offers, and what became of it."""

    class Kind(models.TextChoices):
        CALL = "call"
        PARTY = "party"

    class State(models.TextChoices):
        OFFERED = "offered"
        ACCEPTED = "accepted"
        DECLINED = "declined"
        EXPIRED = "expired"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField(SupportMessage, models.CASCADE, related_name="offer")
    conversation = models.ForeignKey("support.Conversation", models.CASCADE, related_name="offers")
    kind = models.CharField(max_length=10, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OFFERED)
    agent = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    match = models.ForeignKey(Match, models.SET_NULL, null=True, blank=True, related_name="+")
    handle = models.CharField(
        max_length=128, blank=True, default="", help_text="as whom the customer sits at the match"
    )
    call = models.ForeignKey(Call, models.SET_NULL, null=True, blank=True, related_name="+")
    party = models.ForeignKey(ShoppingSession, models.SET_NULL, null=True, blank=True, related_name="+")
    expires_at = models.DateTimeField(default=overdue_at, db_index=True)
    ended_at = models.DateTimeField(null=True, blank=True, help_text="when the call or the party was over")

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["conversation"], condition=models.Q(state="offered"), name="support_offer_one_at_a_time"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=["call", "party"]), name="support_offer_kind"),
            models.CheckConstraint(
                condition=models.Q(state__in=["offered", "accepted", "declined", "expired"]),
                name="support_offer_state",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind}, {self.state}"

    def url(self, for_agents: bool) -> str | None:
        """Where one side goes. What a guest is known by at the match stands behind `#`, which no server is sent."""
        if self.state != self.State.ACCEPTED or self.ended_at is not None:
            return None
        if self.party_id is not None:
            return reverse("party", args=[self.party_id])
        if self.match is None:
            return None
        page = reverse("call", args=[self.match.name])
        return page if for_agents or not self.handle.startswith("guest-") else f"{page}#seat={self.handle}"

    # --- its course; whoever calls these has locked the conversation

    def settle(self, state: str) -> None:
        """Notes what has become of it, and has the message told again."""
        self.state = state
        self.save()
        broadcasts.message_revised(self.message)

    def begin(self, customer: identities.Identity) -> None:
        """Begins what was offered, for the customer who has accepted it and the agent who made the offer."""
        if self.agent is None or not self.agent.is_active:
            raise errors.RequestRefused("gone", GONE)
        if self.kind == self.Kind.CALL:
            self._begin_call(customer, self.agent)
        else:
            self._begin_party(self.agent)
        broadcasts.conversation_revised(self.conversation)

    def _begin_call(self, customer: identities.Identity, agent: User) -> None:
        """A match that is reserved for these two, at which the customer calls the agent."""
        user = customer.user if customer.verified else None
        self.handle = str(user.pk) if user else f"guest-{secrets.token_hex(12)}"
        self.match = Match.objects.reserve_for(self.handle)
        self.call = Call.objects.invite(self.match, user, agent)
        self.call.prolong()  # Both have to load a page before they are there.
        self.conversation.call = self.call
        self.conversation.save(update_fields=["call"])

    def _begin_party(self, agent: User) -> None:
        """A party of which the agent is the host; it watches the show that the conversation is about, if that is on."""
        host = identities.Identity(agent, identities.new_visitor()[0])
        show = self.conversation.show
        if show is not None and show.status != Stream.Status.ENDED:
            self.party = Party.objects.open(show, host, agent.username).session
        else:
            opener = JoinRequest(host, "", nanoid.new(nanoid.CLIENT), agent.username)
            self.party = ShoppingSession.objects.open(opener).participant.session
        self.conversation.party = self.party
        self.conversation.save(update_fields=["party"])

    @event_log.verb
    def expire(self) -> bool:
        """Ends it unless it has been answered by now; returns whether it did."""
        self.conversation.lock()
        return bool(Offer.objects.standing().filter(pk=self.pk, expires_at__lte=Now()).end())
