"""Who may take part in a show: guests, young accounts, restricted people, and how often from one address."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts.identity import Identity
from accounts.models import User
from realtime import limits
from realtime.models import Restriction, restricted
from rest import addresses
from streams.models import ChatMessage, Like, Stream
from streams.models.rules import TooYoung
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

HERE, ELSEWHERE = addresses.hashed("198.51.100.7"), addresses.hashed("2001:db8::/64")


@pytest.fixture
def live(creator: User) -> Stream:
    stream = factories.stream(creator, "live")
    restricted.invalidate("")
    restricted.invalidate(stream.room_key)
    return stream


def write(live: Stream, by: Identity) -> None:
    ChatMessage.objects.post(live.pk, by, "Hello")


def like(live: Stream, by: Identity) -> None:
    Like.objects.toggle(live, by.key, None, by)


def be_noticed(live: Stream, by: Identity) -> None:
    """As a reaction is checked."""
    live.check_may_be_noticed(by)


WAYS = pytest.mark.parametrize("act", [write, like, be_noticed], ids=lambda act: act.__name__)
Act = Callable[[Stream, Identity], None]


def aged(minutes: int) -> Identity:
    user = factories.user()
    User.objects.filter(pk=user.pk).update(created_at=factories.ago(minutes))
    user.refresh_from_db()
    return factories.identity(user)


@WAYS
def test_a_show_that_is_closed_to_guests_is_so_in_every_way(live: Stream, act: Act) -> None:
    live.revise(guest_chat=False)
    with pytest.raises(PermissionDenied, match="Log in to"):
        act(live, factories.identity())
    act(live, factories.identity(factories.user()))


@WAYS
def test_a_show_that_is_closed_to_young_accounts_says_when_it_is_not(live: Stream, act: Act) -> None:
    live.revise(account_minutes=10)
    with pytest.raises(TooYoung) as refused:
        act(live, aged(4))
    assert 350 < refused.value.retry_after <= 360
    with pytest.raises(PermissionDenied, match="Log in to"):
        act(live, factories.identity())
    act(live, aged(11))


@WAYS
def test_the_rules_are_not_for_those_who_keep_order(live: Stream, creator: User, act: Act) -> None:
    live.revise(account_minutes=10, guest_chat=False)
    act(live, factories.identity(creator))
    act(live, factories.identity(factories.user("moderator")))


@WAYS
@pytest.mark.parametrize("kind", ["mute", "ban"])
def test_whoever_is_restricted_is_not_noticed(live: Stream, act: Act, kind: str) -> None:
    someone = factories.identity()
    getattr(Restriction.objects, kind)(someone.key, live.room_key)
    with pytest.raises(PermissionDenied):
        act(live, someone)
    act(live, factories.identity())


def test_whoever_is_restricted_is_counted_all_the_same(live: Stream, creator: User) -> None:
    someone, product = factories.identity(), factories.product(creator)
    factories.listing(live, product)
    Restriction.objects.mute(someone.key, live.room_key)
    live.click(product.pk, someone)
    assert live.clicks.filter(viewer=someone.key).exists()


# --- slow mode and addresses


def guest(address: str = HERE) -> Identity:
    return replace(factories.identity(), address_hash=address)


def passed(live: Stream, people: list[Identity]) -> int:
    count = 0
    for someone in people:
        try:
            write(live, someone)
        except limits.Throttled:
            continue
        count += 1
    return count


def test_slow_mode_counts_new_guests_of_an_address_together(live: Stream, settings: Any) -> None:
    settings.SLOW_MODE_PER_ADDRESS = 3
    live.revise(slow_mode=30)
    assert passed(live, [guest() for _ in range(10)]) == 3
    assert passed(live, [guest(ELSEWHERE) for _ in range(2)]) == 2
    assert passed(live, [guest("") for _ in range(5)]) == 5
    ChatMessage.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    assert passed(live, [guest() for _ in range(5)]) == 3


def test_new_accounts_count_as_guests_and_others_do_not(live: Stream, settings: Any) -> None:
    settings.SLOW_MODE_PER_ADDRESS = 1
    live.revise(slow_mode=30)
    known = [replace(aged(60 * 25), address_hash=HERE) for _ in range(3)]
    assert passed(live, [guest(), *(replace(aged(5), address_hash=HERE) for _ in range(3))]) == 1
    assert passed(live, known) == 3


def test_no_limit_of_addresses_where_the_operator_wants_none(live: Stream, settings: Any) -> None:
    settings.SLOW_MODE_PER_ADDRESS = 0
    live.revise(slow_mode=30)
    assert passed(live, [guest() for _ in range(8)]) == 8


def test_from_where_people_wrote_is_forgotten_after_the_show(live: Stream) -> None:
    write(live, guest())
    assert ChatMessage.objects.get().address == HERE
    live.end()
    assert ChatMessage.objects.all().forget_addresses() == 0
    Stream.objects.filter(pk=live.pk).update(ended_at=timezone.now() - timedelta(days=2))
    assert ChatMessage.objects.all().forget_addresses() == 1
    assert ChatMessage.objects.get().address == ""


# --- reactions


def test_a_show_counts_no_more_kinds_than_there_is_room_for(live: Stream) -> None:
    live.revise(reaction_kinds=["star"])
    live.check_has_reaction("star")
    with pytest.raises(ValidationError, match="no such reaction"):
        live.check_has_reaction("heart")
    with pytest.raises(ValidationError, match="at most 100 kinds"):
        live.revise(reaction_kinds=[f"kind-{number}" for number in range(101)])


def test_those_who_run_a_show_choose_its_rules_over_rest(live: Stream, creator: User) -> None:
    path = f"/api/sessions/{live.pk}"
    rules = {"accountMinutes": 10, "reactionKinds": ["star", "moon", "star"]}
    told = factories.client(creator).patch(path, rules, format="json").json()["data"]
    assert (told["accountMinutes"], told["reactionKinds"]) == (10, ["star", "moon"])
    for wrong in ({"accountMinutes": -1}, {"reactionKinds": ["x" * 21]}, {"reactionKinds": ["a\x01"] * 30}):
        assert factories.client(creator).patch(path, wrong, format="json").status_code == 400
