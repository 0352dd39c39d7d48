"""Guessing passwords is slow at every door, and nobody is locked out by it."""

import threading
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.core.cache import caches
from django.core.cache.backends.redis import RedisCache
from django.test import Client, RequestFactory
from rest_framework.test import APIClient

from accounts import hashers, login_attempts
from accounts.models import Role, User
from rest import addresses, throttling
from tests.accounts.conftest import PASSWORD, MakeUser

NEEDS_REDIS = pytest.mark.skipif(not settings.REDIS_URL, reason="there is no Redis")
OFFICE, HOME = "192.0.2.7", "192.0.2.8"


def attempt(name: str = "ada", password: str = "a guess", address: str = OFFICE) -> int:
    return (
        APIClient().post("/api/auth/login", {"username": name, "password": password}, REMOTE_ADDR=address).status_code
    )


def test_an_address_may_try_twenty_times_a_minute(make_user: MakeUser, at_once: None) -> None:
    make_user("ada")
    assert [attempt(f"nobody{n}") for n in range(20)] == [401] * 20
    answer = APIClient().post("/api/auth/login", {"username": "ada", "password": PASSWORD}, REMOTE_ADDR=OFFICE)
    assert answer.status_code == 429
    assert 0 < answer.json()["retryAfter"] <= 60
    assert attempt("ada", PASSWORD, HOME) == 200


def test_the_addresses_of_one_ipv6_network_are_one_sender(make_user: MakeUser, at_once: None) -> None:
    tried = [attempt(f"nobody{n}", address=f"2001:db8:0:1::{n:x}") for n in range(21)]
    assert tried == [401] * 20 + [429]
    assert attempt(address="2001:db8:0:2::1") == 401


@pytest.mark.parametrize(
    ("address", "sender"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8::5", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_address_stands_for_its_sender(address: str, sender: str) -> None:
    assert addresses.network_of(address) == sender


def test_an_account_under_attack_slows_down_strangers_and_not_its_owner(make_user: MakeUser, at_once: None) -> None:
    make_user("ada")
    assert attempt("ada", PASSWORD, HOME) == 200
    strangers = [attempt(address=f"198.51.100.{n}") for n in range(20)]
    assert strangers == [401] * (login_attempts.FAILURES + 5) + [429] * 5
    assert attempt("ADA", PASSWORD, "198.51.100.99") == 429
    assert attempt("ada", PASSWORD, HOME) == 200


@pytest.mark.parametrize("door", ["/login/", "/admin/login/"])
def test_the_pages_and_the_admin_count_with_the_api(
    make_user: MakeUser, at_once: None, settings: Any, door: str
) -> None:
    settings.ROOT_URLCONF = "config.urls"
    make_user("ada", role=Role.ADMIN)
    assert [attempt(f"nobody{n}") for n in range(20)] == [401] * 20
    answer = Client(REMOTE_ADDR=OFFICE).post(door, {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) <= 60


@pytest.fixture(params=["process", pytest.param("Redis", marks=NEEDS_REDIS)])
def counting(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Attempts are counted in this process's memory, or in Redis."""
    if request.param == "process":
        yield
        return
    shared = RedisCache(settings.REDIS_URL.split(",")[0], {"KEY_PREFIX": f"test-{uuid.uuid4().hex}"})
    monkeypatch.setattr(throttling, "_stores", lambda: [shared])
    yield
    shared.close()


@pytest.mark.everywhere
def test_attempts_at_the_same_moment_cannot_all_pass(at_once: None, counting: None) -> None:
    request = RequestFactory().post("/", REMOTE_ADDR=OFFICE)
    gate = threading.Barrier(40)

    def at_the_same_moment(number: int) -> bool:
        gate.wait()
        try:
            login_attempts.check(request, f"nobody{number}")
        except login_attempts.TooManyAttempts:
            return False
        return True

    with ThreadPoolExecutor(40) as pool:
        passed = list(pool.map(at_the_same_moment, range(40)))
    assert sum(passed) == 20


def test_without_the_shared_cache_a_process_counts_for_itself(monkeypatch: pytest.MonkeyPatch, at_once: None) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            raise ConnectionError("Redis is away")

    caches[throttling.FALLBACK].clear()
    monkeypatch.setattr(throttling, "_stores", lambda: [Away(), caches[throttling.FALLBACK]])
    assert [bool(throttling.take("test", "someone", "2/min")) for _ in range(3)] == [False, False, True]


@pytest.fixture
def one_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashers, "_turns", threading.BoundedSemaphore(1))
    monkeypatch.setattr(hashers, "PATIENCE", 0.01)


def test_no_more_passwords_are_hashed_at_once_than_there_is_memory_for(one_at_a_time: None) -> None:
    hasher = hashers.BoundedArgon2()
    stored = hasher.encode("a secret", hasher.salt())
    with hashers._Turn(), pytest.raises(hashers.Busy):
        hasher.verify("a secret", stored)
    assert hasher.verify("a secret", stored)


def test_so_many_passwords_wait_and_no_more(one_at_a_time: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The next one is refused at once: had it waited for its turn, it would have got it."""
    monkeypatch.setattr(hashers, "PATIENCE", 30.0)
    monkeypatch.setattr(hashers, "_waiting", threading.BoundedSemaphore(1))
    hasher = hashers.BoundedArgon2()
    with ThreadPoolExecutor(2) as pool:
        with hashers._Turn():
            waiting = [pool.submit(hasher.encode, "a secret", hasher.salt()) for _ in range(2)]
            refused = next(as_completed(waiting))
            assert isinstance(refused.exception(), hashers.Busy)
        assert [each.exception() for each in waiting if each is not refused] == [None]


NEW = {"username": "new", "email": "new@example.org", "password": PASSWORD}


@pytest.mark.parametrize(
    ("door", "said", "status"),
    [
        ("/api/auth/login", {"username": "ada", "password": PASSWORD}, 503),
        ("/api/auth/register", NEW, 503),
        ("/api/auth/update", {"password": "another secret"}, 503),
        ("/login/", {"username": "ada", "password": PASSWORD}, 429),
        ("/register/", NEW | {"role": "viewer"}, 429),
        ("/admin/login/", {"username": "ada", "password": PASSWORD}, 503),
        ("/admin/accounts/user/add/", NEW | {"role": "viewer", "password1": PASSWORD, "password2": PASSWORD}, 503),
    ],
)
def test_every_door_says_when_to_come_again_where_passwords_cannot_be_hashed_now(
    make_user: MakeUser, settings: Any, one_at_a_time: None, door: str, said: dict[str, str], status: int
) -> None:
    settings.ROOT_URLCONF = "config.urls"
    user = make_user("ada", role=Role.ADMIN)
    client = Client()
    if door in ("/api/auth/update", "/admin/accounts/user/add/"):
        client.force_login(user)
    with hashers._Turn():
        answer = client.post(door, urlencode(said), content_type="application/x-www-form-urlencoded")
    assert answer.status_code == status
    assert int(answer["Retry-After"]) > 0
    assert User.objects.count() == 1
