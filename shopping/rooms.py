"""The rooms of parties: whom they admit, and what their state is."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from accounts import identity as identities
from realtime import rooms
from realtime import wire as kernel
from realtime.models import Presence
from shopping import wire
from shopping.models import Participant, ShoppingSession
from shopping.models import participant as participants
from shopping.models import session_queryset as sessions
from shopping.wire import coshop


class ShoppingRoom(rooms.Room):
    """The room admits only those who take part in its session: a link lets people join, not listen unseen."""

    kind = participants.KIND
    ids = sessions.ID
    dialects = ("coshop",)
    retention = timedelta(days=1)
    only_resumable = True
    admin_page = "shopping_shoppingsession_change"

    @classmethod
    def titles(cls, ids: Sequence[str]) -> dict[str, str]:
        return {pk: f"Party {pk}" for pk in ShoppingSession.objects.filter(pk__in=ids).values_list("pk", flat=True)}

    def __init__(self, id: object, participant: Participant | None = None) -> None:
        """`participant` is the one on this connection; without, as over REST, it is everyone of the same identity."""
        super().__init__(id)
        self.participant = participant
        self.participants = [] if participant is None else [participant]

    def admits(self, identity: identities.Identity) -> str:
        present = Participant.objects.present().filter(session__ended_at=None)
        theirs = list(present.filter(session=self.id, identity=identity.address))
        if not theirs:
            raise ShoppingSession.DoesNotExist("Room not found")
        if self.participant is None:
            self.participants = theirs
        return "participant"

    def keeps(self, identity: identities.Identity, role: str) -> str:
        """A place in a party is its connection's, whoever that turns out to be."""
        return role

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        return super().addresses(identity).union(*(participant.addresses for participant in self.participants))

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return kernel.plain(state_of(self.id))

    def entered(self, presences: Sequence[Presence]) -> None:
        """They joined the session before, so this changes nothing unless their process was believed to be dead."""
        connections = [presence.connection for presence in presences]
        away = Participant.objects.filter(session=self.id, since=None, removed=False, connection__in=connections)
        if away.exists():
            ShoppingSession.objects.get(pk=self.id).reconnect(connections)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        connections = [presence.connection for presence in presences]
        if Participant.objects.present().filter(session=self.id, connection__in=connections).exists():
            ShoppingSession.objects.get(pk=self.id).disconnect(connections)


def state_of(id: str) -> coshop.SessionState:
    """A session as it is now, with its participants, its cart and its votes; raises DoesNotExist."""
    session = ShoppingSession.objects.find(id)
    return coshop.SessionState(
        session_id=session.pk,
        host=session.host.user_id if session.host else "",
        participants=[coshop.Participant.of(participant) for participant in session.participants.listed()],
        metadata=session.metadata,
        expires_at=coshop.epoch_ms(session.expires_at),
        show_id=session.show_id or None,
        cart=wire.Cart.of(session.lines.in_order()),
        votes=[
            coshop.Tally(product_id=str(tally["product"]), up=tally["up"], down=tally["down"])
            for tally in session.votes.tallies()
        ],
    )
