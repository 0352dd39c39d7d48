"""What happens in other apps and belongs into the timeline of a conversation."""

from typing import Any

from django.dispatch import receiver

from shopping import signals as shopping_signals
from shopping.models import ShoppingSession
from signaling import signals as signaling_signals
from signaling.models import Call
from support.models import Offer


@receiver(signaling_signals.call_changed)
def note_call_ended(sender: object, call: Call, **_: Any) -> None:
    if not Call.objects.going().filter(pk=call.pk).exists():
        Offer.objects.note_end(call=call)


@receiver(shopping_signals.session_ended)
def note_party_ended(sender: object, session: ShoppingSession, **_: Any) -> None:
    Offer.objects.note_end(party=session)
