"""The figures of webhooks for Prometheus."""

from collections.abc import Iterator

from django.db.models import Count
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from webhooks.models import Delivery, Endpoint


class WebhooksCollector(Collector):
    """Reads the database anew for each scrape, so every process says the same."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        events = GaugeMetricFamily(
            "vitrine_webhook_events", "Events for endpoints that were not delivered.", labels=["state"]
        )
        undelivered = Delivery.objects.exclude(status=Delivery.Status.DELIVERED)
        counts = dict(undelivered.order_by().values_list("status").annotate(Count("pk")))
        for status in (Delivery.Status.WAITING, Delivery.Status.DEAD):
            events.add_metric([status.value], counts.get(status.value, 0))
        yield events
        endpoints = GaugeMetricFamily("vitrine_webhook_endpoints", "Endpoints that stand so now.", labels=["state"])
        active = Endpoint.objects.filter(is_active=True)
        failing = active.filter(failing_since__isnull=False).count()
        switched_off = Endpoint.objects.exclude(notice="").count()
        for state, count in {"active": active.count(), "failing": failing, "switched_off": switched_off}.items():
            endpoints.add_metric([state], count)
        yield endpoints
