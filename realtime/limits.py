"""Token buckets for what clients send, per connection, identity, room and address. Each process counts for itself.

There are buckets of messages, and buckets of bytes, which a message that has come already may overdraw.
"""

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping

from django.conf import settings

from accounts import identity as identities

UNLIMITED = ("moderator", "staff", "admin")  # Only the limit on all messages holds for these roles.
MAX_BUCKETS = 100_000  # Beyond it the least recently used is dropped; its subject gets a full one next time.
MAX_DEBT = (
    10.0  # A bucket is overdrawn by what refills it in so many seconds at most: a flood that is over is forgiven.
)


class Throttled(Exception):
    """The limit is used up. In `retry_after` seconds, which is `wait` rounded up to a tenth, one more will be taken."""

    def __init__(self, retry_after: float, message: str = "You are sending too fast") -> None:
        super().__init__(message)
        self.message = message
        self.wait = retry_after
        self.retry_after = math.ceil(retry_after * 10) / 10


class Bucket:
    """A token bucket: it holds at most `burst` tokens and is refilled at `rate` per second."""

    __slots__ = ("at", "burst", "rate", "tokens")

    def __init__(self, rate: float, burst: int, now: float) -> None:
        self.rate, self.burst, self.tokens, self.at = rate, burst, float(burst), now


_lock = threading.Lock()  # The writer's thread takes tokens too.
_buckets: OrderedDict[tuple[str, str, str], Bucket] = OrderedDict()


def _new(key: tuple[str, str, str], rate: float, burst: int, now: float) -> Bucket:
    bucket = _buckets[key] = Bucket(rate, burst, now)
    if len(_buckets) > MAX_BUCKETS:
        _buckets.popitem(last=False)
    return bucket


def take(limit: str, subjects: Mapping[str, str]) -> None:
    """Takes a token of `limit` from each subject (`{"connection": id, ...}`), or raises Throttled and takes none."""
    buckets = _filled(limit, subjects)
    wait = 0.0
    for bucket in buckets:
        if bucket.tokens < 1:
            wait = max(wait, (1 - bucket.tokens) / bucket.rate)
    if wait:
        raise Throttled(wait)
    for bucket in buckets:
        bucket.tokens -= 1


def take_of(identity: identities.Identity, limit: str, subjects: Mapping[str, str]) -> None:
    """`take`, from which those are exempt who keep order among the others."""
    if not identity.has_role(*UNLIMITED):
        take(limit, subjects)


def take_available(limit: str, subjects: Mapping[str, str], wanted: int) -> int:
    """Takes as many tokens of `limit` as each subject has, up to `wanted`; returns how many that were."""
    buckets = _filled(limit, subjects)
    for bucket in buckets:
        wanted = min(wanted, int(bucket.tokens))
    for bucket in buckets:
        bucket.tokens -= wanted
    return wanted


def spend(limit: str, subjects: Mapping[str, str], amount: int) -> float:
    """Takes `amount` tokens of `limit` from each subject, whether it has them or not.

    Returns in how many seconds none of them will be overdrawn: 0 where none is, and MAX_DEBT at most.
    """
    wait = 0.0
    for bucket in _filled(limit, subjects):
        bucket.tokens = max(bucket.tokens - amount, -MAX_DEBT * bucket.rate)
        if bucket.tokens < 0:
            wait = max(wait, -bucket.tokens / bucket.rate)
    return wait


def _filled(limit: str, subjects: Mapping[str, str]) -> list[Bucket]:
    """The buckets of these subjects, refilled up to now."""
    now = time.monotonic()
    buckets = []
    with _lock:
        for scope, (rate, burst) in settings.LIMITS.get(limit, {}).items():
            if (subject := subjects.get(scope)) is None:
                continue
            key = (limit, scope, subject)
            if (bucket := _buckets.get(key)) is None:
                bucket = _new(key, rate, burst, now)
            else:
                _buckets.move_to_end(key)
                tokens = bucket.tokens + (now - bucket.at) * bucket.rate
                bucket.tokens, bucket.at = tokens if tokens < burst else burst, now
            buckets.append(bucket)
    return buckets


def of_room(room: str, address: str) -> dict[str, str]:
    """The subjects of what is done in a room from an address: the room, and that address's share of it."""
    return {"room": room, "room-address": f"{address} {room}"} if room else {}


def reset() -> None:
    """Fills every bucket again."""
    _buckets.clear()
