"""What Prometheus reads of support."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from support.models import Conversation, figures
from tests.support.desk import begun

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

TOKEN = "a long enough token"


@pytest.fixture(autouse=True)
def with_token(settings: Any) -> None:
    settings.METRICS_TOKEN = TOKEN


def scraped() -> dict[tuple[str, str], float]:
    answer = Client(headers={"Authorization": f"Bearer {TOKEN}"}).get("/metrics")
    assert (answer.status_code, answer["Cache-Control"]) == (
        200,
        "max-age=0, no-cache, no-store, must-revalidate, private",
    )
    assert re.match("text/plain; version=", answer["Content-Type"])
    families = text_string_to_metric_families(answer.content.decode())
    samples = [sample for family in families for sample in family.samples]
    return {
        (sample.name, next(iter(sample.labels.values()))): sample.value
        for sample in samples
        if "_support_" in sample.name
    }


def test_the_figures_are_those_of_rest() -> None:
    Conversation.objects.all().delete()
    late, _ = begun(), begun()
    at = timezone.now() - timedelta(hours=1)
    changes = {"created_at": at, "reply_due_at": at, "priority": "high"}
    Conversation.objects.filter(pk=late.pk).update(**changes)
    Conversation.objects.filter(pk=begun().pk).update(created_at=at, first_reply_at=at + timedelta(seconds=90))
    found = scraped()
    for state, count in figures.now().items():
        assert found["vitrine_support_conversations", state] == count
    assert found["vitrine_support_conversations", "overdue"] == 1
    assert found["vitrine_support_first_reply_seconds", "medium"] == 90
    assert ("vitrine_support_first_reply_seconds", "high") not in found


@pytest.mark.parametrize("said", ["", "Bearer ", "Bearer another", f"Basic {TOKEN}", TOKEN])
def test_only_who_has_the_token_reads_them(said: str) -> None:
    answer = Client(headers={"Authorization": said}).get("/metrics")
    assert (answer.status_code, answer.content) == (401, b"")


def test_without_a_token_there_is_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert Client(headers={"Authorization": "Bearer "}).get("/metrics").status_code == 404
