"""Drops over REST: everybody reads them and claims, whoever runs the show runs them."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from drops.models import Claim, Drop
from rest.middleware import GUEST_HEADER
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.drops.dropping import announce, ask, pass_time
from tests.streams.rest import refused

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def url(stream: Stream, path: str = "") -> str:
    return f"/api/sessions/{stream.pk}/drops{path}"


def guest() -> APIClient:
    """A guest with a token, as pages of other origins have it."""
    token = factories.client().post("/api/guest").json()["token"]
    return APIClient(headers={GUEST_HEADER: token})


def test_whoever_runs_the_show_announces_opens_and_closes(creator: User, live: Stream, product: Product) -> None:
    client = factories.client(creator)
    answer = client.post(url(live), {"productId": str(product.pk), "quantity": 2, "price": "7.50", "opensIn": 20})
    assert answer.status_code == 201, answer.json()
    drop = answer.json()["data"]
    assert (drop["status"], drop["price"], drop["left"], drop["keyword"]) == ("announced", "7.50", 2, "mine")
    path = f"/{drop['id']}"
    assert client.post(url(live, f"{path}/extend"), {"seconds": 60}).status_code == 200
    assert client.post(url(live, f"{path}/open")).json()["data"]["status"] == "open"
    assert client.post(url(live, f"{path}/pieces"), {"pieces": 1}).json()["data"]["quantity"] == 3
    assert client.post(url(live, f"{path}/close")).json()["data"]["outcome"] == "closed"
    assert [each["id"] for each in factories.client().get(url(live)).json()["data"]] == [drop["id"]]
    assert factories.client().get(url(live, path)).json()["data"]["status"] == "closed"


def test_others_run_nothing(live: Stream, product: Product) -> None:
    drop, client = announce(live, product), factories.client(factories.user())
    claim = ask(drop)
    for path in (f"/{drop.pk}/open", f"/{drop.pk}/close", f"/{drop.pk}/undo", f"/claims/{claim.pk}/pass-on"):
        assert client.post(url(live, path)).status_code == 403
    assert client.get(url(live, f"/{drop.pk}/claims")).status_code == 403
    assert client.get(url(live, "/figures")).status_code == 403
    assert client.post(url(live), {"productId": str(product.pk), "quantity": 1}).status_code == 403
    assert client.post(url(live, f"/{drop.pk}/claims"), {"user": "somebody"}).status_code == 403


def test_somebody_claims_extends_and_gives_back(live: Stream, product: Product) -> None:
    drop, client = announce(live, product), guest()
    answer = client.post(url(live, f"/{drop.pk}/claims"), {}, headers={"Idempotency-Key": "a"})
    assert answer.status_code == 201, answer.json()
    claim = answer.json()["data"]
    assert (claim["state"], claim["pieces"], claim["extensions"]) == ("held", 1, 1)
    again = client.post(url(live, f"/{drop.pk}/claims"), {}, headers={"Idempotency-Key": "a"})
    assert again.json()["data"]["id"] == claim["id"]
    assert refused(client.post(url(live, f"/{drop.pk}/claims"), {})) == (409, "At most 1 for each person")
    assert client.post(url(live, f"/claims/{claim['id']}/extend")).json()["data"]["extensions"] == 0
    assert [each["id"] for each in client.get(url(live, "/claims")).json()["data"]] == [claim["id"]]
    assert client.delete(url(live, f"/claims/{claim['id']}")).json()["data"]["state"] == "returned"
    assert refused(client.post(url(live, f"/claims/{claim['id']}/extend"))) == (400, "This hold is over")


def test_a_guest_without_a_token_cannot_claim(live: Stream, product: Product) -> None:
    drop = announce(live, product)
    assert factories.client().post(url(live, f"/{drop.pk}/claims"), {}).status_code == 403


def test_what_others_have_claimed_does_not_exist(live: Stream, product: Product) -> None:
    claim = ask(announce(live, product))
    client = guest()
    assert client.delete(url(live, f"/claims/{claim.pk}")).status_code == 404
    assert client.post(url(live, f"/claims/{claim.pk}/extend")).status_code == 404
    assert client.get(url(live, "/claims")).json()["data"] == []


def test_the_desk_sees_who_holds_and_who_waits_and_passes_on(creator: User, live: Stream, product: Product) -> None:
    drop, client, buyer = announce(live, product, quantity=1), factories.client(creator), factories.user()
    ask(drop)
    made = client.post(url(live, f"/{drop.pk}/claims"), {"user": buyer.username}).json()["data"]
    assert (made["state"], made["place"]) == ("waiting", 1)
    first, second = client.get(url(live, f"/{drop.pk}/claims")).json()["data"]
    assert (first["state"], second["state"], second["name"]) == ("held", "waiting", buyer.username)
    assert client.post(url(live, f"/claims/{first['id']}/pass-on")).json()["data"]["state"] == "passed"
    assert client.get(url(live, f"/{drop.pk}/claims")).json()["data"][0]["id"] == second["id"]
    assert Claim.objects.get(pk=second["id"]).door == "staff"


def test_the_desk_decides_on_what_was_paid_too_late(creator: User, live: Stream, product: Product) -> None:
    drop, client = announce(live, product, quantity=1), factories.client(creator)
    claim = ask(drop)
    pass_time(drop, 61)
    Drop.objects.do_what_is_due()
    claim.settle(1, "order-1")
    path = url(live, f"/claims/{claim.pk}/decide")
    assert refused(client.post(path, {"choice": "x"}))[0] == 400
    assert client.post(path, {"choice": "honour"}).json()["data"]["state"] == "paid"
    assert client.post(path, {"choice": "refuse"}).status_code == 400


def test_figures(creator: User, live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    first, _ = ask(drop), ask(drop)
    first.give_back()
    (figures,) = factories.client(creator).get(url(live, "/figures")).json()["data"]
    shown = {name: figures[name] for name in ("claims", "people", "held", "lost", "paid", "value")}
    assert shown == {"claims": 2, "people": 2, "held": 2, "lost": 1, "paid": 0, "value": 0}
    assert figures["secondsToSoldOut"] is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"quantity": 10**30},
        {"quantity": 1, "keyword": "a\x00b"},
        {"quantity": 1, "price": "1e400"},
        {"quantity": 1, "price": -1},
        {"quantity": 1, "opensIn": 1},
        {"quantity": 1, "variantId": "00000000-0000-4000-8000-000000000000"},
        {"quantity": 1, "keyword": "two words"},
    ],
    ids=str,
)
def test_bad_input_is_refused(creator: User, live: Stream, product: Product, body: dict[str, Any]) -> None:
    answer = factories.client(creator).post(url(live), {"productId": str(product.pk), **body}, format="json")
    assert answer.status_code == 400, answer.json()


@pytest.mark.parametrize("pieces", [0, -1, 101, 10**40, "x", None])
def test_bad_pieces_are_refused(live: Stream, product: Product, pieces: Any) -> None:
    drop = announce(live, product)
    answer = guest().post(url(live, f"/{drop.pk}/claims"), {"pieces": pieces}, format="json")
    assert answer.status_code == 400, answer.json()
