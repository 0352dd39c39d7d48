"""Who may not be or speak where, and what a ban closes."""

from datetime import timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from realtime.models import Restriction, restricted
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


def test_a_restriction_taken_back_is_over_at_once() -> None:
    someone = factories.identity()
    restriction = Restriction.objects.ban(someone.key, ROOM)
    restriction.delete()
    Restriction.check_may_enter(someone, ROOM)
