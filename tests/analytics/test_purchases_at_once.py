"""Reports of one order that come at the same moment are counted once, and no more is paid back than was paid."""

import secrets
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connections

from analytics.models import Purchase
from analytics.models.purchase import Order
from tests import factories

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

AT_ONCE = 6


def all_at_once(act: Callable[[int], Any]) -> list[Any]:
    """What each thread's call returned, or why it was refused."""
    start = threading.Barrier(AT_ONCE)

    def run(number: int) -> Any:
        try:
            start.wait(30)
            return act(number)
        except ValidationError:
            return None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(run, range(AT_ONCE)))


@pytest.fixture
def order() -> Order:
    return Order(secrets.token_hex(8), "EUR", 1000, [])


def test_reports_and_confirmations_of_one_order(order: Order) -> None:
    def act(number: int) -> int:
        if number % 2:
            return Purchase.objects.confirm(order).pk
        return Purchase.objects.report(order, factories.identity()).pk

    assert len(set(all_at_once(act))) == 1
    assert Purchase.objects.get(order_id=order.id).is_confirmed


def test_refunds_of_one_order(order: Order) -> None:
    Purchase.objects.confirm(order)
    refunded = all_at_once(lambda number: Purchase.objects.refund(order.id, f"refund-{number}", 300))
    assert len([each for each in refunded if each is not None]) == 3
    purchase = Purchase.objects.get(order_id=order.id)
    assert (purchase.refunded, purchase.refunds.count()) == (900, 3)


def test_one_refund_that_comes_several_times(order: Order) -> None:
    Purchase.objects.confirm(order)
    all_at_once(lambda _: Purchase.objects.refund(order.id, "the same", 300))
    assert Purchase.objects.get(order_id=order.id).refunded == 300
