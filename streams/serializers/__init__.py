"""Shows as the REST API reads and writes them. "Session" is the wire's word for a show."""

from streams.serializers.access import AccessSerializer, RenewalSerializer
from streams.serializers.announcement import ReminderSerializer
from streams.serializers.chat import ChatCountSerializer, ChatMessageSerializer, ChatPostSerializer, HeldSerializer
from streams.serializers.listings import (
    FeatureSerializer,
    ListingCreateSerializer,
    ListingSerializer,
    OrderSerializer,
    PinCreateSerializer,
    PinSerializer,
    ProductIdsSerializer,
)
from streams.serializers.moderation import QuestionSerializer
from streams.serializers.parties import OpenPartySerializer, PartyCreatedSerializer
from streams.serializers.sessions import (
    LiveUserSerializer,
    ReactionsSerializer,
    SessionDetailSerializer,
    SessionSerializer,
    ShowcasedSerializer,
    ShowcaseSerializer,
    StatusSerializer,
)
from streams.serializers.shop_calls import AvailabilitySerializer, CallShopSerializer, ShopCallSerializer

__all__ = [
    "AccessSerializer",
    "AvailabilitySerializer",
    "CallShopSerializer",
    "ChatCountSerializer",
    "ChatMessageSerializer",
    "ChatPostSerializer",
    "FeatureSerializer",
    "HeldSerializer",
    "ListingCreateSerializer",
    "ListingSerializer",
    "LiveUserSerializer",
    "OpenPartySerializer",
    "OrderSerializer",
    "PartyCreatedSerializer",
    "PinCreateSerializer",
    "PinSerializer",
    "ProductIdsSerializer",
    "QuestionSerializer",
    "ReactionsSerializer",
    "ReminderSerializer",
    "RenewalSerializer",
    "SessionDetailSerializer",
    "SessionSerializer",
    "ShopCallSerializer",
    "ShowcaseSerializer",
    "ShowcasedSerializer",
    "StatusSerializer",
]
