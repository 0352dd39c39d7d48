"""The models of live shows."""

from streams.models.act import ModerationAct
from streams.models.blocked_word import BlockedWord
from streams.models.chat import ChatMessage
from streams.models.held_message import HeldMessage
from streams.models.host import Host
from streams.models.like import Like
from streams.models.listing import Listing
from streams.models.moderator import Moderator
from streams.models.party import Party
from streams.models.pin import Pin
from streams.models.question import Question, QuestionVote
from streams.models.reaction import ReactionTotal
from streams.models.reminder import Reminder
from streams.models.report import Report
from streams.models.shop_call import ShopCall
from streams.models.stream import Stream
from streams.models.switchboard import Switchboard

__all__ = [
    "BlockedWord",
    "ChatMessage",
    "HeldMessage",
    "Host",
    "Like",
    "Listing",
    "ModerationAct",
    "Moderator",
    "Party",
    "Pin",
    "Question",
    "QuestionVote",
    "ReactionTotal",
    "Reminder",
    "Report",
    "ShopCall",
    "Stream",
    "Switchboard",
]
