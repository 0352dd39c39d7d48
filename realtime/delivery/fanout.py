"""Everyone who is in a room through this process, and the loop that a big room's cost is made of."""

import logging
import os
from array import array
from itertools import chain

from realtime.delivery.subscription import Delivery, Member, Style
from realtime.protocol.framing import Burst, Frame

logger = logging.getLogger(__name__)


class Crowd:
    """Members of one style, who are written the same bytes.

    The numbers of their sockets stand side by side: to fetch each from an object of its own, among cold caches, costs a
    twentieth of the writing, and to look it up member by member a fifth.
    """

    def __init__(self) -> None:
        self.straight: dict[Member, int] = {}  # those in whose way nothing is, and their sockets,
        self.others: dict[Member, None] = {}  # and these
        self.sockets: array[int] | None = None  # of those in `straight`, until someone comes or goes

    def __len__(self) -> int:
        return len(self.straight) + len(self.others)

    @property
    def members(self) -> list[Member]:
        return [*self.straight, *self.others]

    def add(self, member: Member) -> None:
        member.crowd = self
        member.outlet.places.append(member)
        self.place(member)

    def place(self, member: Member) -> None:
        """Takes a member where it belongs now."""
        self._remove(member)
        if (socket := member.socket) is not None:
            self.straight[member] = socket
        else:
            self.others[member] = None

    def discard(self, member: Member) -> None:
        if member.crowd is self:
            member.crowd = None
            member.outlet.places.remove(member)
            self._remove(member)

    def _remove(self, member: Member) -> None:
        self.sockets = None
        self.straight.pop(member, None)
        self.others.pop(member, None)

    def write(self, burst: Burst) -> None:
        """The same to each."""
        framed = burst.framed
        if not framed:
            return
        if self.sockets is None:
            self.sockets = array("i", self.straight.values())
        others = list(self.others)
        write, size, short = os.write, len(framed), []
        sockets = iter(self.sockets)
        while True:
            try:
                for socket in sockets:
                    if (taken := write(socket, framed)) != size:
                        short.append((socket, taken))
                break
            except OSError:  # it is full, or lost; the members behind it must not pay
                short.append((socket, 0))
        if short:
            behind = {socket: member for member, socket in self.straight.items()}
            for socket, taken in short:
                behind[socket].outlet.write_rest(framed[taken:])
        for member in others:
            _write(member, burst)


class Audience:
    """A room's members, by how they are told: each fact is rendered once per dialect and encoded once per framing."""

    def __init__(self) -> None:
        self.crowds: dict[Style, Crowd] = {}

    def __bool__(self) -> bool:
        return bool(self.crowds)

    @property
    def members(self) -> list[Member]:
        return [member for crowd in self.crowds.values() for member in crowd.members]

    def add(self, member: Member) -> None:
        self.crowds.setdefault(member.style, Crowd()).add(member)

    def discard(self, member: Member) -> None:
        crowd = self.crowds.get(member.style)
        if crowd is not None:
            crowd.discard(member)
            if not crowd:
                del self.crowds[member.style]

    def tell(self, deliveries: list[Delivery], room: str, epoch: str) -> None:
        final = [delivery for delivery in deliveries if delivery.record and delivery.record.final]
        private = any(delivery.to or delivery.but for delivery in deliveries) or bool(final)
        marking = [delivery.record for delivery in deliveries if delivery.record and delivery.record.marking]
        for crowd in list(self.crowds.values()):
            someone = next(iter(crowd.straight or crowd.others))
            packed = [someone.pack(delivery, room, epoch) for delivery in deliveries]
            burst = Burst(chain.from_iterable(packed))
            if not (private or marking or burst.personal):
                crowd.write(burst)
                continue
            for member in crowd.members:
                for record in marking:
                    member.mark(record)
                _write(member, _for_one(member, deliveries, packed) if private else burst)
                if any(member.hears(delivery) for delivery in final):
                    self.discard(member)
                    member.gone()


def _for_one(member: Member, deliveries: list[Delivery], packed: list[list[Frame]]) -> Burst:
    """What this member hears of a turn in which not everything is for everyone, up to what is final for it."""
    heard: list[Frame] = []
    for delivery, frames in zip(deliveries, packed, strict=True):
        if member.hears(delivery):
            heard += frames
            if delivery.record is not None and delivery.record.final:
                break
    return Burst(heard)


def _write(member: Member, burst: Burst) -> None:
    try:
        if burst:
            member.write(burst)
    except Exception:
        logger.exception("a member could not be written to")
