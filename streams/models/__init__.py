"""The models of live shows."""

from streams.models.chat import ChatMessage
from streams.models.like import Like
from streams.models.listing import Listing
from streams.models.party import Party
from streams.models.pin import Pin
from streams.models.reaction import ReactionTotal
from streams.models.stream import Stream

__all__ = ["ChatMessage", "Like", "Listing", "Party", "Pin", "ReactionTotal", "Stream"]
