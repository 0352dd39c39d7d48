"""What a process counts is told as Prometheus reads it."""

import secrets
from collections.abc import Iterator

import pytest
from prometheus_client import generate_latest

from realtime import metrics

pytestmark = pytest.mark.everywhere


@pytest.fixture
def name() -> str:
    return f"test_{secrets.token_hex(4)}"


@pytest.fixture(autouse=True)
def forgotten(name: str) -> Iterator[None]:
    before = set(metrics.registry._collector_to_names)
    yield
    for made in set(metrics.registry._collector_to_names) - before:
        metrics.registry.unregister(made)


def said(name: str) -> list[str]:
    lines = generate_latest(metrics.registry).decode().splitlines()
    return [line for line in lines if line.startswith(name)]


def test_a_tally_begins_at_nought_and_counts_each_value(name: str) -> None:
    tally = metrics.Tally(name, "Such things.", "kind", "known")
    for _ in range(3):
        tally.add("other")
    assert said(name) == [f'{name}_total{{kind="known"}} 0.0', f'{name}_total{{kind="other"}} 3.0']


def test_a_spread_has_each_value_in_its_interval_and_all_above(name: str) -> None:
    spread = metrics.Spread(name, "Such values.", (1, 10))
    for value in (0.5, 1, 2, 11):
        spread.add(value)
    assert said(name) == [
        f'{name}_bucket{{le="1"}} 2.0',
        f'{name}_bucket{{le="10"}} 3.0',
        f'{name}_bucket{{le="+Inf"}} 4.0',
        f"{name}_count 4.0",
        f"{name}_sum 14.5",
    ]
