"""Every role, in one's own and in another's conversation, doing everything: generated from the declarations."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from rest_framework.test import APIClient

from accounts import guests
from accounts.models import Role
from support.models import Conversation, Offer, Origin, Rating, Said, Sender, chat_lines
from support.rights import AGENTS, RIGHTS, Action, Part, may
from tests import factories
from tests.support.desk import agent, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

ROLES = ["guest", *Role.values]
WHOSE = ["own", "another's"]

# Each action finds a conversation in which nothing but the rights can be in its way: see `cast`.
VERBS: dict[Action, Callable[[Conversation, Sender], object]] = {
    Action.READ: lambda conversation, sender: Conversation.objects.find(sender, conversation.pk),
    Action.WRITE: lambda conversation, sender: Conversation.objects.say(
        sender, Said("Hi", conversation_id=conversation.pk)
    ),
    Action.NOTE: lambda conversation, sender: Conversation.objects.say(
        sender, Said("Hi", conversation_id=conversation.pk, internal=True)
    ),
    Action.MARK: lambda conversation, sender: conversation.mark(sender, read=uuid.uuid4()),
    Action.TYPE: lambda conversation, sender: conversation.type(sender, "c", typing=True),
    Action.ASSIGN: lambda conversation, sender: conversation.assign(sender, None),
    Action.CHANGE_STATUS: lambda conversation, sender: conversation.set_status(
        sender, "snoozed", timezone.now() + timedelta(hours=1)
    ),
    Action.RATE: lambda conversation, sender: Rating.objects.rate(conversation, sender, 5),
    Action.EXPORT: lambda conversation, sender: conversation.check_may(Action.EXPORT, sender),
    Action.OFFER: lambda conversation, sender: Offer.objects.make(conversation, sender, "call"),
    Action.ANSWER_OFFER: lambda conversation, sender: Offer.objects.answer(
        conversation, sender, conversation.offers.get().pk, accept=False
    ),
    Action.SHOW_ANSWER: lambda conversation, sender: chat_lines.show_answer(
        conversation, sender, conversation.messages.replies().get().pk
    ),
    Action.SEE_LOOKERS: lambda conversation, sender: conversation.check_may(Action.SEE_LOOKERS, sender),
}

PATHS: dict[Action, tuple[str, str, dict[str, Any]]] = {
    Action.READ: ("get", "", {}),
    Action.WRITE: ("post", "/messages", {"message": "Hi"}),
    Action.NOTE: ("post", "/messages", {"message": "Hi", "internal": True}),
    Action.ASSIGN: ("post", "/assign", {"assigneeId": None}),
    Action.CHANGE_STATUS: ("post", "/status", {"status": "pending"}),
    Action.RATE: ("post", "/rating", {"score": 5}),
    Action.EXPORT: ("get", "/transcript", {}),
}

CELLS = [
    pytest.param(role, whose, action, id=f"{role}-{whose}-{action}")
    for role in ROLES
    for whose in WHOSE
    for action in Action
]


def test_every_action_has_a_verb_and_says_who_may() -> None:
    assert set(VERBS) == set(RIGHTS) == set(Action)


def parts(role: str, whose: str) -> set[Part]:
    """What somebody of this role is in such a conversation."""
    return ({Part.CUSTOMER} if whose == "own" else set()) | ({Part.AGENT} if role in AGENTS else set())


def cast(role: str, whose: str, action: Action) -> tuple[Conversation, Sender]:
    """A conversation about a show, and somebody who may be its customer. An agent has answered, and offered a call."""
    sender, staff = Sender(factories.identity(None if role == "guest" else factories.user(role))), agent("admin")
    author = sender if whose == "own" else Sender(factories.identity())
    show = factories.stream(factories.user("creator"), "live")
    conversation = said(author, "Hello", origin=Origin(show_id=show.pk)).conversation
    said(staff, "Good day", conversation_id=conversation.pk)
    if action == Action.RATE:
        conversation.set_status(staff, "resolved")
    else:
        Offer.objects.make(conversation, staff, "call")
    return conversation, sender


@pytest.mark.parametrize(("role", "whose", "action"), CELLS)
def test_a_verb_obeys_the_rights(role: str, whose: str, action: Action) -> None:
    conversation, sender = cast(role, whose, action)
    theirs = parts(role, whose)
    if may(theirs, action):
        VERBS[action](conversation, sender)
    else:
        with pytest.raises(PermissionDenied if theirs else Conversation.DoesNotExist):
            VERBS[action](conversation, sender)


@pytest.mark.parametrize(("role", "whose", "action"), [cell for cell in CELLS if cell.values[2] in PATHS])
def test_rest_obeys_the_rights(role: str, whose: str, action: Action) -> None:
    conversation, sender = cast(role, whose, action)
    client = factories.client(sender.identity.user)
    if role == "guest":
        client = APIClient(headers={"Vitrine-Guest": guests.issue(sender.identity.visitor)[0]})
    method, path, body = PATHS[action]
    answer = getattr(client, method)(f"/api/support/conversations/{conversation.pk}{path}", body or None)
    theirs = parts(role, whose)
    refused = 403 if theirs else 404
    assert answer.status_code in ((200, 201) if may(theirs, action) else (refused,)), answer.content


@pytest.mark.parametrize("action", PATHS)
@pytest.mark.parametrize("role", ROLES)
def test_nobody_does_anything_in_a_conversation_that_there_is_not(role: str, action: Action) -> None:
    method, path, body = PATHS[action]
    client = factories.client(None if role == "guest" else factories.user(role))
    answer = getattr(client, method)(f"/api/support/conversations/{uuid.uuid4()}{path}", body or None)
    assert answer.status_code == 404, answer.content


@pytest.mark.parametrize("role", ROLES)
def test_a_conversation_that_there_is_not_looks_like_anothers(role: str) -> None:
    conversation, sender = cast(role, "another's", Action.READ)
    client = factories.client(sender.identity.user)
    answers = [client.get(f"/api/support/conversations/{pk}") for pk in (conversation.pk, uuid.uuid4())]
    if role not in AGENTS:
        assert answers[0].status_code == answers[1].status_code == 404
        assert answers[0].content == answers[1].content
