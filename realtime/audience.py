"""Everyone who is in a room through this process, and the loop that a big room's cost is made of."""

import logging
from itertools import chain

from realtime.framing import Burst, Frame
from realtime.members import Delivery, Member, Style

logger = logging.getLogger(__name__)


class Audience:
    """A room's members, by how they are told: each fact is rendered once per dialect and encoded once per framing."""

    def __init__(self) -> None:
        self.crowds: dict[Style, set[Member]] = {}

    def __bool__(self) -> bool:
        return bool(self.crowds)

    @property
    def members(self) -> list[Member]:
        return list(chain.from_iterable(self.crowds.values()))

    def add(self, member: Member) -> None:
        self.crowds.setdefault(member.style, set()).add(member)

    def discard(self, member: Member) -> None:
        crowd = self.crowds.get(member.style, set())
        crowd.discard(member)
        if not crowd:
            self.crowds.pop(member.style, None)

    def tell(self, deliveries: list[Delivery], room: str, epoch: str) -> None:
        final = [delivery for delivery in deliveries if delivery.record and delivery.record.final]
        private = any(delivery.to or delivery.but for delivery in deliveries) or bool(final)
        marking = [delivery.record for delivery in deliveries if delivery.record and delivery.record.marking]
        for crowd in list(self.crowds.values()):
            someone = next(iter(crowd))
            packed = [someone.pack(delivery, room, epoch) for delivery in deliveries]
            burst = Burst(chain.from_iterable(packed))
            if not (private or marking or burst.personal):
                _write_alike(crowd, burst)
                continue
            for member in list(crowd):
                for record in marking:
                    member.mark(record)
                _write(member, _for_one(member, deliveries, packed) if private else burst)
                if any(member.hears(delivery) for delivery in final):
                    self.discard(member)
                    member.gone()


def _write_alike(crowd: set[Member], burst: Burst) -> None:
    """The same bytes for each, straight into its transport where nothing is in the way."""
    framed = burst.framed
    if not framed:
        return
    for member in list(crowd):
        straight = member.outlet.straight
        if straight is None or member.held is not None:
            _write(member, burst)
            continue
        try:
            straight(framed)
        except Exception:  # a lost transport raises, and the members behind it must not pay
            member.outlet.shut()


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
