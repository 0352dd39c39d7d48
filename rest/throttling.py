"""Limits of REST requests and log-ins: counted atomically, for all processes together where Redis is there."""

import hashlib
import logging
import time
from collections.abc import Callable
from time import monotonic
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import BaseCache, caches
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from rest import addresses

if TYPE_CHECKING:
    from rest_framework.views import APIView

logger = logging.getLogger(__name__)

PERIODS = {"s": 1, "min": 60, "hour": 3600, "day": 86_400}  # seconds
FALLBACK = "process"  # the cache of settings.CACHES that counts while the shared one is away
AWAY_SECONDS = 5.0  # that the shared one is not asked after it has failed


def parse(rate: str) -> tuple[int, int]:
    """`20/min` as (20, 60): how many in how many seconds."""
    count, _, period = rate.partition("/")
    return int(count), PERIODS[period]


def take(name: str, subject: str, rate: str) -> float:
    """Counts one event of `subject` in the present window of `rate`.

    Returns 0 where it is within the rate, else the seconds until the next window. The count comes before the decision,
    so events that come at the same moment cannot all pass a limit that has room for one. An empty rate has no limit.
    """
    if not rate:
        return 0.0
    limit, seconds = parse(rate)
    now = time.time()
    window = int(now // seconds)
    used = count(f"{name}:{window}", subject, seconds)
    return 0.0 if used <= limit else (window + 1) * seconds - now


def count(name: str, subject: str, seconds: int) -> int:
    """Adds one to a counter that lives for `seconds` from its first event, and returns what it is then."""
    key = _key(name, subject)
    return _ask(lambda cache: _increment(cache, key, seconds))


def counted(name: str, subject: str) -> int:
    """What a counter is now."""
    key = _key(name, subject)
    return _ask(lambda cache: int(cache.get(key, 0)))


def remember(name: str, subject: str, seconds: int) -> None:
    """Sets a mark that lives for `seconds`; `counted` is 1 for it."""
    key = _key(name, subject)

    def mark(cache: BaseCache) -> int:
        cache.set(key, 1, timeout=seconds)
        return 1

    _ask(mark)


_asked_again_at = 0.0  # by the monotonic clock: when the shared cache is asked again after it has failed


def _ask(question: Callable[[BaseCache], int]) -> int:
    """The answer of the shared cache, and of this process's own while that one is away."""
    global _asked_again_at
    for cache in _stores():
        try:
            return question(cache)
        except Exception as error:  # whatever the client library raises: a log-in must not depend on Redis
            logger.warning("limits are counted in this process alone: %s", type(error).__name__)
            _asked_again_at = monotonic() + AWAY_SECONDS
    return 0


def _stores() -> list[BaseCache]:
    own = caches[FALLBACK]
    return [own] if monotonic() < _asked_again_at else [caches["default"], own]


def _key(name: str, subject: str) -> str:
    """Names and addresses are hashed: a cache key has a bounded length and shows nobody's name."""
    return f"rate:{name}:{hashlib.sha256(subject.encode()).hexdigest()[:32]}"


def _increment(cache: BaseCache, key: str, seconds: int) -> int:
    cache.add(key, 0, timeout=seconds)
    try:
        return int(cache.incr(key))
    except ValueError:  # it expired in between
        cache.add(key, 1, timeout=seconds)
        return 1


class AddressThrottle(BaseThrottle):
    """Counts requests by their sender's address alone: by user, every further account would be another allowance.

    A view names its rate in `throttle_scope`, a key of settings.REST_RATES.
    """

    def __init__(self) -> None:
        self.seconds = 0.0

    def allow_request(self, request: Request, view: "APIView") -> bool:
        scope: str = view.throttle_scope  # type: ignore[attr-defined]
        self.seconds = take(scope, addresses.of_request(request), settings.REST_RATES[scope])
        return not self.seconds

    def wait(self) -> float:
        return self.seconds
