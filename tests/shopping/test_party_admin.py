"""Parties in the admin: moderators read them, and may end them."""

from typing import Any

import pytest

from shopping.models import CartLine, Newcomer, Participant, Product, ShoppingSession
from tests import factories

pytestmark = pytest.mark.django_db

LIST = "/admin/shopping/shoppingsession/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def seat(product: Product) -> Participant:
    """Of Ann, with Ben there and a mug in the cart."""
    seat = ShoppingSession.objects.open(Newcomer(factories.identity(), "c", "u", "Ann Host"))
    ShoppingSession.objects.join(seat.session_id, Newcomer(factories.identity(), "d", "v", "Ben Guest"))
    CartLine.objects.operate(seat, "1", "add", str(product.pk), 3)
    return seat


def end(client: Any, seat: Participant) -> Any:
    return client.post(LIST, {"action": "end_session", "_selected_action": [seat.session_id]})


def test_a_moderator_sees_who_is_there_and_what_is_in_the_cart(client: Any, seat: Participant) -> None:
    client.force_login(factories.user("moderator"))
    listed = client.get(LIST).content.decode()
    assert seat.session_id in listed
    page = client.get(f"{LIST}{seat.session_id}/change/").content.decode()
    for text in ("Ann Host", "Ben Guest", "Mug", seat.identity):
        assert text in page
    assert 'name="_save"' not in page


def test_a_moderator_ends_a_session(client: Any, seat: Participant) -> None:
    client.force_login(factories.user("moderator"))
    assert end(client, seat).status_code == 302
    assert ShoppingSession.objects.get(pk=seat.session_id).ended_at is not None
    assert factories.facts(f"shopping:{seat.session_id}") == ["party-sent-away"]


def test_nobody_changes_or_deletes_one_here(client: Any, seat: Participant) -> None:
    client.force_login(factories.user("admin"))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{seat.session_id}/change/", {"metadata": "{}"}).status_code == 403
    assert client.post(f"{LIST}{seat.session_id}/delete/", {"post": "yes"}).status_code == 403


def test_others_do_not_see_them(client: Any, seat: Participant) -> None:
    client.force_login(factories.user("creator"))
    assert client.get(LIST).status_code == 302
    assert end(client, seat).status_code == 302
    assert ShoppingSession.objects.get(pk=seat.session_id).ended_at is None


def test_the_list_costs_the_same_however_many_there_are(client: Any, django_assert_max_num_queries: Any) -> None:
    client.force_login(factories.user("moderator"))
    for number in range(5):
        ShoppingSession.objects.open(Newcomer(factories.identity(), f"c{number}", f"u{number}", "Ann"))
    with django_assert_max_num_queries(8):
        assert client.get(LIST).status_code == 200
