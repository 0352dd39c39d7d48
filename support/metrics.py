"""The figures of support for Prometheus."""

from collections.abc import Iterator
from datetime import timedelta

from django.utils import timezone
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from support.models import figures

RECENT = timedelta(days=1)  # The times are those of conversations that began so recently.


class SupportCollector(Collector):
    """Reads the database anew for each scrape, so every process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        conversations = GaugeMetricFamily(
            "vitrine_support_conversations", "Conversations with support that stand so now.", labels=["state"]
        )
        for state, count in figures.now().items():
            conversations.add_metric([state], count)
        yield conversations
        times = {
            "reply_time": GaugeMetricFamily(
                "vitrine_support_first_reply_seconds", "Mean time to the first reply, of a day.", labels=["priority"]
            ),
            "resolution_time": GaugeMetricFamily(
                "vitrine_support_resolution_seconds", "Mean time to the resolution, of a day.", labels=["priority"]
            ),
        }
        for row in figures.by_priority(timezone.now() - RECENT):
            for name, family in times.items():
                if row[name] is not None:
                    family.add_metric([row["priority"]], row[name].total_seconds())
        yield from times.values()
