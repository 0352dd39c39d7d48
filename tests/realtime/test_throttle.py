"""The first item of a key passes at once, and the newest of those that follow when its interval is over."""

import pytest

from realtime.broker import throttle
from tests.realtime.manual_loop import ManualLoop


class Throttled:
    """A throttle, and what it has let through."""

    def __init__(self) -> None:
        self.loop = ManualLoop()
        self.passed: list[object] = []
        self.throttle: throttle.Throttle[object] = throttle.Throttle(self.loop, self.passed.append)  # type: ignore[arg-type]

    def offer(self, item: object, key: str = "likes", min_interval: float = 1.0) -> None:
        if not self.throttle.delays(key, min_interval, item):
            self.passed.append(item)


@pytest.fixture
def throttled() -> Throttled:
    return Throttled()


def test_the_first_item_passes_at_once_and_the_newest_after_the_interval(throttled: Throttled) -> None:
    for n in (1, 2, 3):
        throttled.offer(n)
    assert throttled.passed == [1]
    throttled.loop.advance(0.9)
    assert throttled.passed == [1]
    throttled.loop.advance(0.2)
    assert throttled.passed == [1, 3]


def test_a_released_item_begins_the_next_interval(throttled: Throttled) -> None:
    throttled.offer(1)
    throttled.offer(2)
    throttled.loop.advance(1.0)
    throttled.offer(3)
    assert throttled.passed == [1, 2]
    throttled.loop.advance(1.0)
    assert throttled.passed == [1, 2, 3]


def test_a_key_whose_interval_passed_in_silence_is_forgotten(throttled: Throttled) -> None:
    throttled.offer(1)
    throttled.loop.advance(1.0)
    assert not throttled.throttle.waiting
    throttled.offer(2)
    assert throttled.passed == [1, 2]


def test_each_key_has_an_interval_of_its_own(throttled: Throttled) -> None:
    throttled.offer(1)
    throttled.offer(2, key="counts")
    assert throttled.passed == [1, 2]


def test_an_item_without_an_interval_passes_and_replaces_the_one_that_waits(throttled: Throttled) -> None:
    throttled.offer(1)
    throttled.offer(2)
    throttled.offer(3, min_interval=0.0)
    throttled.loop.advance(1.0)
    assert throttled.passed == [1, 3]


def test_items_without_an_interval_never_wait(throttled: Throttled) -> None:
    for n in (1, 2, 3):
        throttled.offer(n, min_interval=0.0)
    assert throttled.passed == [1, 2, 3]
    assert not throttled.loop.timers
