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
        restricted.forget(room)


def test_a_ban_closes_what_the_person_holds_open() -> None:
    Restriction.objects.ban("user:7", reason="spam")
    assert factories.told(CONTROL) == [{"fact": "access-revoked", "identity": "user:7", "code": 4403}]


def test_whoever_is_banned_from_one_room_may_come_back_to_the_others() -> None:
    Restriction.objects.ban("user:7", ROOM)
    assert factories.told(CONTROL) == [{"fact": "access-revoked", "identity": "user:7", "code": 1012}]


def test_a_mute_closes_nothing() -> None:
    Restriction.objects.mute("user:7")
    assert factories.told(CONTROL) == []


def test_a_ban_that_is_over_closes_nothing() -> None:
    Restriction.objects.ban("user:7", until=timezone.now() - timedelta(seconds=1))
    assert factories.told(CONTROL) == []


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
        (Restriction.objects.check_may_enter, enters),
        (Restriction.objects.check_may_speak, speaks),
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
        Restriction.objects.check_may_enter(someone, ROOM)


def test_a_restriction_taken_back_is_over_at_once() -> None:
    someone = factories.identity()
    restriction = Restriction.objects.ban(someone.key, ROOM)
    restriction.delete()
    Restriction.objects.check_may_enter(someone, ROOM)
