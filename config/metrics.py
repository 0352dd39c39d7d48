"""`/metrics`: figures of this process and of the installation for Prometheus, for whoever has the token."""

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Info, generate_latest
from prometheus_client import ProcessCollector as OperatingSystem

from config import gauges
from realtime import metrics
from support.metrics import SupportCollector
from webhooks.metrics import WebhooksCollector

registry = CollectorRegistry()
OperatingSystem(registry=registry)  # processor, memory and descriptors of this process
Info("vitrine", "The release that runs.", registry=registry).info({"version": settings.VERSION})
registry.register(metrics.registry)
registry.register(gauges.ProcessCollector())
registry.register(gauges.AskingCollector(gauges.InstallationCollector(), SupportCollector(), WebhooksCollector()))


@never_cache
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """Without METRICS_TOKEN there is no such page; whoever has another one is told nothing more than that."""
    if not settings.METRICS_TOKEN:
        raise Http404
    if not constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}"):
        return HttpResponse(status=401, headers={"WWW-Authenticate": "Bearer"})
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
