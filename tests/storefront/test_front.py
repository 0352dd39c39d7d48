"""The admin's front page: what goes on in the shop stands above its lists, for each as far as they may see it."""

import re

import pytest
from django.utils import timezone

from accounts.models import User
from analytics import shop
from analytics.models import Purchase
from tests import factories
from tests.storefront.conftest import Browse
from tests.storefront.test_pages import page
from webhooks.models import Endpoint

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

TILE = re.compile(r'class="what">(.*?)</span><span class="value">(.*?)</span>')


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    shop.of.invalidate_all()


def tiles(html: str) -> dict[str, str]:
    return dict(TILE.findall(html))


def test_the_front_says_what_goes_on_and_leads_to_the_lists(browse: Browse, creator: User) -> None:
    show = factories.stream(creator, "live", title="<b>Tea</b>")
    moment = timezone.now()
    for currency, value in (("EUR", 123450), ("JPY", 1990)):
        Purchase.objects.create(order_id=currency, currency=currency, value=value, at=moment, confirmed_at=moment)
    Endpoint.objects.create(url="https://hooks.example/", failing_since=moment)
    html = page(browse(factories.user("admin")), "/admin/?days=7")
    assert tiles(html) == {
        "Live now": "1",
        "Watching now": "0",
        "Open conversations": "0",
        "Held messages": "0",
        "Reports waiting": "0",
        "Webhooks failing": "1",
        "Shows": "1",
        "Views of shows": "0",
        "Purchases": "2",
        "Revenue less refunds": "1,234.50 EUR",  # the first currency
    }
    assert 'class="value">1,990 JPY</span>' in html
    assert "&lt;b&gt;Tea" in html
    assert f'href="/studio/{show.pk}/report/"' in html
    assert html.index("data-front") < html.rindex("Technical tables")
    for path in re.findall(r'class="tile[^"]*"><a href="([^"]*)"', html):
        assert browse(factories.user("admin")).get(path).status_code == 200, path


def test_each_sees_what_they_may_see(browse: Browse, creator: User) -> None:
    factories.stream(creator, "live", title="Tea")
    moderator = page(browse(factories.user("moderator")), "/admin/")
    assert tiles(moderator).keys() == {"Live now", "Watching now", "Held messages", "Reports waiting", "Shows"}
    assert "/studio/" not in moderator
    staff = tiles(page(browse(factories.user("staff")), "/admin/"))
    assert {"Purchases", "Open conversations"} <= staff.keys()
    assert "Webhooks failing" not in staff


@pytest.mark.parametrize("days", ["", "2", "x", "9" * 40])
def test_other_days_are_today(browse: Browse, days: str) -> None:
    assert '?days=1" aria-current="true"' in page(browse(factories.user("staff")), f"/admin/?days={days}")
