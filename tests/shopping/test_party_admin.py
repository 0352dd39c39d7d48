"""Parties in the admin: moderators read them, and may end them."""

from typing import Any

import pytest

from shopping.models import CartLine, JoinRequest, Participant, Product, ShoppingSession
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
def ann(product: Product) -> Participant:
    """Ann, who is the host of a session with Ben and has a mug in the cart."""
    ann = ShoppingSession.objects.open(JoinRequest(factories.identity(), "c", "u", "Ann Host")).participant
    ShoppingSession.objects.join(ann.session_id, JoinRequest(factories.identity(), "d", "v", "Ben Guest"))
    CartLine.objects.operate(ann, "1", "add", str(product.pk), 3)
    return ann


def end(client: Any, ann: Participant) -> Any:
    return client.post(LIST, {"action": "end_session", "_selected_action": [ann.session_id]})


def test_a_moderator_sees_who_is_there_and_what_is_in_the_cart(client: Any, ann: Participant) -> None:
    client.force_login(factories.user("moderator"))
    listed = client.get(LIST).content.decode()
    assert ann.session_id in listed
    page = client.get(f"{LIST}{ann.session_id}/change/").content.decode()
    for text in ("Ann Host", "Ben Guest", "Mug", ann.identity):
        assert text in page
    assert 'name="_save"' not in page


def test_a_moderator_ends_a_session(client: Any, ann: Participant) -> None:
    client.force_login(factories.user("moderator"))
    assert end(client, ann).status_code == 302
    assert ShoppingSession.objects.get(pk=ann.session_id).ended_at is not None
    assert factories.facts(f"shopping:{ann.session_id}") == ["party-sent-away"]


def test_nobody_changes_or_deletes_one_here(client: Any, ann: Participant) -> None:
    client.force_login(factories.user("admin"))
    assert client.get(f"{LIST}add/").status_code == 403
    assert client.post(f"{LIST}{ann.session_id}/change/", {"metadata": "{}"}).status_code == 403
    assert client.post(f"{LIST}{ann.session_id}/delete/", {"post": "yes"}).status_code == 403


def test_others_do_not_see_them(client: Any, ann: Participant) -> None:
    client.force_login(factories.user("creator"))
    assert client.get(LIST).status_code == 302
    assert end(client, ann).status_code == 302
    assert ShoppingSession.objects.get(pk=ann.session_id).ended_at is None


def test_the_list_costs_the_same_however_many_there_are(client: Any, django_assert_max_num_queries: Any) -> None:
    client.force_login(factories.user("moderator"))
    for number in range(5):
        ShoppingSession.objects.open(JoinRequest(factories.identity(), f"c{number}", f"u{number}", "Ann"))
    with django_assert_max_num_queries(8):
        assert client.get(LIST).status_code == 200
