"""Prices are kept in the smallest coin and written as decimals."""

from decimal import Decimal

import pytest

from shopping import money


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [("99.95", "USD", 9995), ("0", "USD", 0), ("100", "EUR", 10000), ("500", "JPY", 500), ("1.234", "KWD", 1234)],
)
def test_an_amount_comes_back_as_it_was(amount: str, currency: str, minor: int) -> None:
    assert money.to_minor(Decimal(amount), currency) == minor
    assert money.to_decimal(minor, currency) == Decimal(amount)


@pytest.mark.parametrize(
    ("minor", "currency", "text"), [(10000, "USD", "100.00"), (5, "KWD", "0.005"), (7, "JPY", "7")]
)
def test_an_amount_is_written_with_all_its_decimals(minor: int, currency: str, text: str) -> None:
    assert str(money.to_decimal(minor, currency)) == text


def test_what_is_finer_than_the_smallest_coin_is_rounded_half_up() -> None:
    assert [money.to_minor(Decimal(text), "USD") for text in ("0.004", "0.005", "0.015")] == [0, 1, 2]
