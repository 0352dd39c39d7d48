"""What a show's course means for its picture."""

from typing import Any

from django.dispatch import receiver

from accounts import identity as identities
from accounts.models import User
from signaling.models import Broadcast, Peer
from streams import signals
from streams.models import Stream
from streams.rooms import MAIN, BroadcastRoom


@receiver(signals.stream_headlined)
def lead_followers(sender: object, stream: Stream, **_: Any) -> None:
    """Whoever follows the current show sees this one now, and may go on sending if it is theirs."""

    def may_send(peer: Peer) -> bool:
        user_id = identities.user_id_of(peer.identity)
        user = User.objects.filter(pk=user_id).first() if user_id else None
        return stream.is_controlled_by(identities.Identity(user, ""))

    Broadcast.objects.lock(MAIN)  # before the show's, as those do who come meanwhile, and who must not be passed over
    Broadcast.objects.switch(BroadcastRoom(MAIN).key, str(stream.pk), may_send)


@receiver(signals.stream_ended)
def end_broadcast(sender: object, stream: Stream, **_: Any) -> None:
    """Whoever follows the current show waits for the next one, whose broadcaster may be the same."""
    if stream.headlined:
        Broadcast.objects.switch(BroadcastRoom(MAIN).key, MAIN, may_send=lambda peer: True)
    Broadcast.objects.close(str(stream.pk))
