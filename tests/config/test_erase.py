"""A person's words are forgotten wherever a copy of them is kept."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from accounts import identity as identities
from accounts.models import User
from realtime import event_log
from realtime.models import RoomEvent
from shopping.models import JoinRequest, Participant, ShoppingSession
from signaling.models import Call
from streams.events import shows
from streams.models import ChatMessage
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def erase(who: str) -> str:
    written = StringIO()
    call_command("erase", who, stdout=written)
    return written.getvalue()


def bodies() -> str:
    return "".join(RoomEvent.objects.values_list("body", flat=True))


def test_what_one_person_has_said_is_forgotten_and_nothing_else() -> None:
    someone, other = factories.identity(factories.user()), factories.identity(factories.user())
    stream = factories.stream(factories.user("creator"), "live")
    for who in (someone, other):
        ChatMessage.objects.post(stream.pk, who, f"words of {who.name}", extra={"badge": f"badge of {who.name}"})
    with event_log.transaction():
        event_log.tell("shopping:sess_0123456789", shows.Resumed(stream_id=someone.name), author=someone.key)
    Call.objects.create(
        match_name="m",
        caller=someone.name,
        callee=other.name,
        caller_user=someone.user,
        callee_user=other.user,
        ended_at="2026-01-01T00:00Z",
        ending="user_hangup",
    )
    report = erase(someone.key)
    assert "1 chat messages erased" in report
    assert "1 other events redacted" in report
    assert "1 names in calls forgotten" in report
    assert someone.name not in bodies()
    assert f"words of {other.name}" in bodies()
    assert [(m.text, m.name, m.extra) for m in ChatMessage.objects.filter(author=someone.key)] == [("", "", {})]
    assert ChatMessage.objects.get(author=other.key).name == other.name
    call = Call.objects.get()
    assert (call.caller, call.caller_user, call.callee) == ("", None, other.name)
    assert "0 chat messages erased" in erase(someone.key)


def test_a_guests_name_in_a_party_is_forgotten() -> None:
    guest = identities.Identity(None, "a" * 32)
    ShoppingSession.objects.open(JoinRequest(guest, "conn", "user_1", "Ada"), {"note": "for Ada"})
    assert "1 names in parties forgotten" in erase(guest.key)
    assert Participant.objects.get().name == "Anonymous"
    assert ShoppingSession.objects.get().metadata == {}


def test_a_username_will_do_and_a_wrong_one_is_refused() -> None:
    user: User = factories.user()
    assert "0 chat messages erased" in erase(user.username)
    with pytest.raises(CommandError, match="no such user"):
        erase("nobody-at-all")
