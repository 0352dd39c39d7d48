"""The subscribers of one room in this process, and the loop that the cost of a big room consists of."""

import functools
import logging
from itertools import chain

from realtime import events
from realtime.adapters.descriptors import Descriptors
from realtime.delivery.delivery import Delivery
from realtime.delivery.subscriptions import Encoding, Subscription, ignore
from realtime.protocol.framing import Frame, FrameBatch

logger = logging.getLogger(__name__)


class FanoutGroup:
    """The subscriptions of one encoding, which are written the same bytes."""

    def __init__(self) -> None:
        self.direct = Descriptors[Subscription]()  # Their sockets can be written into at once.
        self.others: dict[Subscription, None] = {}  # These buffer, or their transport keeps bytes, or they have none.

    def __len__(self) -> int:
        return len(self.direct) + len(self.others)

    def __contains__(self, subscription: object) -> bool:
        return subscription in self.direct or subscription in self.others

    @property
    def subscriptions(self) -> list[Subscription]:
        return [*self.direct, *self.others]

    def add(self, subscription: Subscription) -> None:
        subscription.on_writability_changed = functools.partial(self._sort_in, subscription)
        subscription.send_queue.listeners.append(subscription)
        self._sort_in(subscription)

    def discard(self, subscription: Subscription) -> None:
        if subscription in self:
            subscription.on_writability_changed = ignore
            subscription.send_queue.listeners.remove(subscription)
            self._remove(subscription)

    def _sort_in(self, subscription: Subscription) -> None:
        """Puts a subscription where it belongs now."""
        self._remove(subscription)
        if (descriptor := subscription.descriptor) is not None:
            self.direct.add(subscription, descriptor)
        else:
            self.others[subscription] = None

    def _remove(self, subscription: Subscription) -> None:
        self.direct.discard(subscription)
        self.others.pop(subscription, None)

    def write(self, batch: FrameBatch) -> None:
        """Writes the same to every subscription."""
        framed = batch.framed
        if not framed:
            return
        others = list(self.others)  # They are copied, for the first write may move a subscription here.
        for subscription, rest in self.direct.write(framed):
            subscription.send_queue.write_rest(rest)
        for subscription in others:
            _write(subscription, batch)


class Subscribers:
    """A room's subscriptions in this process: each event is rendered once per dialect and packed once per encoding."""

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
        """Writes `deliveries` to everybody they are for. Whoever is told a `Final` event is subscribed no longer."""
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
                _write(subscription, _select(subscription, deliveries, packed) if private else batch)
                if any(subscription.is_addressed(delivery) for delivery in final):
                    self.discard(subscription)
                    subscription.on_final()


def _select(subscription: Subscription, deliveries: list[Delivery], packed: list[list[Frame]]) -> FrameBatch:
    """The frames that are for this subscription, up to the first `Final` event that is."""
    selected: list[Frame] = []
    for delivery, frames in zip(deliveries, packed, strict=True):
        if subscription.is_addressed(delivery):
            selected += frames
            if isinstance(delivery.event, events.Final):
                break
    return FrameBatch(selected)


def _write(subscription: Subscription, batch: FrameBatch) -> None:
    """An error in one connection must not cost the others their frames."""
    try:
        if batch:
            subscription.write(batch)
    except Exception:
        logger.exception("a subscriber could not be written to")
