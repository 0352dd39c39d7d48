"""What happens in other apps and concerns conversations: calls and parties end, and guests start over."""

from typing import Any

from django.dispatch import receiver

from accounts import identity as identities
from accounts import signals as accounts_signals
from shopping import signals as shopping_signals
from shopping.models import ShoppingSession
from signaling import signals as signaling_signals
from signaling.models import Call
from support.models import Conversation, Offer, Registration


@receiver(signaling_signals.call_changed)
def note_call_ended(sender: object, call: Call, **_: Any) -> None:
    if not Call.objects.going().filter(pk=call.pk).exists():
        Offer.objects.note_end(call=call)


@receiver(shopping_signals.session_ended)
def note_party_ended(sender: object, session: ShoppingSession, **_: Any) -> None:
    Offer.objects.note_end(party=session)


@receiver(accounts_signals.visitor_forgotten)
def close_to_guest(sender: object, visitor: str, **_: Any) -> None:
    """Nobody can read any longer what they wrote as a guest here, not even with what their browser still has."""
    key = identities.visitor_key(visitor)
    Conversation.objects.close_to_guest(key)
    Registration.objects.retire(key)
