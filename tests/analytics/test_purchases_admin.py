"""Staff read purchases in the admin, in the decimals of their currency."""

from typing import Any

import pytest
from django.test import Client

from analytics.models import Purchase
from tests import factories

pytestmark = pytest.mark.django_db


def test_purchases_are_read_and_not_changed(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    purchase = Purchase.objects.create(
        order_id="1001", currency="KWD", value=1990, refunded=90, items=[{"name": "<b>"}]
    )
    client = Client()
    client.force_login(factories.user("staff"))
    listed = client.get("/admin/analytics/purchase/").content.decode()
    assert "1.990 KWD" in listed
    assert "0.090 KWD" in listed
    page = client.get(f"/admin/analytics/purchase/{purchase.pk}/change/").content.decode()
    assert "<b>" not in page.partition("1001")[2].partition("</form>")[0]
    assert client.post(f"/admin/analytics/purchase/{purchase.pk}/change/", {"value": 1}).status_code == 403
