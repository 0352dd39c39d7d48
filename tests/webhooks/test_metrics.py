"""Whoever watches the server sees what is not delivered."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.webhooks.receiver import endpoint
from webhooks import outbox
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def test_what_waits_is_dead_and_fails_is_counted(settings: Any) -> None:
    settings.METRICS_TOKEN = "token"
    first, second = endpoint("https://a.example/"), endpoint("https://b.example/")
    for number in range(2):
        outbox.add(Kind.SHOW_STARTED, f"show:{number}", {})
    Delivery.objects.filter(endpoint=first).update(status="dead")
    Delivery.objects.filter(endpoint=second, subject="show:0").update(status="delivered")
    Endpoint.objects.filter(pk=first.pk).update(failing_since=timezone.now())
    second.switch_off("a test")
    page = Client().get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()
    for line in (
        'vitrine_webhook_events{state="waiting"} 1.0',
        'vitrine_webhook_events{state="dead"} 2.0',
        'vitrine_webhook_endpoints{state="active"} 1.0',
        'vitrine_webhook_endpoints{state="failing"} 1.0',
        'vitrine_webhook_endpoints{state="switched_off"} 1.0',
    ):
        assert line in page
