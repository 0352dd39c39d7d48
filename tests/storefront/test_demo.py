"""The demo shop."""

import io
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.staticfiles import finders
from django.core.management import CommandError, call_command

from accounts.models import User
from shopping.models import Product
from storefront.management.commands import demo
from streams.models import Stream

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def developing(settings: Any) -> None:
    settings.DEBUG = True


def run(**options: Any) -> str:
    said = io.StringIO()
    call_command("demo", stdout=said, **options)
    return said.getvalue()


def test_it_dresses_the_shop_once() -> None:
    first, second = run(), run()
    assert first == second
    assert Product.objects.count() == len(demo.WARES)
    assert sorted(Stream.objects.values_list("status", flat=True)) == ["ended", "live", "scheduled"]


def test_its_accounts_can_log_in_with_the_passwords_it_prints() -> None:
    lines = [line.split() for line in run().splitlines() if line.startswith(" ")]
    users = [authenticate(username=name, password=password) for name, password in lines]
    assert [getattr(user, "role", None) for user in users] == ["viewer", "creator", "moderator", "admin"]


def test_every_picture_is_there_and_the_live_show_shows_a_product() -> None:
    run()
    for product in Product.objects.all():
        assert finders.find(str(product.image_url).removeprefix("/static/"))
    assert Stream.objects.live().get().active_product is not None


def test_it_refuses_where_its_known_passwords_would_be_a_danger(settings: Any) -> None:
    settings.DEBUG = False
    with pytest.raises(CommandError, match="known to all"):
        run()
    assert not User.objects.exists()
    assert "creator" in run(force=True)
