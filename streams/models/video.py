"""What a show's course means for the broadcast of its picture."""

from typing import TYPE_CHECKING

from accounts import identity as identities
from accounts.models import User
from signaling.models import Broadcast, Peer

if TYPE_CHECKING:
    from streams.models.stream import Stream

MAIN = "main"  # the channel of those who follow the current show, whichever it is, while none is on
FOLLOWERS = f"broadcast:{MAIN}"  # the key of their room


def picture_room(stream_id: object) -> str:
    """The key of the room in which those who send and see the picture of one show are told of each other."""
    return f"broadcast:{stream_id}"


def switch_followers(stream: "Stream") -> None:
    """Shows this show to all who follow the current one; a broadcaster among them goes on sending if they may run it.

    The followers' channel is locked before the show's, in the order of those who enter meanwhile: in the other order
    somebody who just comes would be passed over.
    """

    def may_send(peer: Peer) -> bool:
        user_id = identities.user_id_of(peer.identity)
        user = User.objects.filter(pk=user_id).first() if user_id else None
        return stream.is_controlled_by(identities.Identity(user, ""))

    Broadcast.objects.lock(MAIN)
    Broadcast.objects.switch(FOLLOWERS, str(stream.pk), may_send)


def end_broadcast(stream: "Stream") -> None:
    """Ends the picture; those who follow the current show wait for the next one, which the same person may send."""
    if stream.featured:
        Broadcast.objects.switch(FOLLOWERS, MAIN, may_send=lambda peer: True)
    Broadcast.objects.close(str(stream.pk))
