"""Who may do what in a conversation, declared once: the verbs, the pages and the tests read it here."""

from collections.abc import Set
from enum import StrEnum

from accounts.models import Role


class Part(StrEnum):
    """What somebody is in a conversation. To everyone else it does not exist."""

    CUSTOMER = "customer"  # whose conversation it is
    AGENT = "agent"  # of the staff, in any conversation


class Action(StrEnum):
    READ = "read"
    WRITE = "write"
    NOTE = "note"  # a line that only staff read
    MARK = "mark"  # what has been delivered and read
    TYPE = "type"
    ASSIGN = "assign"
    CHANGE_STATUS = "change-status"
    RATE = "rate"
    EXPORT = "export"  # the transcript
    OFFER = "offer"  # a call, or to look at goods together
    ANSWER_OFFER = "answer-offer"
    SHOW_ANSWER = "show-answer"  # a reply, in the show from which the conversation comes
    SEE_LOOKERS = "see-lookers"  # who of the staff has it open


AGENTS = (Role.STAFF, Role.ADMIN)

BOTH = frozenset(Part)
RIGHTS: dict[Action, frozenset[Part]] = {
    Action.READ: BOTH,
    Action.WRITE: BOTH,
    Action.NOTE: frozenset({Part.AGENT}),
    Action.MARK: BOTH,
    Action.TYPE: BOTH,
    Action.ASSIGN: frozenset({Part.AGENT}),
    Action.CHANGE_STATUS: frozenset({Part.AGENT}),
    Action.RATE: frozenset({Part.CUSTOMER}),
    Action.EXPORT: BOTH,
    Action.OFFER: frozenset({Part.AGENT}),
    Action.ANSWER_OFFER: frozenset({Part.CUSTOMER}),
    Action.SHOW_ANSWER: frozenset({Part.AGENT}),
    Action.SEE_LOOKERS: frozenset({Part.AGENT}),
}
NOT_TO_ONESELF = frozenset({Action.OFFER})  # Staff may not do this where they are the customer themselves.


def may(parts: Set[Part], action: Action) -> bool:
    """Whether somebody who is `parts` in a conversation may do this."""
    is_to_oneself = action in NOT_TO_ONESELF and Part.CUSTOMER in parts
    return bool(parts & RIGHTS[action]) and not is_to_oneself
