"""The models of live shows."""

from streams.models.chat import ChatMessage
from streams.models.host import Host
from streams.models.like import Like
from streams.models.listing import Listing
from streams.models.party import Party
from streams.models.pin import Pin
from streams.models.reaction import ReactionTotal
from streams.models.shop_call import ShopCall
from streams.models.stream import Stream
from streams.models.switchboard import Switchboard

__all__ = [
    "ChatMessage",
    "Host",
    "Like",
    "Listing",
    "Party",
    "Pin",
    "ReactionTotal",
    "ShopCall",
    "Stream",
    "Switchboard",
]
