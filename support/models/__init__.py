"""Conversations of customers with the staff, and what belongs to them."""

from support.models.attachment import Attachment
from support.models.canned import CannedReply
from support.models.conversation import Conversation
from support.models.message import SupportMessage
from support.models.offer import Offer
from support.models.rating import Rating
from support.models.registration import AdminPosition, Claim, Registration
from support.models.schedule import OpeningHours, Schedule, ScheduleException, TimeGoal
from support.models.sender import Origin, Said, Sender

__all__ = [
    "AdminPosition",
    "Attachment",
    "CannedReply",
    "Claim",
    "Conversation",
    "Offer",
    "OpeningHours",
    "Origin",
    "Rating",
    "Registration",
    "Said",
    "Schedule",
    "ScheduleException",
    "Sender",
    "SupportMessage",
    "TimeGoal",
]
