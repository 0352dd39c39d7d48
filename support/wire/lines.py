"""What is said in a conversation, as it is told: messages with their files, and offers with their answers."""

from typing import TYPE_CHECKING, Literal, cast

import msgspec

from realtime import wire

if TYPE_CHECKING:
    from support import models

Kind = Literal["customer", "staff", "note", "offer"]
OfferKind = Literal["call", "party"]
OfferState = Literal["offered", "accepted", "declined", "expired"]


class Attachment(msgspec.Struct, rename="camel"):
    """A file that was sent with a message; `url` is read with the same rights as the conversation."""

    id: str
    name: str
    content_type: str
    size: int
    url: str

    @classmethod
    def of(cls, attachment: "models.Attachment") -> "Attachment":
        return cls(
            id=str(attachment.pk),
            name=attachment.name,
            content_type=attachment.content_type,
            size=attachment.size,
            url=f"/api/support/attachments/{attachment.pk}",
        )


class Offer(msgspec.Struct, rename="camel"):
    """An agent's offer to go on in a call, or to look at goods together.

    `url` is null until the customer has accepted: then it is where this side goes, and the customer's is theirs alone.
    """

    id: str
    kind: OfferKind
    state: OfferState
    url: str | None
    expires_at: str
    ended_at: str | None

    @classmethod
    def of(cls, offer: "models.Offer", for_agents: bool) -> "Offer":
        return cls(
            id=str(offer.pk),
            kind=cast("OfferKind", str(offer.kind)),
            state=cast("OfferState", str(offer.state)),
            url=offer.url(for_agents),
            expires_at=wire.iso(offer.expires_at),
            ended_at=None if offer.ended_at is None else wire.iso(offer.ended_at),
        )


class Line(msgspec.Struct, rename="camel"):
    """One message of a conversation. The customer has no `userId` here, for they may be a guest.

    One that is told again with the same `id` has changed. `shownAs` is the chat message that shows it in the show.
    """

    id: str
    conversation_id: str
    kind: Kind
    text: str
    name: str
    user_id: int | None
    created_at: str
    attachments: list[Attachment]
    offer: Offer | None = None
    shown_as: str | None = None

    @classmethod
    def of(cls, message: "models.SupportMessage", for_agents: bool = False) -> "Line":
        """As the customer is told it, or `for_agents`."""
        return cls(
            id=str(message.pk),
            conversation_id=str(message.conversation_id),
            kind=cast("Kind", str(message.kind)),
            text=message.text,
            name=message.name,
            user_id=message.user_id,
            created_at=wire.iso(message.created_at),
            attachments=[Attachment.of(attachment) for attachment in message.attachments.all()],
            offer=Offer.of(message.offer, for_agents) if message.kind == "offer" else None,
            shown_as=None if message.shown_id is None else str(message.shown_id),
        )
