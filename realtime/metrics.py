"""What this process counts about itself, for whoever watches it; config/gauges.py has what is read for each look.

Nothing here names a person, a room or a text: labels have few values, which the code declares. All is counted on the
event loop, several times for each message, so it takes no locks as prometheus_client's own counters do, and a tenth of
their time.
"""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily
from prometheus_client.registry import Collector

registry = CollectorRegistry()

SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Tally(Collector):
    """How often something has happened, for each value of a label."""

    def __init__(self, name: str, says: str, label: str, *known: str) -> None:
        """Those that are `known` are told from the beginning."""
        self.name, self.says, self.label = name, says, label
        self.counts = Counter(dict.fromkeys(known, 0))
        registry.register(self)

    def add(self, value: str) -> None:
        self.counts[value] += 1

    def collect(self) -> Iterator[CounterMetricFamily]:
        family = CounterMetricFamily(self.name, self.says, labels=[self.label])
        for value, count in list(self.counts.items()):
            family.add_metric([value], count)
        yield family


class Spread(Collector):
    """How values are spread over the intervals that end at `bounds`, each inclusive, and beyond the last."""

    def __init__(self, name: str, says: str, bounds: tuple[float, ...] = SECONDS) -> None:
        self.name, self.says, self.bounds = name, says, bounds
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0
        registry.register(self)

    def add(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value

    def collect(self) -> Iterator[HistogramMetricFamily]:
        upto, buckets = 0, []
        for bound, count in zip((*map(str, self.bounds), "+Inf"), list(self.counts), strict=True):
            upto += count
            buckets.append((bound, upto))
        yield HistogramMetricFamily(self.name, self.says, buckets=buckets, sum_value=self.sum)


messages = Tally("vitrine_messages", "Messages of clients on sockets.", "kind")
refused = Tally("vitrine_refused", "Those that were refused, by the code of their ack.", "code", "rate_limited")
resumes = Tally("vitrine_resumes", "Clients that came back to a room.", "result", "recovered", "snapshot")
closed_slow = Tally("vitrine_closed_slow", "Clients that did not read and were cut off.", "by", "server")
answer_seconds = Spread("vitrine_answer_seconds", "From reading a message to its answer.")
delivery_seconds = Spread(
    "vitrine_delivery_seconds", "From hearing of an event to writing it to its room, the oldest of each write."
)
writer_batch = Spread("vitrine_writer_batch", "Verbs in one shared transaction.", (1, 2, 5, 10, 20, 50, 100, 200))
writer_seconds = Spread("vitrine_writer_seconds", "What one shared transaction takes.")
