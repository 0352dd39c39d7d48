"""Everyone who is in a room through this process, and the loop that a big room's cost is made of."""

import logging
from itertools import chain

from realtime import transport
from realtime.framing import Burst, Frame
from realtime.members import Delivery, Member, Style

logger = logging.getLogger(__name__)


class Crowd:
    """Members of one style, who are written the same bytes.

    Where those go is kept: to look it up member by member, among cold caches, costs a fifth of the writing itself.
    """

    def __init__(self) -> None:
        self.ways: dict[Member, transport.Way] = {}  # of those in whose way nothing is,
        self.others: dict[Member, None] = {}  # and these

    def __len__(self) -> int:
        return len(self.ways) + len(self.others)

    @property
    def members(self) -> list[Member]:
        return [*self.ways, *self.others]

    def add(self, member: Member) -> None:
        member.crowd = self
        member.outlet.places.append(member)
        self.place(member)

    def place(self, member: Member) -> None:
        """Takes a member where it belongs now."""
        way = member.way
        if way is not None:
            self.others.pop(member, None)
            self.ways[member] = way
        else:
            self.ways.pop(member, None)
            self.others[member] = None

    def discard(self, member: Member) -> None:
        if member.crowd is self:
            member.crowd = None
            member.outlet.places.remove(member)
            self.ways.pop(member, None)
            self.others.pop(member, None)

    def write(self, burst: Burst) -> None:
        """The same to each."""
        framed = burst.framed
        if not framed:
            return
        others = list(self.others)
        size, short = len(framed), []
        ways = iter(self.ways.values())
        while True:
            try:
                for way in ways:
                    if (taken := way(framed)) != size:
                        short.append((way, taken))
                break
            except OSError:  # it is full, or lost; the members behind it must not pay
                short.append((way, 0))
        if short:
            behind = {way: member for member, way in self.ways.items()}
            for way, taken in short:
                behind[way].outlet.write_rest(framed[taken:])
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
            someone = next(iter(crowd.ways or crowd.others))
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
