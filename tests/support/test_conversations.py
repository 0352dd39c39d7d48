"""How conversations go on: reopened or begun anew, snoozed, assigned, due, and forgotten."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts.models import User
from config import jobs
from realtime.models import Presence, Restriction, Room, Worker
from support.models import (
    CannedReply,
    Claim,
    Conversation,
    Rating,
    Registration,
    Said,
    Sender,
    SupportMessage,
    TimeGoal,
)
from support.rooms import InboxRoom
from tests import factories
from tests.support.desk import agent, begun, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def at_desk(*users: User) -> None:
    """These staff are at the desk, through a process that is alive."""
    Worker.objects.create(id="w", alive_until=timezone.now() + timedelta(minutes=1))
    for number, user in enumerate(users):
        Presence.objects.create(
            room=InboxRoom().key, worker="w", connection=f"c{number}", identity=f"user:{user.pk}", role="agent"
        )


# --- resolved, until the customer writes again


def test_a_resolved_conversation_stays_so_until_its_customer_writes() -> None:
    customer = factories.user()
    conversation = begun(customer)
    one = agent()
    conversation.set_status(one, "resolved")
    said(one, "One thing more.", conversation_id=conversation.pk)
    conversation.refresh_from_db()
    assert conversation.status == "resolved"
    again = said(Sender(factories.identity(customer)), "Yes?")
    assert again.conversation_id == conversation.pk
    conversation.refresh_from_db()
    assert (conversation.status, conversation.resolved_at) == ("open", None)
    assert [fact["fact"] for fact in factories.told(conversation.room_key)].count("support-status") == 3


def test_one_that_was_resolved_long_ago_stays_and_another_begins() -> None:
    customer = factories.user()
    conversation = begun(customer)
    conversation.set_status(agent(), "resolved")
    Conversation.objects.filter(pk=conversation.pk).update(resolved_at=timezone.now() - timedelta(days=7, seconds=1))
    sender = Sender(factories.identity(customer))
    for more in ({}, {"conversation_id": conversation.pk}):
        new = said(sender, "Hello again", **more)
        assert new.conversation_id != conversation.pk
        new.conversation.set_status(agent(), "resolved")
        Conversation.objects.filter(pk=new.conversation_id).update(resolved_at=factories.ago(60 * 24 * 8))
    conversation.refresh_from_db()
    assert conversation.status == "resolved"
    assert conversation.messages.count() == 1
    assert Conversation.objects.find(sender, conversation.pk) == conversation  # the old ones stay readable


def test_what_is_left_to_the_customer_opens_when_they_write() -> None:
    customer = factories.user()
    conversation = begun(customer)
    for status, until in (("pending", None), ("snoozed", timezone.now() + timedelta(days=1))):
        conversation.set_status(agent(), status, until)
        said(Sender(factories.identity(customer)), "Here")
        conversation.refresh_from_db()
        assert (conversation.status, conversation.snoozed_until) == ("open", None)


def test_a_full_conversation_goes_on_as_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("support.models.conversation.MAX_MESSAGES", 2)
    customer = factories.user()
    conversation, sender = begun(customer), Sender(factories.identity(customer))
    said(sender, "two")
    assert said(sender, "three").conversation_id != conversation.pk
    with pytest.raises(ValidationError, match="too long"):
        said(agent(), "Yes", conversation_id=conversation.pk)


def test_one_who_is_banned_everywhere_does_not_write_here_either() -> None:
    sender = Sender(factories.identity(factories.user()))
    conversation = said(sender, "Hello").conversation
    Restriction.objects.ban(sender.identity.key)
    with pytest.raises(PermissionDenied):
        said(sender, "Hello?")
    assert conversation.messages.count() == 1


# --- snooze


def test_a_snooze_ends_by_itself() -> None:
    conversation = begun()
    conversation.set_status(agent(), "snoozed", timezone.now() + timedelta(hours=1))
    assert Conversation.objects.wake() == 0
    Conversation.objects.filter(pk=conversation.pk).update(snoozed_until=factories.ago(1))
    assert Conversation.objects.wake() == 1
    conversation.refresh_from_db()
    assert (conversation.status, conversation.snoozed_until) == ("open", None)
    assert Conversation.objects.wake() == 0


# --- who takes care of it


def test_new_conversations_go_to_the_one_at_the_desk_with_least_to_do() -> None:
    ann, bob, away = (factories.user("staff") for _ in range(3))
    at_desk(ann, bob)
    first, second, third = begun(), begun(), begun()
    assert [first.assignee, second.assignee, third.assignee] == [ann, bob, ann]
    first.set_status(agent(), "resolved")
    third.set_status(agent(), "resolved")
    assert begun().assignee == ann
    assert away.support_conversations.count() == 0


def test_nobody_but_staff_who_are_there_is_assigned() -> None:
    gone, former = factories.user("staff"), factories.user("staff")
    at_desk(gone, former)
    Worker.objects.update(alive_until=factories.ago(1))
    assert begun().assignee is None
    Worker.objects.update(alive_until=timezone.now() + timedelta(minutes=1))
    gone.deactivate()
    former.set_role("viewer")
    assert begun().assignee is None


def test_what_waits_is_assigned_when_somebody_comes() -> None:
    waiting, resolved = begun(), begun()
    resolved.set_status(agent(), "resolved")
    assert Conversation.objects.assign_waiting() == 0
    ann = factories.user("staff")
    at_desk(ann)
    assert Conversation.objects.assign_waiting() == 1
    waiting.refresh_from_db()
    resolved.refresh_from_db()
    assert (waiting.assignee, resolved.assignee) == (ann, None)


def test_who_answers_takes_care_of_what_nobody_does() -> None:
    conversation, one, other = begun(), agent(), agent()
    for answering in (one, other):
        said(answering, "Hello", conversation_id=conversation.pk)
    conversation.refresh_from_db()
    assert conversation.assignee == one.identity.user
    assert conversation.waiting_since is None


# --- time goals


def test_a_conversation_is_overdue_when_its_goals_are_not_met() -> None:
    TimeGoal.objects.create(priority="medium", first_reply_minutes=30, resolution_minutes=120)
    customer = factories.user()
    conversation = begun(customer)
    assert conversation.reply_due_at == conversation.messages.get().created_at + timedelta(minutes=30)
    assert conversation.resolution_due_at == conversation.messages.get().created_at + timedelta(minutes=120)
    assert late() == []
    Conversation.objects.update(reply_due_at=factories.ago(1))
    assert late() == [conversation]
    said(agent(), "Yes", conversation_id=conversation.pk)
    assert late() == []
    Conversation.objects.update(resolution_due_at=factories.ago(1))
    assert late() == [conversation]
    Conversation.objects.get().set_status(agent(), "resolved")
    assert late() == []
    said(Sender(factories.identity(customer)), "No!")
    assert late() == []


def late() -> list[Conversation]:
    """The conversations that are overdue, about which a row and the query must agree."""
    found = list(Conversation.objects.overdue())
    assert [each for each in Conversation.objects.all() if each.is_overdue] == found
    return found


def test_a_higher_priority_has_goals_of_its_own() -> None:
    TimeGoal.objects.create(priority="urgent", first_reply_minutes=5, resolution_minutes=60)
    conversation = begun()
    assert (conversation.reply_due_at, conversation.resolution_due_at) == (None, None)
    conversation.revise(agent(), priority="urgent")
    conversation.refresh_from_db()
    assert conversation.reply_due_at == conversation.created_at + timedelta(minutes=5)


# --- canned replies


def test_a_canned_reply_is_filled_in_once() -> None:
    reply = CannedReply(shortcut="hello", text="Dear {customer}, this is {agent}. {show}")
    reply.full_clean()
    conversation, one = begun(name="Ann {agent}"), agent()
    text = reply.filled_in(conversation, one.identity)
    assert text == f"Dear Ann {{agent}}, this is {one.identity.name}. "
    with pytest.raises(ValidationError, match="There is no"):
        CannedReply(shortcut="oops", text="Dear {costumer}").full_clean()
    with pytest.raises(ValidationError):
        CannedReply(shortcut="a b", text="x").full_clean()


# --- what is kept, and for how long


def test_sessions_that_never_wrote_are_forgotten() -> None:
    def register(session: str) -> Registration:
        return Registration.objects.register(Claim(session, factories.identity()))

    old, wrote, new = register("old"), register("wrote"), register("new")
    Conversation.objects.say(Sender(factories.identity(), wrote, "wrote"), Said("Hello"))
    Registration.objects.filter(pk__in=[old.pk, wrote.pk]).update(seen_at=factories.ago(60 * 24 * 7 + 1))
    jobs.prune_support()
    assert set(Registration.objects.all()) == {wrote, new}


def test_conversations_that_were_resolved_long_ago_are_deleted_with_their_rooms(settings: Any) -> None:
    old, newer, unresolved = begun(), begun(), begun()
    for conversation, days in ((old, settings.HISTORY_KEPT.days + 1), (newer, settings.HISTORY_KEPT.days - 1)):
        conversation.set_status(agent(), "resolved")
        Conversation.objects.filter(pk=conversation.pk).update(resolved_at=factories.ago(60 * 24 * days))
    jobs.prune_support()
    assert set(Conversation.objects.all()) == {newer, unresolved}
    assert not Room.objects.filter(key=old.room_key).exists()
    assert Room.objects.filter(key=newer.room_key).exists()


def test_erasing_a_customer_forgets_what_they_said_and_what_logs_quote_of_it() -> None:
    customer = factories.user(name="noa")
    conversation = begun(customer, "My secret")
    said(agent(), "Yes", conversation_id=conversation.pk)
    conversation.set_status(agent(), "resolved")
    Rating.objects.rate(conversation, Sender(factories.identity(customer)), 3, "My secret")
    call_command("erase", "noa")
    logs = str(factories.told(conversation.room_key)) + str(factories.told(InboxRoom().key))
    rows = [str(list(model.objects.values())) for model in (SupportMessage, Conversation, Rating)]
    assert "My secret" not in logs + "".join(rows)
    assert "noa" not in logs
    assert set(SupportMessage.objects.values_list("text", flat=True)) == {"", "Yes"}
