"""Batches in which one item is bad."""

import pytest
from django.db import IntegrityError, OperationalError

from realtime.runtime import batches


def test_a_good_batch_is_one_run() -> None:
    assert batches.run_bisecting(sum, [1, 2, 3]) == [([1, 2, 3], 6)]


@pytest.mark.parametrize("bad", range(5))
def test_a_bad_item_fails_alone_and_the_order_is_kept(bad: int) -> None:
    def run(items: list[int]) -> int:
        if bad in items:
            raise IntegrityError(bad)
        return len(items)

    parts = batches.run_bisecting(run, list(range(5)))
    assert [item for part, _ in parts for item in part] == list(range(5))
    failed = [part for part, outcome in parts if isinstance(outcome, Exception)]
    assert failed == [[bad]]


def test_another_error_fails_its_part_at_once(caplog: pytest.LogCaptureFixture) -> None:
    runs: list[list[int]] = []
    error = OperationalError("away")

    def run(items: list[int]) -> None:
        runs.append(items)
        raise error

    assert batches.run_bisecting(run, [1, 2]) == [([1, 2], error)]
    assert runs == [[1, 2]]
    assert caplog.messages == ["a batch of 2 failed"]
