"""Who may not be or speak where, and what a ban closes."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.identity import Identity
from accounts.models import Role, User
from realtime.models import Banned, Presence, Restriction, restricted
from rest import addresses
from tests import factories

pytestmark = pytest.mark.django_db

CONTROL, ROOM = "control:all", "show:1"


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    for room in ("", ROOM, "show:2"):
        restricted.invalidate(room)


def closing(identity: str) -> list[int]:
    """The codes with which someone's sockets were ordered to close; the one room of such orders is everybody's."""
    return [fact["code"] for fact in factories.told(CONTROL) if fact["identity"] == identity]


def test_a_ban_closes_what_the_person_holds_open() -> None:
    someone = factories.identity().key
    Restriction.objects.ban(someone, reason="spam")
    assert closing(someone) == [4403]


def test_whoever_is_banned_from_one_room_may_come_back_to_the_others() -> None:
    someone = factories.identity().key
    Restriction.objects.ban(someone, ROOM)
    assert closing(someone) == [1012]


def test_whoever_is_banned_for_a_time_may_come_back_and_wait() -> None:
    someone = factories.identity().key
    Restriction.objects.ban(someone, until=timezone.now() + timedelta(minutes=1))
    assert closing(someone) == [1012]


def test_a_mute_closes_nothing() -> None:
    someone = factories.identity().key
    Restriction.objects.mute(someone)
    assert closing(someone) == []


def test_a_ban_that_is_over_closes_nothing() -> None:
    someone = factories.identity().key
    Restriction.objects.ban(someone, until=timezone.now() - timedelta(seconds=1))
    assert closing(someone) == []


@pytest.mark.parametrize(
    ("kind", "where", "enters", "speaks"),
    [
        ("ban", "", False, False),
        ("ban", ROOM, False, False),
        ("ban", "show:2", True, True),
        ("mute", "", True, False),
        ("mute", ROOM, True, False),
        ("mute", "show:2", True, True),
    ],
)
def test_a_restriction_holds_in_its_room_or_everywhere(kind: str, where: str, enters: bool, speaks: bool) -> None:
    someone, other = factories.identity(), factories.identity()
    getattr(Restriction.objects, kind)(someone.key, where)
    for check, may in (
        (Restriction.check_may_enter, enters),
        (Restriction.check_may_speak, speaks),
    ):
        check(other, ROOM)
        if may:
            check(someone, ROOM)
        else:
            with pytest.raises(PermissionDenied):
                check(someone, ROOM)


def test_someone_banned_and_muted_is_banned() -> None:
    someone = factories.identity()
    Restriction.objects.ban(someone.key, ROOM)
    Restriction.objects.mute(someone.key, ROOM)
    with pytest.raises(PermissionDenied):
        Restriction.check_may_enter(someone, ROOM)


@pytest.mark.parametrize(
    ("by", "may"),
    [
        ("moderator", {"viewer", "creator"}),
        ("staff", {"viewer", "creator", "moderator"}),
        ("admin", {"viewer", "creator", "moderator", "staff"}),
    ],
)
def test_people_restrict_those_who_rank_below_them(by: str, may: set[str]) -> None:
    someone = factories.user(by)
    others = {role: factories.identity(factories.user(role)).key for role in Role.values}
    assert {role for role, key in others.items() if restricts(someone, key)} == may
    assert restricts(someone, factories.identity().key)
    assert not restricts(someone, factories.identity(someone).key)


def restricts(by: User, identity: str) -> bool:
    """Whether someone may do it; then it is also lifted by them, and else nobody is restricted."""
    try:
        Restriction.objects.mute(identity, by=by)
    except PermissionDenied:
        assert not Restriction.objects.filter(identity=identity)
        restriction = Restriction.objects.mute(identity)
        with pytest.raises(PermissionDenied):
            restriction.lift(by)
        restriction.lift()
        return False
    Restriction.objects.get(identity=identity).lift(by)
    return True


def wait(someone: Identity) -> float | None:
    """The seconds until someone who is banned may try again."""
    with pytest.raises(Banned) as banned:
        Restriction.check_may_enter(someone, ROOM)
    return banned.value.retry_after


def test_a_ban_for_a_time_says_when_it_ends() -> None:
    someone = factories.identity()
    Restriction.objects.ban(someone.key, ROOM, until=timezone.now() + timedelta(minutes=10))
    seconds = wait(someone)
    assert seconds is not None
    assert 590 < seconds <= 600


@pytest.mark.parametrize(
    ("bans", "longest"),
    [
        ([(ROOM, 1), (ROOM, 9)], 9),
        ([(ROOM, 9), (ROOM, 1)], 9),
        ([("", 9), (ROOM, 1)], 9),
        ([("", 1), (ROOM, 9)], 9),
        ([(ROOM, None), (ROOM, 9)], None),
        ([(ROOM, 9), (ROOM, None)], None),
        ([("", None), (ROOM, 9)], None),
    ],
)
def test_of_several_bans_the_longest_counts(bans: list[tuple[str, int | None]], longest: int | None) -> None:
    someone = factories.identity()
    for room, minutes in bans:
        until = None if minutes is None else timezone.now() + timedelta(minutes=minutes)
        Restriction.objects.ban(someone.key, room, until=until)
    seconds = wait(someone)
    assert (seconds is None) if longest is None else (seconds is not None and 530 < seconds <= longest * 60)


def test_a_ban_that_is_just_ending_is_asked_about_again_in_a_moment() -> None:
    """What is known of it may be a second old; whoever came back too early would come again at once, and again."""
    someone = factories.identity()
    Restriction.objects.ban(someone.key, ROOM, until=timezone.now() + timedelta(milliseconds=300))
    assert wait(someone) == 1.0


def test_a_restriction_taken_back_is_over_at_once() -> None:
    someone = factories.identity()
    restriction = Restriction.objects.ban(someone.key, ROOM)
    restriction.delete()
    Restriction.check_may_enter(someone, ROOM)


def test_whoever_may_speak_again_is_not_refused_from_memory() -> None:
    someone = factories.identity().key
    Restriction.objects.mute(someone, ROOM)
    with pytest.raises(PermissionDenied):
        Restriction.check_may_speak(someone, ROOM)
    Restriction.objects.filter(identity=someone).delete()  # As another process lifts it: this one still remembers.
    assert someone in restricted(ROOM)
    Restriction.check_may_speak(someone, ROOM)


# --- who throws their cookie away

HERE, ELSEWHERE = addresses.hashed("198.51.100.7"), addresses.hashed("198.51.100.8")


def at(address: str = HERE, of: User | None = None, visitor: str = "") -> Identity:
    """Somebody who comes from an address, by default with a cookie that nobody has seen before."""
    someone = factories.identity(of)
    return replace(someone, address_hash=address, visitor=visitor or someone.visitor)


def refusals(someone: Identity) -> tuple[bool, bool]:
    """Whether someone may neither enter nor speak."""
    found = []
    for check in (Restriction.check_may_enter, Restriction.check_may_speak):
        try:
            check(someone, ROOM)
        except PermissionDenied:
            found.append(True)
        else:
            found.append(False)
    return found[0], found[1]


def is_present(someone: Identity) -> Identity:
    facts = {"identity": someone.key, "visitor": f"visitor:{someone.visitor}", "address": someone.address_hash}
    Presence.objects.create(room=ROOM, worker="w", connection=someone.visitor, role="viewer", **facts)
    return someone


@pytest.mark.parametrize(("impose", "kept_out"), [("mute", (False, True)), ("ban", (True, True))])
def test_a_moderators_restriction_takes_the_address_along_for_a_while(impose: str, kept_out: tuple[bool, bool]) -> None:
    moderator, spammer = factories.user("moderator"), is_present(at())
    restriction = getattr(Restriction.objects, impose)(spammer.key, ROOM, by=moderator)
    assert refusals(spammer) == refusals(at()) == kept_out
    assert refusals(at(ELSEWHERE)) == (False, False)
    Restriction.objects.filter(pk=restriction.pk).update(address_until=timezone.now())
    restricted.invalidate(ROOM)
    assert (refusals(spammer), refusals(at())) == (kept_out, (False, False))


def test_a_new_account_does_not_help_and_older_ones_at_the_address_are_left_alone() -> None:
    colleague, moderator = at(of=factories.user()), at(of=factories.user("moderator"))
    Restriction.objects.ban(is_present(at()).key, ROOM, by=factories.user("moderator"))
    assert refusals(at(of=factories.user())) == (True, True)
    assert refusals(colleague) == refusals(moderator) == (False, False)


def test_a_user_who_logs_out_is_still_restricted_in_their_browser() -> None:
    user = is_present(at(of=factories.user()))
    Restriction.objects.ban(user.key, ROOM, by=factories.user("moderator"))
    assert refusals(at(ELSEWHERE, visitor=user.visitor)) == (True, True)
    assert refusals(replace(user, address_hash=ELSEWHERE)) == (True, True)


@pytest.mark.parametrize("minutes", [0, 60])
def test_the_address_may_be_spared(minutes: int, settings: Any) -> None:
    settings.RESTRICT_ADDRESS_MINUTES = minutes
    how = {"address": ""} if minutes else {}
    Restriction.objects.ban(is_present(at()).key, ROOM, by=factories.user("moderator"), **how)
    assert refusals(at()) == (False, False)


def test_the_server_itself_spares_the_address() -> None:
    Restriction.objects.ban(is_present(at()).key, ROOM)
    assert refusals(at()) == (False, False)


def test_an_address_is_restricted_no_longer_than_the_person() -> None:
    until = timezone.now() + timedelta(minutes=5)
    restriction = Restriction.objects.ban(is_present(at()).key, ROOM, by=factories.user("moderator"), until=until)
    assert restriction.address_until == until


def test_lifting_it_frees_the_address_too() -> None:
    moderator = factories.user("moderator")
    restriction = Restriction.objects.ban(is_present(at()).key, ROOM, by=moderator)
    restriction.lift(moderator)
    assert refusals(at()) == (False, False)


def test_an_address_can_be_restricted_by_itself() -> None:
    restriction = Restriction(kind="mute", room=ROOM, address=HERE)
    restriction.impose()
    assert refusals(at()) == (False, True)
    assert restriction.address_until is not None


def test_a_restriction_is_of_somebody() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Restriction.objects.create(kind="mute")


def test_the_sockets_of_an_address_are_closed_but_not_those_of_accounts() -> None:
    Restriction.objects.ban(is_present(at()).key, ROOM, by=factories.user("moderator"))
    subject = f"address:{HERE}"
    assert closing(subject) == [1012]
    assert at().is_meant_by(subject)
    assert not at(of=factories.user()).is_meant_by(subject)


@pytest.mark.parametrize("sender", ["", "unknown", "10.1.2.3"])
def test_what_many_share_is_no_address(sender: str, settings: Any) -> None:
    settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
    addresses.hashed.cache_clear()
    assert addresses.hashed(sender) == ""
    assert len(addresses.hashed("2001:db8::/64")) == addresses.HASH_LENGTH
