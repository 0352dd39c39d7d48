"""What those who keep order in a show do, what others then see, and how each act is taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from realtime.models import Presence, Restriction, RoomEvent, Worker
from streams.models import ChatMessage, HeldMessage, Moderator, Question, Report, Stream
from streams.models.act import Verb
from streams.models.desk_lines import report
from tests import factories
from tests.streams.desks import desk, held, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def author(db: None) -> User:
    return factories.user()


def visible(stream: Stream) -> list[str]:
    return [message.text for message in stream.messages.visible().order_by("seq")]


def facts(stream: Stream) -> list[str]:
    return factories.facts(stream.room_key)


# --- lines


def test_all_lines_of_a_person_go_at_once_and_come_back_in_their_places(live: Stream, author: User) -> None:
    spammer = factories.identity(author)
    for text in ("one", "two", "three"):
        said(live, text, spammer)
        said(live, f"not {text}")
    keeper = desk(live)
    act = keeper.delete_all(keeper.person(user_id=author.pk))
    assert visible(live) == ["not one", "not two", "not three"]
    assert not RoomEvent.objects.filter(body__contains='"text":"two"').exists()
    assert facts(live)[-1] == "chat-removed"
    keeper.undo(act)
    assert visible(live) == ["one", "not one", "two", "not two", "three", "not three"]
    assert facts(live)[-1] == "chat-restored"


def test_one_removed_before_stays_removed_when_all_come_back(live: Stream, author: User) -> None:
    first = said(live, "first", factories.identity(author))
    said(live, "second", factories.identity(author))
    keeper = desk(live)
    keeper.delete(first)
    keeper.undo(keeper.delete_all(keeper.person(user_id=author.pk)))
    assert visible(live) == ["second"]


def test_old_clients_are_told_of_each_of_many_removed_lines(live: Stream, author: User, creator: User) -> None:
    live.feature(factories.identity(creator))
    for number in range(3):
        said(live, f"line {number}", factories.identity(author))
    keeper = desk(live)
    keeper.delete_all(keeper.person(user_id=author.pk))
    removed = factories.told("lobby:main")[-1]
    assert (removed["fact"], len(removed["ids"])) == ("chat-removed", 3)


def test_a_pinned_message_is_kept_in_view_until_it_is_taken_back(live: Stream) -> None:
    first, second = said(live, "first"), said(live, "second")
    keeper = desk(live)
    keeper.pin(first)
    act = keeper.pin(second)
    assert Stream.objects.get(pk=live.pk).pinned_message == second
    keeper.undo(act)
    assert Stream.objects.get(pk=live.pk).pinned_message == first
    keeper.delete(keeper.message(first.pk))
    assert Stream.objects.get(pk=live.pk).pinned_message is None
    assert factories.told(live.room_key)[-1] == {
        "fact": "message-pinned",
        "stream_id": str(live.pk),
        "message_id": None,
    }


def test_what_was_forgotten_cannot_be_restored(live: Stream) -> None:
    message = said(live)
    keeper = desk(live)
    act = keeper.delete(message)
    message.erase()
    with pytest.raises(ValidationError, match="forgotten"):
        keeper.undo(act)


# --- people


@pytest.mark.parametrize("verb", [Verb.MUTE, Verb.BAN, Verb.SHADOW])
def test_a_restriction_holds_for_the_time_that_was_named_and_is_taken_back(
    live: Stream, author: User, verb: Verb
) -> None:
    keeper = desk(live)
    act = keeper.restrict(verb, keeper.person(user_id=author.pk), minutes=5, reason="spam")
    restriction = Restriction.objects.get()
    assert restriction.until is not None
    assert timedelta(minutes=4) < restriction.until - timezone.now() <= timedelta(minutes=5)
    assert (restriction.room, restriction.reason, act.reason) == (live.room_key, "spam", "spam")
    keeper.undo(act)
    assert not Restriction.objects.exists()
    said(live, who=factories.identity(author))


def test_a_restriction_that_was_lifted_is_imposed_again(live: Stream, author: User) -> None:
    keeper = desk(live)
    keeper.restrict(Verb.MUTE, keeper.person(user_id=author.pk), reason="spam")
    act = keeper.lift(Restriction.objects.get())
    said(live, who=factories.identity(author))
    keeper.undo(act)
    assert Restriction.objects.get().reason == "spam"
    with pytest.raises(PermissionDenied):
        said(live, who=factories.identity(author))


def test_it_holds_for_the_browser_and_the_address_that_they_are_here_with(live: Stream, author: User) -> None:
    Worker.objects.create(id="w", alive_until=timezone.now() + timedelta(minutes=1))
    Presence.objects.create(
        room=live.room_key,
        worker="w",
        connection="c",
        identity=factories.identity(author).key,
        visitor="visitor:" + "a" * 32,
        address="b" * 32,
        role="subscriber",
    )
    keeper = desk(live)
    keeper.restrict(Verb.BAN, keeper.person(user_id=author.pk))
    restriction = Restriction.objects.get()
    assert (restriction.visitor, restriction.address) == ("visitor:" + "a" * 32, "b" * 32)
    assert restriction.address_until is not None


def test_who_is_shadowed_is_heard_by_nobody_and_told_nothing(live: Stream, author: User) -> None:
    keeper = desk(live)
    keeper.restrict(Verb.SHADOW, keeper.person(user_id=author.pk))
    who = factories.identity(author)
    message = said(live, "Buy now", who)
    assert message.shadowed
    assert visible(live) == []
    assert list(live.messages.visible_to(who)) == [message]
    event = RoomEvent.objects.get(room__key=live.room_key, body__contains="Buy now")
    assert event.to == who.address
    assert Restriction.objects.against(who, live.room_key) is None
    assert "speech-changed" not in facts(live)


def test_a_mute_is_not_hidden_by_a_shadow(live: Stream, author: User) -> None:
    keeper = desk(live)
    for verb in (Verb.MUTE, Verb.SHADOW):
        keeper.restrict(verb, keeper.person(user_id=author.pk), minutes=1 if verb == Verb.MUTE else None)
    with pytest.raises(PermissionDenied, match="may not write"):
        said(live, who=factories.identity(author))


RANKS = ["viewer", "named", "owner", "moderator", "staff", "admin"]


@pytest.mark.parametrize("by", RANKS[1:])
def test_nobody_restricts_their_equals_or_those_above(live: Stream, creator: User, by: str) -> None:
    people = {
        role: creator if role == "owner" else factories.user("viewer" if role == "named" else role) for role in RANKS
    }
    other = factories.user("viewer" if by == "named" else "viewer" if by == "owner" else by)
    for named in (people["named"], *([other] if by == "named" else [])):
        desk(live).name_moderator(named)
    keeper = desk(live, people["owner"] if by == "owner" else other)
    restricted = set()
    for role, user in people.items():
        try:
            keeper.restrict(Verb.MUTE, keeper.person(user_id=user.pk))
        except PermissionDenied as refusal:
            assert "You may not restrict" in str(refusal)  # noqa: PT017 - each of them is tried
        else:
            restricted.add(role)
    below = set(RANKS[: RANKS.index(by)])
    assert restricted == below


def test_nobody_restricts_themselves(live: Stream) -> None:
    admin = factories.user("admin")
    keeper = desk(live, admin)
    with pytest.raises(PermissionDenied):
        keeper.restrict(Verb.BAN, keeper.person(user_id=admin.pk))


# --- rules


def test_a_frozen_chat_takes_lines_of_those_who_keep_order_alone(live: Stream, creator: User) -> None:
    keeper = desk(live)
    act = keeper.set_rules(frozen=True)
    said(live, "Quiet please", factories.identity(creator))
    with pytest.raises(PermissionDenied, match="frozen"):
        said(live)
    assert factories.told(live.room_key)[-2]["frozen"] is True
    keeper.undo(act)
    said(live)


def test_links_are_for_moderators_where_the_show_says_so(live: Stream, creator: User) -> None:
    said(live, "see www.example.com")
    desk(live).set_rules(links_by_moderators=True)
    with pytest.raises(PermissionDenied, match="links"):
        said(live, "see www.example.com")
    said(live, "see www.example.com", factories.identity(creator))
    said(live, "no link")


def test_blocked_words_refuse_or_hold_a_line_until_they_are_allowed_again(live: Stream, creator: User) -> None:
    keeper = desk(live)
    _, act = keeper.block("spam")
    keeper.block("maybe", "hold")
    with pytest.raises(PermissionDenied, match="words"):
        said(live, "5p@m")
    waiting = ChatMessage.objects.post_or_hold(live.pk, factories.identity(), "well, maybe")
    assert isinstance(waiting, HeldMessage)
    assert waiting.cause == "word"
    said(live, "spam", factories.identity(creator))
    keeper.undo(act)
    said(live, "spam")


def test_a_word_that_is_nothing_is_refused(live: Stream) -> None:
    with pytest.raises(ValidationError):
        desk(live).block(" * ")


def test_without_a_rule_a_line_costs_no_further_query(live: Stream) -> None:
    """What holds for a chat stands in the show's own row."""
    said(live)
    with CaptureQueriesContext(connection) as plain:
        said(live, "again")
    tables = ("blockedword", "streams_moderator", "heldmessage", "moderationact")
    assert not [query["sql"] for query in plain if any(table in query["sql"] for table in tables)]
    desk(live).block("casino")
    said(live, "words are read once")
    with CaptureQueriesContext(connection) as ruled:
        said(live, "and then remembered")
    assert not [query["sql"] for query in ruled if any(table in query["sql"] for table in tables)]


# --- lines that wait


def test_a_line_that_waits_is_seen_by_nobody_until_it_is_allowed(live: Stream, author: User) -> None:
    desk(live).set_rules(hold_messages=True)
    waiting = ChatMessage.objects.post_or_hold(live.pk, factories.identity(author), "Hello", op="1")
    assert isinstance(waiting, HeldMessage)
    assert visible(live) == []
    assert not RoomEvent.objects.filter(body__contains="Hello").exists()
    assert ChatMessage.objects.post_or_hold(live.pk, factories.identity(author), "Hello", op="1") == waiting
    keeper = desk(live)
    act = keeper.allow(waiting)
    assert visible(live) == ["Hello"]
    assert "held-settled" in facts(live)
    keeper.undo(act)
    assert visible(live) == []
    assert keeper.held(waiting.pk).status == "waiting"


def test_a_line_is_decided_on_once(live: Stream) -> None:
    waiting = held(live)
    keeper = desk(live)
    act = keeper.refuse(waiting)
    with pytest.raises(HeldMessage.DoesNotExist):
        keeper.allow(keeper.held(waiting.pk))
    keeper.undo(act)
    keeper.allow(keeper.held(waiting.pk))
    assert visible(live) == ["Hold on"]


def test_so_many_lines_wait_and_no_more(live: Stream, monkeypatch: Any) -> None:
    monkeypatch.setattr("streams.models.held_message.MAX_WAITING", 2)
    held(live)
    held(live)
    with pytest.raises(ValidationError, match="Too many"):
        held(live)


# --- reports


def test_a_report_waits_until_it_is_settled_or_the_message_is_gone(live: Stream) -> None:
    message, other = said(live), said(live)
    first = report(message, factories.identity(), "spam")
    assert report(message, factories.identity()) != first
    report(other, factories.identity())
    keeper = desk(live)
    act = keeper.settle(first, "dismissed")
    assert live.reports.open().count() == 1
    keeper.undo(act)
    assert live.reports.open().count() == 3
    keeper.delete(keeper.message(message.pk))
    assert list(live.reports.open().values_list("message", flat=True)) == [other.pk]


def test_the_same_person_reports_a_message_once_and_nobody_their_own(live: Stream, author: User) -> None:
    message, reader = said(live, who=factories.identity(author)), factories.identity()
    assert report(message, reader) == report(message, reader)
    assert Report.objects.count() == 1
    with pytest.raises(ValidationError, match="your own"):
        report(message, factories.identity(author))


# --- moderators


def test_whom_the_owner_names_keeps_order_here_and_nowhere_else(live: Stream, author: User) -> None:
    other = factories.stream(factories.user("creator"), "live")
    keeper = desk(live)
    _, act = keeper.name_moderator(author)
    message = said(live)
    desk(live, author).delete(message)
    with pytest.raises(PermissionDenied):
        desk(other, author).set_rules(frozen=True)
    keeper.undo(act)
    with pytest.raises(PermissionDenied):
        desk(live, author).set_rules(frozen=True)
    assert [fact["moderates"] for fact in factories.told(live.room_key) if fact["fact"] == "moderator-changed"] == [
        True,
        False,
    ]


def test_a_moderator_of_a_show_names_nobody(live: Stream, author: User) -> None:
    desk(live).name_moderator(author)
    with pytest.raises(PermissionDenied):
        desk(live, author).name_moderator(factories.user())
    assert Moderator.objects.count() == 1


@pytest.mark.parametrize(
    ("role", "badge"),
    [("guest", "guest"), ("viewer", ""), ("named", "moderator"), ("owner", "host"), ("staff", "staff")],
)
def test_lines_carry_the_badge_of_their_author(live: Stream, creator: User, role: str, badge: str) -> None:
    user = (
        {"guest": None, "owner": creator}.get(role)
        if role in ("guest", "owner")
        else factories.user("viewer" if role == "named" else role)
    )
    if role == "named":
        assert user is not None
        desk(live).name_moderator(user)
    message = said(live, who=factories.identity(user))
    assert message.badge == badge
    assert factories.told(live.room_key)[-1]["badge"] == badge


# --- the audit log


def test_each_act_says_who_what_whom_why_and_when(live: Stream, creator: User, author: User) -> None:
    keeper = desk(live)
    keeper.delete_all(keeper.person(user_id=author.pk), "spam")
    act = live.acts.get()
    assert (act.by, act.by_name, act.verb) == (creator, creator.username, "delete-messages")
    assert (act.whom, act.reason) == (factories.identity(author).key, "spam")
    assert abs((act.at - timezone.now()).total_seconds()) < 60


def test_an_act_is_taken_back_once(live: Stream) -> None:
    keeper = desk(live)
    act = keeper.set_rules(frozen=True)
    undone = keeper.undo(act)
    for each in (act, undone):
        with pytest.raises(ValidationError, match="cannot be undone"):
            keeper.undo(each)


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb.is_undoable])
def test_there_is_a_way_back_from_every_act(verb: Verb) -> None:
    from streams.models.undoing import Desk

    assert verb in Desk._undo


# --- questions


def test_a_question_is_asked_voted_for_picked_and_answered(live: Stream, author: User) -> None:
    first = Question.objects.ask(live, said(live, "First?", factories.identity(author)), factories.identity(author))
    second_author = factories.identity(factories.user())
    second = Question.objects.ask(live, said(live, "Second?", second_author), second_author)
    assert second.vote(factories.identity(factories.user())) == 1
    assert list(live.questions.shown()) == [second, first]
    keeper = desk(live)
    keeper.settle_question(Verb.PICK, keeper.question(first.pk))
    act = keeper.settle_question(Verb.PICK, keeper.question(second.pk))
    first.refresh_from_db()
    assert (first.status, live.questions.shown()[0]) == ("answered", second)
    keeper.undo(act)
    assert live.questions.get(pk=second.pk).status == "open"


def test_a_vote_counts_once_and_can_be_taken_back(live: Stream) -> None:
    author = factories.identity(factories.user())
    question = Question.objects.ask(live, said(live, "Why?", author), author)
    voter = factories.identity()
    assert [question.vote(voter), question.vote(voter), question.vote(voter, False), question.vote(voter, False)] == [
        1,
        1,
        0,
        0,
    ]


def test_only_ones_own_message_becomes_a_question(live: Stream, creator: User) -> None:
    message = said(live)
    with pytest.raises(PermissionDenied, match="your own"):
        Question.objects.ask(live, message, factories.identity(factories.user()))
    Question.objects.ask(live, message, factories.identity(creator))


def test_a_question_whose_message_is_removed_is_shown_no_more(live: Stream) -> None:
    author = factories.identity(factories.user())
    message = said(live, "Why?", author)
    Question.objects.ask(live, message, author)
    desk(live).delete(message)
    assert list(live.questions.shown()) == []
