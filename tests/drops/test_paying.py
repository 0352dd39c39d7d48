"""From a piece that is held to the shop's checkout, and what the shop says then."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client

from accounts import identity as identities
from analytics import references
from config import purchases
from drops.models import Claim, Drop, State
from shopping.models import Product
from streams.models import Stream
from tests.analytics.purchases import SECRET, confirms, refunds
from tests.drops.dropping import announce, ask, check, pass_time

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def signing(settings: Any) -> None:
    settings.PURCHASES = purchases.Purchases(secrets=[SECRET], window=timedelta(days=30))


class Buyer:
    """A browser with our cookie."""

    def __init__(self) -> None:
        visitor, cookie = identities.new_visitor()
        self.identity = identities.Identity(None, visitor)
        self.client = Client()
        self.client.cookies["visitor"] = cookie

    def checks_out(self, claim: Claim) -> Any:
        return self.client.get(f"/drops/{claim.pk}/checkout/")

    def reference(self, claim: Claim) -> str:
        answer = self.checks_out(claim)
        assert answer.status_code == 302
        (reference,) = parse_qs(urlsplit(answer["Location"]).query)["vitrine_ref"]
        return str(reference)


@pytest.fixture
def buyer() -> Buyer:
    return Buyer()


@pytest.fixture
def drop(live: Stream, product: Product) -> Drop:
    product.revise(url="https://shop.example/mug?lang=en")
    return announce(live, product, quantity=3, per_person=3)


Item = Callable[[int], list[dict[str, Any]]]


@pytest.fixture
def items(product: Product) -> Item:
    return lambda quantity: [{"productId": str(product.pk), "quantity": quantity}]


def test_a_hold_leads_to_the_shop_with_a_reference_that_says_when_it_ends(drop: Drop, buyer: Buyer) -> None:
    claim = ask(drop, buyer.identity)
    answer = buyer.checks_out(claim)
    asked = parse_qs(urlsplit(answer["Location"]).query)
    assert (asked["lang"], asked["vitrine_drop"]) == (["en"], [str(drop.pk)])
    claim.refresh_from_db()
    assert claim.held_until is not None
    assert asked["vitrine_until"] == [str(int(claim.held_until.timestamp()))]
    found = references.read(asked["vitrine_ref"][0], timedelta(days=1))
    assert found is not None
    assert (found.claim_id, found.viewer) == (claim.pk, buyer.identity.key)
    assert claim.checkout_at is not None


def test_a_hold_that_is_over_leads_nowhere_and_one_of_others_is_not_there(drop: Drop, buyer: Buyer) -> None:
    claim = ask(drop, buyer.identity)
    stranger = Buyer().client
    assert stranger.get(f"/drops/{claim.pk}/checkout/").status_code == 404
    assert stranger.get(f"/drops/{claim.pk}/checkout/?key=é").status_code == 404
    assert stranger.get(claim.checkout_path).status_code == 302  # as from a page of another origin
    pass_time(drop, 61)
    answer = buyer.checks_out(claim)
    assert answer.status_code == 409
    assert b"not kept for you any longer" in answer.content


def test_a_product_without_a_page_leads_nowhere(live: Stream, product: Product, buyer: Buyer) -> None:
    claim = ask(announce(live, product), buyer.identity)
    assert buyer.checks_out(claim).status_code == 409
    product.remove()
    assert buyer.checks_out(claim).status_code == 409


def test_the_shops_report_settles_a_claim_wholly_or_in_part(drop: Drop, buyer: Buyer, items: Item) -> None:
    claim = ask(drop, buyer.identity, pieces=3)
    reference = buyer.reference(claim)
    waits = ask(drop)
    assert confirms("order-1", vitrineRef=reference, items=items(2)).status_code == 201
    assert confirms("order-1", vitrineRef=reference, items=items(2)).status_code == 201
    claim.refresh_from_db()
    waits.refresh_from_db()
    assert (claim.state, claim.pieces, claim.order_id, waits.state) == (State.PAID, 2, "order-1", State.HELD)
    check(drop)


def test_an_order_without_the_product_settles_nothing(drop: Drop, buyer: Buyer, items: Item) -> None:
    claim = ask(drop, buyer.identity)
    other = [{"productId": str(drop.pk), "quantity": 1}]
    confirms("order-1", vitrineRef=buyer.reference(claim), items=other)
    claim.refresh_from_db()
    assert claim.state == State.HELD


def test_what_a_page_reports_counts_once_the_shop_confirms_it(drop: Drop, buyer: Buyer) -> None:
    claim = ask(drop, buyer.identity)
    body = {"orderId": "order-1", "currency": "EUR", "value": 1990, "vitrineRef": buyer.reference(claim)}
    assert buyer.client.post("/api/purchases/reports", body, content_type="application/json").status_code == 201
    claim.refresh_from_db()
    assert claim.state == State.HELD
    confirms("order-1")
    claim.refresh_from_db()
    assert claim.state == State.PAID


def test_a_refund_of_all_frees_the_pieces_and_one_of_a_part_does_not(drop: Drop, buyer: Buyer) -> None:
    claim = ask(drop, buyer.identity, pieces=2)
    confirms("order-1", vitrineRef=buyer.reference(claim))
    refunds("order-1", "a", value=100)
    claim.refresh_from_db()
    assert (claim.state, claim.pieces) == (State.PAID, 2)
    refunds("order-1", "b")
    claim.refresh_from_db()
    assert claim.state == State.REFUNDED
    check(drop)


def test_paid_after_the_time_goes_on_the_list_for_staff(drop: Drop, buyer: Buyer) -> None:
    claim = ask(drop, buyer.identity)
    reference = buyer.reference(claim)
    pass_time(drop, 61)
    confirms("order-1", vitrineRef=reference)
    claim.refresh_from_db()
    assert (claim.state, claim.order_id) == (State.LATE, "order-1")
    refunds("order-1", "a")
    claim.refresh_from_db()
    assert claim.state == State.REFUSED


def test_the_shop_counts_a_piece_down_before_it_reports_the_order(
    drop: Drop, buyer: Buyer, product: Product, items: Item
) -> None:
    """The shop's own count may come first: whoever is at the checkout keeps the piece."""
    claim = ask(drop, buyer.identity, pieces=3)
    reference = buyer.reference(claim)
    product.refresh_from_db()
    product.revise(stock=0)
    claim.refresh_from_db()
    assert claim.state == State.HELD
    confirms("order-1", vitrineRef=reference, items=items(3))
    claim.refresh_from_db()
    assert claim.state == State.PAID
    check(drop)
