"""What may be said in a show, by whom and how often; and how it is taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from accounts import identity as identities
from accounts.models import User
from realtime import limits
from realtime.models import Restriction, RoomEvent
from streams.models import ChatMessage, Stream
from tests import factories
from tests.streams.desks import desk

GUEST = identities.Identity(None, "a" * 32, label="Ada")


def post(stream: Stream, who: identities.Identity = GUEST, text: str = "Hello", **how: Any) -> ChatMessage:
    return ChatMessage.objects.post(stream.pk, who, text, **how)


def test_what_a_user_says_bears_their_name(live: Stream, viewer: User) -> None:
    message = post(live, factories.identity(viewer), "  Hello  ")
    stored = ChatMessage.objects.get()
    assert (stored.user, stored.name, stored.author) == (viewer, viewer.username, f"user:{viewer.pk}")
    assert (stored.text, stored.pk) == ("Hello", message.pk)


def test_what_a_guest_says_bears_the_name_they_gave(live: Stream) -> None:
    post(live)
    stored = ChatMessage.objects.get()
    assert (stored.user, stored.name, stored.author) == (None, "Ada", f"visitor:{'a' * 32}")


def test_a_message_is_told_to_the_room_under_its_number(live: Stream) -> None:
    message = post(live)
    told = RoomEvent.objects.get(author=GUEST.key)
    assert message.seq == ChatMessage.objects.get().seq == told.seq == 2
    assert message.lobby_seq == ChatMessage.objects.get().lobby_seq == 0
    assert factories.told(live.room_key)[-1]["text"] == "Hello"


def test_the_same_message_sent_again_is_said_once(live: Stream) -> None:
    first, again = post(live, op="1"), post(live, text="Hello again", op="1")
    assert (first.pk, ChatMessage.objects.count(), RoomEvent.objects.filter(op="1").count()) == (again.pk, 1, 1)


def test_two_people_may_choose_the_same_op(live: Stream, viewer: User) -> None:
    assert post(live, op="1").pk != post(live, factories.identity(viewer), op="1").pk


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 501, "a\0b"], ids=["empty", "blank", "long", "NUL"])
def test_this_is_no_message(live: Stream, text: str) -> None:
    with pytest.raises(ValidationError):
        post(live, text=text)
    assert not ChatMessage.objects.exists()


@pytest.mark.parametrize("text", ["x" * 500, "<b>&</b>", "👩‍👩‍👧 ok", "a\nb"])
def test_anything_else_is_kept_as_it_is(live: Stream, text: str) -> None:
    post(live, text=text)
    assert ChatMessage.objects.get().text == text


@pytest.mark.parametrize(("status", "open_"), [("scheduled", True), ("live", True), ("paused", True), ("ended", False)])
def test_a_chat_closes_with_its_show(creator: User, status: str, open_: bool) -> None:
    stream = factories.stream(creator, status)
    if open_:
        post(stream)
    else:
        with pytest.raises(ValidationError, match="This session has ended"):
            post(stream)


def test_guests_are_silent_where_the_show_wants_it(live: Stream, viewer: User) -> None:
    live.revise(guest_chat=False)
    with pytest.raises(PermissionDenied, match="Log in to write in this chat"):
        post(live)
    post(live, factories.identity(viewer))


@pytest.mark.parametrize("kind", ["mute", "ban"])
@pytest.mark.parametrize("everywhere", [True, False])
def test_someone_restricted_is_silent(live: Stream, viewer: User, kind: str, everywhere: bool) -> None:
    room = "" if everywhere else live.room_key
    getattr(Restriction.objects, kind)(GUEST.key, room)
    with pytest.raises(PermissionDenied, match="You may not write here"):
        post(live)
    post(live, factories.identity(viewer))


def test_a_restriction_ends_in_its_time_and_concerns_its_room(live: Stream, creator: User) -> None:
    Restriction.objects.mute(GUEST.key, live.room_key, until=timezone.now() - timedelta(seconds=1))
    Restriction.objects.mute(GUEST.key, factories.stream(creator).room_key)
    post(live)


def test_slow_mode_asks_for_patience(live: Stream, viewer: User) -> None:
    live.revise(slow_mode=30)
    post(live)
    with pytest.raises(limits.Throttled, match="Slow mode: one message every 30 seconds") as caught:
        post(live)
    assert 20 < caught.value.retry_after <= 30
    post(live, factories.identity(viewer))
    ChatMessage.objects.update(created_at=timezone.now() - timedelta(seconds=31))
    post(live)


def test_slow_mode_leaves_those_who_run_the_show_alone(live: Stream, creator: User) -> None:
    live.revise(slow_mode=30)
    for identity in (factories.identity(creator), factories.identity(factories.user("moderator"))):
        post(live, identity)
        post(live, identity)


# --- taking back


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_moderators_take_back_what_was_said(live: Stream, role: str) -> None:
    message = post(live, text="my secret")
    desk(live, factories.user(role)).delete(message)
    stored = ChatMessage.objects.get()
    assert (stored.deleted, stored.text) == (True, "my secret")  # for staff
    assert not RoomEvent.objects.filter(body__contains="my secret").exists()
    assert factories.told(live.room_key)[-1]["id"] == str(message.pk)
    assert list(ChatMessage.objects.visible()) == []


def test_the_creator_does_too(live: Stream, creator: User) -> None:
    desk(live, creator).delete(post(live))
    assert ChatMessage.objects.get().deleted


@pytest.mark.parametrize("role", ["viewer", "creator"])
def test_others_do_not_even_their_own(live: Stream, role: str) -> None:
    identity = factories.identity(factories.user(role))
    with pytest.raises(PermissionDenied, match="Insufficient permissions"):
        desk(live, identity.user).delete(post(live, identity))
    assert not ChatMessage.objects.get().deleted


def test_what_is_erased_is_gone_with_its_name_and_all_that_came_along(live: Stream, creator: User) -> None:
    live.feature(factories.identity(creator))
    removed, erased = (post(live, text="my secret", extra={"badge": "my badge"}) for _ in range(2))
    removed.hide()
    for message in (removed, erased):
        message.erase()
        stored = ChatMessage.objects.get(pk=message.pk)
        assert (stored.deleted, stored.text, stored.name, stored.extra) == (True, "", "", {})
    bodies = "".join(RoomEvent.objects.values_list("body", flat=True))
    assert not any(secret in bodies for secret in ("my secret", "my badge", '"Ada"'))
    assert factories.facts(live.room_key).count("chat-deleted") == 2


def test_staff_read_what_was_removed_until_its_time_is_over(live: Stream, settings: Any) -> None:
    settings.REMOVED_CHAT_DAYS = 30
    old, new, shown = (post(live, text=text) for text in ("old", "new", "shown"))
    old.hide()
    new.hide()
    ChatMessage.objects.filter(pk=old.pk).update(removed_at=timezone.now() - timedelta(days=31))
    assert ChatMessage.objects.all().forget_removed() == 1
    assert ChatMessage.objects.all().forget_removed() == 0
    texts = dict(ChatMessage.objects.values_list("pk", "text"))
    assert texts == {old.pk: "", new.pk: "new", shown.pk: "shown"}


def test_what_is_taken_back_twice_is_told_once(live: Stream) -> None:
    message = post(live)
    message.erase()
    message.erase()
    assert factories.facts(live.room_key) == ["started", "chat-deleted"]


@pytest.mark.parametrize("since", ["slow", "muted", "ended"])
def test_a_resend_is_answered_with_the_first_message_whatever_has_changed_since(db: None, since: str) -> None:
    creator, someone = factories.user("creator"), factories.identity(factories.user())
    stream = factories.stream(creator, "live", slow_mode=60 if since == "slow" else 0)
    first = ChatMessage.objects.post(stream.pk, someone, "Hello", op="a")
    if since == "muted":
        Restriction.objects.mute(someone.key, stream.room_key)
    elif since == "ended":
        stream.end()
    again = ChatMessage.objects.post(stream.pk, someone, "Hello", op="a")
    assert again.pk == first.pk
    assert stream.messages.count() == 1
