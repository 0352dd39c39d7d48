"""Token buckets, with a clock that the test turns."""

from typing import Any

import pytest

from realtime import limits


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(limits, "time", clock)
    return clock


@pytest.fixture(autouse=True)
def tight_limits(settings: Any) -> None:
    settings.LIMITS = {"say": {"connection": (2, 3), "room": (10, 4)}, "odd": {"connection": (0.3, 1)}}


def taken(limit: str, **subjects: str) -> int:
    """How many can be taken at once."""
    for count in range(100):
        try:
            limits.take(limit, subjects)
        except limits.Throttled:
            return count
    raise AssertionError("no bound")


def test_a_burst_is_let_through_and_no_more(clock: Clock) -> None:
    assert taken("say", connection="a") == 3


def test_tokens_come_back_at_the_rate(clock: Clock) -> None:
    assert taken("say", connection="a") == 3
    clock.now += 1.0
    assert taken("say", connection="a") == 2


def test_a_bucket_never_holds_more_than_its_burst(clock: Clock) -> None:
    taken("say", connection="a")
    clock.now += 3600
    assert taken("say", connection="a") == 3


def test_each_subject_has_a_bucket_of_its_own(clock: Clock) -> None:
    assert taken("say", connection="a") == 3
    assert taken("say", connection="b") == 3


def test_subjects_of_one_name_in_two_scopes_are_different(clock: Clock) -> None:
    assert taken("say", connection="a") == 3
    assert taken("say", room="a") == 4


def test_a_refused_message_costs_nobody_a_token(clock: Clock) -> None:
    assert taken("say", connection="a", room="r") == 3
    assert taken("say", room="r") == 1


def test_a_refusal_says_when_to_try_again_and_keeps_its_word(clock: Clock) -> None:
    taken("say", connection="a")
    with pytest.raises(limits.Throttled) as refused:
        limits.take("say", {"connection": "a"})
    assert refused.value.retry_after == 0.5
    clock.now += refused.value.retry_after
    limits.take("say", {"connection": "a"})


def test_the_time_to_wait_is_rounded_up(clock: Clock) -> None:
    taken("odd", connection="a")
    with pytest.raises(limits.Throttled) as refused:
        limits.take("odd", {"connection": "a"})
    assert refused.value.retry_after == 3.4


def test_what_has_no_limit_is_never_refused(clock: Clock) -> None:
    for _ in range(50):
        limits.take("unknown", {"connection": "a"})
        limits.take("say", {"address": "a"})


def test_the_number_of_buckets_is_bounded_and_the_least_used_goes(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "MAX_BUCKETS", 2)
    taken("say", connection="kept")
    taken("say", connection="dropped")
    assert taken("say", connection="kept") == 0
    taken("say", connection="new")
    assert taken("say", connection="kept") == 0
    assert taken("say", connection="dropped") == 3
    assert len(limits._buckets) == 2


# --- taking what there is


def test_one_may_take_what_there_is(clock: Clock) -> None:
    assert limits.take_available("say", {"connection": "a"}, 2) == 2
    assert limits.take_available("say", {"connection": "a"}, 5) == 1
    assert limits.take_available("say", {"connection": "a"}, 5) == 0
    clock.now += 1.0
    assert limits.take_available("say", {"connection": "a"}, 5) == 2


def test_the_scarcest_bucket_says_how_much(clock: Clock) -> None:
    assert limits.take_available("say", {"connection": "a", "room": "r"}, 9) == 3
    assert limits.take_available("say", {"room": "r"}, 9) == 1


def test_what_has_no_limit_is_had_in_full() -> None:
    assert limits.take_available("unheard of", {"connection": "a"}, 7) == 7


# --- bytes, which have come already


def test_what_is_spent_may_overdraw_a_bucket_and_says_for_how_long(clock: Clock) -> None:
    assert limits.spend("say", {"connection": "a"}, 3) == 0
    assert limits.spend("say", {"connection": "a"}, 4) == 2.0
    clock.now += 1.5
    assert limits.spend("say", {"connection": "a"}, 0) == 0.5
    clock.now += 0.5
    assert limits.spend("say", {"connection": "a"}, 0) == 0


def test_the_emptiest_bucket_says_how_long(clock: Clock) -> None:
    assert limits.spend("say", {"connection": "a", "room": "r"}, 5) == 1.0


def test_a_debt_is_bounded(clock: Clock) -> None:
    assert limits.spend("say", {"connection": "a"}, 10**9) == limits.MAX_DEBT
    clock.now += limits.MAX_DEBT
    assert limits.spend("say", {"connection": "a"}, 0) == 0


def test_what_has_no_limit_costs_nothing() -> None:
    assert limits.spend("unheard of", {"connection": "a"}, 10**9) == 0
