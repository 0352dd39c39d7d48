"""Everyone who is in a room through this process, and the loop that a big room's cost is made of."""

import logging
import os
from array import array
from itertools import chain

from realtime import events
from realtime.delivery.subscriptions import Delivery, Encoding, Subscription
from realtime.protocol.framing import Frame, FrameBatch

logger = logging.getLogger(__name__)


class FanoutGroup:
    """Members of one style, who are written the same bytes.

    Their file descriptors stand side by side: to fetch each from an object of its own, among cold caches, costs a
    twentieth of the writing, and to look it up member by member a fifth.
    """

    def __init__(self) -> None:
        self.direct: dict[Subscription, int] = {}  # those in whose way nothing is, and their descriptors,
        self.others: dict[Subscription, None] = {}  # and these
        self.descriptors: array[int] | None = None  # of those in `straight`, until someone comes or goes

    def __len__(self) -> int:
        return len(self.direct) + len(self.others)

    @property
    def subscriptions(self) -> list[Subscription]:
        return [*self.direct, *self.others]

    def add(self, subscription: Subscription) -> None:
        subscription.group = self
        subscription.send_queue.listeners.append(subscription)
        self.sort_in(subscription)

    def sort_in(self, subscription: Subscription) -> None:
        """Takes a member where it belongs now."""
        self._remove(subscription)
        if (descriptor := subscription.descriptor) is not None:
            self.direct[subscription] = descriptor
        else:
            self.others[subscription] = None

    def discard(self, subscription: Subscription) -> None:
        if subscription.group is self:
            subscription.group = None
            subscription.send_queue.listeners.remove(subscription)
            self._remove(subscription)

    def _remove(self, subscription: Subscription) -> None:
        self.descriptors = None
        self.direct.pop(subscription, None)
        self.others.pop(subscription, None)

    def write(self, batch: FrameBatch) -> None:
        """The same to each."""
        framed = batch.framed
        if not framed:
            return
        if self.descriptors is None:
            self.descriptors = array("i", self.direct.values())
        others = list(self.others)
        write, size, short = os.write, len(framed), []
        descriptors = iter(self.descriptors)
        while True:
            try:
                for descriptor in descriptors:
                    if (taken := write(descriptor, framed)) != size:
                        short.append((descriptor, taken))
                break
            except OSError:  # it is full, or lost; the members behind it must not pay
                short.append((descriptor, 0))
        if short:
            behind = {descriptor: subscription for subscription, descriptor in self.direct.items()}
            for descriptor, taken in short:
                behind[descriptor].send_queue.write_rest(framed[taken:])
        for subscription in others:
            _write(subscription, batch)


class Subscribers:
    """A room's members, by how they are told: each fact is rendered once per dialect and encoded once per framing."""

    def __init__(self) -> None:
        self.groups: dict[Encoding, FanoutGroup] = {}

    def __bool__(self) -> bool:
        return bool(self.groups)

    @property
    def subscriptions(self) -> list[Subscription]:
        return [subscription for group in self.groups.values() for subscription in group.subscriptions]

    def add(self, subscription: Subscription) -> None:
        self.groups.setdefault(subscription.encoding, FanoutGroup()).add(subscription)

    def discard(self, subscription: Subscription) -> None:
        group = self.groups.get(subscription.encoding)
        if group is not None:
            group.discard(subscription)
            if not group:
                del self.groups[subscription.encoding]

    def tell(self, deliveries: list[Delivery], room: str, epoch: str) -> None:
        final = [delivery for delivery in deliveries if isinstance(delivery.event, events.Final)]
        private = any(delivery.to or delivery.but for delivery in deliveries) or bool(final)
        personalisations = [
            delivery.event for delivery in deliveries if isinstance(delivery.event, events.Personalisation)
        ]
        for group in list(self.groups.values()):
            someone = next(iter(group.direct or group.others))
            packed = [someone.pack(delivery, room, epoch) for delivery in deliveries]
            batch = FrameBatch(chain.from_iterable(packed))
            if not (private or personalisations or batch.personal):
                group.write(batch)
                continue
            for subscription in group.subscriptions:
                for event in personalisations:
                    subscription.personalise(event)
                _write(subscription, _for_one(subscription, deliveries, packed) if private else batch)
                if any(subscription.is_addressed(delivery) for delivery in final):
                    self.discard(subscription)
                    subscription.on_final()


def _for_one(subscription: Subscription, deliveries: list[Delivery], packed: list[list[Frame]]) -> FrameBatch:
    """What this member hears of a turn in which not everything is for everyone, up to what is final for it."""
    heard: list[Frame] = []
    for delivery, frames in zip(deliveries, packed, strict=True):
        if subscription.is_addressed(delivery):
            heard += frames
            if isinstance(delivery.event, events.Final):
                break
    return FrameBatch(heard)


def _write(subscription: Subscription, batch: FrameBatch) -> None:
    try:
        if batch:
            subscription.write(batch)
    except Exception:
        logger.exception("a member could not be written to")
