"""Who speaks to support, or reads what was said: an identity and, on Wrencos' sockets, a session that it proved."""

from typing import TYPE_CHECKING, NamedTuple
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import models

from accounts import identity as identities
from shopping.models import Product, ShoppingSession
from signaling.models import Call
from streams.models import Stream
from support.models.registration import Registration
from support.rights import AGENTS, Part

if TYPE_CHECKING:
    from support.models.conversation import Conversation


class Grant(NamedTuple):
    """One conversation whose customer a mail lets its reader be, and nothing else of theirs."""

    conversation_id: UUID
    customer: str


class Sender(NamedTuple):
    identity: identities.Identity
    registration: Registration | None = None
    session: str = ""  # what staff know the session as
    grant: Grant | None = None  # by a link or an address in a mail

    @property
    def key(self) -> str:
        """Whose conversations this sender's are: a session without a user has those of whoever registered it."""
        if self.grant is not None:
            return self.grant.customer
        if self.registration is None or self.identity.verified:
            return self.identity.address
        return self.registration.identity

    @property
    def is_agent(self) -> bool:
        return self.identity.has_role(*AGENTS)

    @property
    def user_id(self) -> int | None:
        """The account that the sender has proved to be."""
        return self.identity.user_id if self.identity.verified else None

    @property
    def keys(self) -> frozenset[str]:
        """As whom the sender may be a customer: staff are no guest of the browser in which they have logged in."""
        return frozenset({self.identity.address}) if self.is_agent else self.identity.proven

    def is_customer_of(self, conversation: "Conversation") -> bool:
        if self.grant is not None:
            return self.grant.conversation_id == conversation.pk
        if conversation.closed_to_guest:
            return False
        is_of_session = self.registration is not None and conversation.registration_id == self.registration.pk
        return is_of_session or conversation.customer in self.keys

    def own(self) -> models.Q:
        """Selects the conversations whose customer this is."""
        if self.grant is not None:
            return models.Q(pk=self.grant.conversation_id)
        theirs = models.Q(customer__in=self.keys)
        if self.registration is not None:
            theirs |= models.Q(registration=self.registration)
        return theirs & models.Q(closed_to_guest=False)


class Origin(NamedTuple):
    """Where a conversation comes from, as its customer says."""

    show_id: UUID | None = None
    product_id: UUID | None = None
    party_id: str | None = None
    call_id: int | None = None

    def links(self, sender: Sender) -> dict[str, models.Model]:
        """The rows that are meant; raises ValidationError for one that there is not, or a call of other people."""
        mine = models.Q(caller_user=sender.user_id) | models.Q(callee_user=sender.user_id)
        calls = Call.objects.filter(mine) if sender.user_id is not None else Call.objects.none()
        asked: dict[str, tuple[models.QuerySet[models.Model], object]] = {
            "show": (Stream.objects.listed(), self.show_id),
            "product": (Product.objects.all(), self.product_id),
            "party": (ShoppingSession.objects.all(), self.party_id),
            "call": (calls, self.call_id),
        }
        found: dict[str, models.Model] = {}
        for name, (rows, pk) in asked.items():
            if pk is not None:
                try:
                    found[name] = rows.get(pk=pk)
                except ObjectDoesNotExist:
                    raise ValidationError(f"There is no such {name}") from None
        return found


class Said(NamedTuple):
    """What somebody wants to say; `internal` is a note that only staff read.

    `part` is what they say it as, where they could be both; `is_new` begins another conversation whatever there is.
    """

    text: str
    op: str | None = None
    conversation_id: UUID | None = None
    name: str = ""
    internal: bool = False
    origin: Origin = Origin()
    part: Part | None = None
    is_new: bool = False
    attachment_ids: tuple[UUID, ...] = ()
    email: str = ""
