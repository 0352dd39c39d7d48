"""Who may not be or speak where, and what a ban closes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from accounts.identity import Identity
from accounts.models import Role, User
from realtime.models import Banned, Restriction, restricted
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
        (lambda identity, room: Restriction.check_may_speak(identity.key, room), speaks),
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
        ("admin", {"viewer", "creator", "moderator", "staff", "admin"}),
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
