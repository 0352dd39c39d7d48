"""The page of the desk and what it says of a customer, as the server answers."""

import json
import re
import uuid
from typing import Any

import pytest

from accounts.models import User
from analytics.models import ProductClick, Purchase, StreamView
from recordings.models import Participant, Recording
from shopping.models import CartLine, JoinRequest, ShoppingSession
from support.models import CannedReply, Conversation, Sender
from tests import factories
from tests.storefront.conftest import Browse
from tests.support.desk import begun, said

pytestmark = pytest.mark.django_db

PATH = "/admin/support/inbox/"
FACTS = re.compile(r'<script id="desk-facts" type="application/json">(.*?)</script>')


def known(browse: Browse, conversation: Conversation, role: str = "staff") -> dict[str, Any]:
    answer = browse(factories.user(role)).get(f"{PATH}{conversation.pk}/")
    assert answer.status_code == 200
    assert "no-store" in answer.headers["Cache-Control"]
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_staff_come_to_the_desk(browse: Browse, role: str) -> None:
    agent = factories.user(role)
    html = browse(agent).get(PATH).content.decode()
    found = FACTS.search(html)
    assert found is not None
    facts = json.loads(found[1])
    assert facts["me"] == {"id": agent.pk, "name": agent.username}
    assert {"id": agent.pk, "name": agent.username} in facts["agents"]


@pytest.mark.parametrize(("role", "status"), [(None, 302), ("viewer", 302), ("creator", 302), ("moderator", 403)])
def test_nobody_else_does(browse: Browse, client: Any, role: str | None, status: int) -> None:
    stranger = client if role is None else browse(factories.user(role))
    assert stranger.get(PATH).status_code == status
    assert stranger.get(f"{PATH}{begun().pk}/").status_code == 404


def test_customers_read_nothing_of_themselves_there(browse: Browse) -> None:
    customer = factories.user()
    assert browse(customer).get(f"{PATH}{begun(customer).pk}/").status_code == 404


def test_there_is_nothing_of_a_conversation_that_is_not_there(browse: Browse) -> None:
    assert browse(factories.user("staff")).get(f"{PATH}{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize(("role", "is_listed"), [("staff", True), ("admin", True), ("moderator", False)])
def test_the_admin_lists_the_inbox_first_of_support(browse: Browse, role: str, is_listed: bool) -> None:
    browser = browse(factories.user(role))
    groups = {app["name"]: app["models"] for app in browser.get("/admin/").context["app_list"]}
    shown = [model["admin_url"] for model in groups.get("Support", [])]
    assert (shown[:1] == [PATH]) is is_listed
    if is_listed:
        [app] = browser.get("/admin/support/").context["app_list"]
        assert app["models"][0]["admin_url"] == PATH


def test_what_a_customer_did_is_put_together(browse: Browse, creator: User) -> None:
    customer, stranger = factories.user(), factories.user()
    mug, vase = factories.product(creator, name="Mug"), factories.product(creator, name="Vase")
    show = factories.stream(creator, "ended", title="Pottery", product_ids=[mug.pk])
    for user, times in ((customer, 2), (stranger, 1)):
        key = f"user:{user.pk}"
        for number in range(times):
            StreamView.objects.create(
                stream=show, user=user, viewer=key, connection=f"c{number}", role="subscriber", watch_duration=40
            )
            ProductClick.objects.create(stream=show, product=mug if user == customer else vase, user=user, viewer=key)
        Purchase.objects.create(order_id=str(user.pk), viewer=key, currency="JPY", value=2000, refunded=10)
        visitor = Participant.objects.create(pk=f"shop-{user.pk}", identity=key)
        Recording.objects.create(participant=visitor, url=f"https://shop.example/{user.pk}", duration_ms=4000)
    asked = JoinRequest(factories.identity(customer), "c", "u", "Ann")
    party = ShoppingSession.objects.open(asked).participant
    CartLine.objects.operate(party, "1", "add", str(vase.pk), 3)
    earlier = begun(customer, "An earlier matter")
    earlier.set_status(Sender(factories.identity(factories.user("staff"))), "resolved")
    Conversation.objects.filter(pk=earlier.pk).update(resolved_at=factories.ago(60 * 24 * 30))
    told = known(browse, begun(customer, "A new one"))
    assert [(each["words"], each["url"], each["seconds"]) for each in told["shows"]] == [
        ("Pottery", f"/watch/{show.pk}/", 80)
    ]
    assert [(each["words"], each["count"]) for each in told["clicks"]] == [("Mug", 2)]
    assert [(each["words"], each["count"], each["price"]) for each in told["cart"]] == [("Vase", 3, "9.50")]
    [order] = told["purchases"]
    assert (order["words"], order["price"], order["currency"]) == (f"Order {customer.pk}", "1990", "JPY")
    [recording] = told["recordings"]
    assert (recording["words"], recording["seconds"]) == (f"https://shop.example/{customer.pk}", 4)
    assert [(each["id"], each["excerpt"]) for each in told["others"]] == [(str(earlier.pk), "An earlier matter")]
    assert told["email"] == customer.email


def test_a_guest_of_whom_nothing_is_known_has_empty_lists(browse: Browse) -> None:
    told = known(browse, begun())
    assert {
        name: told[name] for name in ("shows", "cart", "clicks", "purchases", "recordings", "others", "origin")
    } == {name: [] for name in ("shows", "cart", "clicks", "purchases", "recordings", "others", "origin")}


def test_what_the_reader_may_not_see_in_the_admin_is_left_out(browse: Browse, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(User, "has_perm", lambda self, right, obj=None: right != "recordings.view_recording")
    told = known(browse, begun())
    assert "recordings" not in told
    assert "shows" in told


def test_canned_replies_come_filled_in(browse: Browse) -> None:
    CannedReply.objects.create(shortcut="hello", text="Hello {customer}")
    told = known(browse, begun(name="Noa"))
    assert told["canned"] == [{"shortcut": "hello", "text": "Hello Noa"}]


def test_a_due_first_reply_is_no_longer_told_once_it_has_come() -> None:
    conversation = begun()
    Conversation.objects.filter(pk=conversation.pk).update(reply_due_at=factories.ago(1))
    conversation.refresh_from_db()
    assert (conversation.awaited_reply_at, conversation.is_overdue) == (conversation.reply_due_at, True)
    said(Sender(factories.identity(factories.user("staff"))), "Yes", conversation_id=conversation.pk)
    conversation.refresh_from_db()
    assert (conversation.awaited_reply_at, conversation.is_overdue) == (None, False)


def test_resolved_conversations_are_a_list_of_their_own() -> None:
    agent = factories.user("staff")
    resolved, other = begun(), begun()
    resolved.set_status(Sender(factories.identity(agent)), "resolved")
    rows = factories.client(agent).get("/api/support/conversations?filter=resolved").json()["data"]
    assert [row["id"] for row in rows] == [str(resolved.pk)]
    assert str(other.pk) not in str(rows)
