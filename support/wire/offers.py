"""Our own words for what a conversation leads to, and for who else looks after it."""

from typing import ClassVar

import msgspec

from realtime import wire
from support.wire.lines import OfferKind


class MakeOffer(wire.ClientMessage, tag="support-offer"):
    """An agent offers to go on in a call, or to look at goods together. It is told as a message of kind `offer`."""

    limit: ClassVar[str] = "support"
    conversation_id: wire.Id
    kind: OfferKind


class AnswerOffer(wire.ClientMessage, tag="support-offer-answer"):
    """The customer accepts an offer, or declines it. The message is told again, when accepted with where to go."""

    limit: ClassVar[str] = "support"
    conversation_id: wire.Id
    offer_id: wire.Id
    accept: bool


class ShowAnswer(wire.ClientMessage, tag="support-show-answer"):
    """An agent says a reply in the show from which the conversation comes, as an answer to the line it began with."""

    limit: ClassVar[str] = "support"
    conversation_id: wire.Id
    message_id: wire.Id


class Looker(msgspec.Struct, rename="camel"):
    user_id: int
    name: str


class Lookers(wire.ServerMessage, tag="support-lookers"):
    """The agents who have a conversation open now, whenever one comes or goes. Only agents are told."""

    conversation_id: str
    agents: list[Looker]


class Begun(wire.ServerMessage, tag="support-begun"):
    """Staff have made a conversation of a line in a show's chat. Only who wrote it is told, in the show."""

    conversation_id: str
    session_id: str
    message_id: str
