"""The room of a party: who may be in it, and how it is now."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from accounts import identity as identities
from realtime import rooms
from realtime import wire as kernel
from realtime.models import Presence
from shopping import wire
from shopping.models import CartLine, Participant, ShoppingSession, Vote, shop_currency
from shopping.models import participant as participants


class ShoppingRoom(rooms.Room):
    """Only who has a place in the session is in its room: a link lets people in, not listen unseen."""

    kind = participants.KIND
    dialects = ("coshop",)
    retention = timedelta(days=1)

    def __init__(self, id: object, seat: Participant | None = None) -> None:
        """With the one place that a connection has; without, as over REST, all that someone has are meant."""
        super().__init__(id)
        self.seat = seat
        self.seats = [] if seat is None else [seat]

    def admits(self, identity: identities.Identity) -> str:
        theirs = Participant.objects.here().filter(session=self.id, identity=identity.key, session__ended_at=None)
        seats = list(theirs)
        if not seats:
            raise ShoppingSession.DoesNotExist("Room not found")
        if self.seat is None:
            self.seats = seats
        return "participant"

    def addresses(self, identity: identities.Identity) -> frozenset[str]:
        return super().addresses(identity).union(*(seat.addresses for seat in self.seats))

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return kernel.plain(state_of(self.id))

    def entered(self, presences: Sequence[Presence]) -> None:
        """Who has come has taken his place before, unless his process was believed to be dead."""
        connections = [presence.connection for presence in presences]
        away = Participant.objects.filter(session=self.id, since=None, removed=False, connection__in=connections)
        if away.exists():
            ShoppingSession.objects.get(pk=self.id).return_to(connections)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        connections = [presence.connection for presence in presences]
        if Participant.objects.here().filter(session=self.id, connection__in=connections).exists():
            ShoppingSession.objects.get(pk=self.id).lose(connections)


def state_of(id: str) -> wire.SessionState:
    """A session as it is now, with its people, its cart and its votes."""
    session = ShoppingSession.objects.find(id)
    return wire.SessionState(
        session_id=session.pk,
        host=session.host.user_id if session.host else "",
        participants=[wire.Person.of(seat) for seat in session.participants.listed()],
        metadata=session.metadata,
        expires_at=wire.epoch_ms(session.expires_at),
        show_id=session.show_id or None,
        cart=cart_of(CartLine.objects.of(session)),
        votes=[
            wire.Tally(product_id=str(tally["product"]), up=tally["up"], down=tally["down"])
            for tally in Vote.objects.tallies(session)
        ],
    )


def cart_of(lines: Iterable[CartLine]) -> wire.Cart:
    """The cart of these lines, those of one product being together."""
    items = [_item(list(shares)) for _, shares in groupby(lines, key=lambda line: line.product_id)]
    return wire.Cart(
        items=items,
        total=sum(item.line_total for item in items),
        currency=shop_currency(),
        count=sum(item.qty for item in items),
    )


def _item(shares: list[CartLine]) -> wire.CartItem:
    product, qty = shares[0].product, sum(line.qty for line in shares)
    return wire.CartItem(
        product_id=str(product.pk),
        name=product.name,
        image_url=product.image_url,
        qty=qty,
        unit_price=product.price_minor,
        line_total=qty * product.price_minor,
        added_by=[wire.Share(line.adder.user_id, line.adder.name, line.qty) for line in shares],
    )
