"""Every role, in one's own and in another's conversation, saying everything that sockets take."""

import uuid
from collections.abc import Callable
from typing import Any

import pytest

from accounts import guests
from realtime.runtime import threads
from support.models import Conversation, Sender
from support.rights import Action, may
from tests import sockets
from tests.support.desk import Desk
from tests.support.test_rights import ROLES, WHOSE, cast, parts

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

Fields = Callable[[Conversation], dict[str, Any]]

MESSAGES: dict[Action, tuple[str, Fields]] = {
    Action.READ: ("support-open", lambda conversation: {}),
    Action.WRITE: ("support-write", lambda conversation: {"text": "Hi"}),
    Action.NOTE: ("support-write", lambda conversation: {"text": "Hi", "internal": True}),
    Action.MARK: ("support-mark", lambda conversation: {"read": str(conversation.messages.replies().get().pk)}),
    Action.TYPE: ("support-typing", lambda conversation: {}),
    Action.OFFER: ("support-offer", lambda conversation: {"kind": "party"}),
    Action.ANSWER_OFFER: (
        "support-offer-answer",
        lambda conversation: {"offerId": str(conversation.offers.get().pk), "accept": True},
    ),
    Action.SHOW_ANSWER: (
        "support-show-answer",
        lambda conversation: {"messageId": str(conversation.messages.replies().get().pk)},
    ),
}
# What has no message: REST alone does it, and lookers are told without being asked for.
WITHOUT = {Action.ASSIGN, Action.CHANGE_STATUS, Action.RATE, Action.EXPORT, Action.SEE_LOOKERS}


def test_every_action_is_tried_or_has_no_message() -> None:
    assert set(MESSAGES) | WITHOUT == set(Action)
    assert not set(MESSAGES) & WITHOUT


async def connected(desk: Desk, sender: Sender) -> sockets.Client:
    if sender.identity.user is not None:
        return await desk.user(sender.identity.user)
    return await desk.guest(guests.issue(sender.identity.visitor)[0])


@pytest.mark.parametrize("action", MESSAGES)
@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("role", ROLES)
async def test_sockets_obey_the_rights(desk: Desk, role: str, whose: str, action: Action) -> None:
    conversation, sender = await threads.in_db(cast, role, whose, action)
    message, fields = MESSAGES[action]
    said = await threads.in_db(fields, conversation)
    client = await connected(desk, sender)
    ack = await client.ask(message, conversationId=str(conversation.pk), **said)
    theirs = parts(role, whose)
    expected = None if may(theirs, action) else "forbidden" if theirs else "not_found"
    assert (ack["ok"], ack.get("code")) == (expected is None, expected)


@pytest.mark.parametrize("role", ROLES)
async def test_nobody_does_anything_in_a_conversation_that_there_is_not(desk: Desk, role: str) -> None:
    conversation, sender = await threads.in_db(cast, role, "own", Action.ANSWER_OFFER)
    client = await connected(desk, sender)
    for message, fields in MESSAGES.values():
        said = await threads.in_db(fields, conversation)
        ack = await client.ask(message, conversationId=str(uuid.uuid4()), **said)
        assert (ack["ok"], ack["code"]) == (False, "not_found"), message


@pytest.mark.parametrize("whose", WHOSE)
@pytest.mark.parametrize("role", ROLES)
async def test_only_agents_are_told_who_looks(desk: Desk, role: str, whose: str) -> None:
    conversation, sender = await threads.in_db(cast, role, whose, Action.SEE_LOOKERS)
    client = await connected(desk, sender)
    ack = await client.ask("support-open", conversationId=str(conversation.pk))
    colleague = await desk.user(await threads.in_db(sockets.make_user, "staff"))
    await colleague.ask("support-open", conversationId=str(conversation.pk))
    await colleague.expect("support-lookers")
    if may(parts(role, whose), Action.SEE_LOOKERS):
        await client.expect("support-lookers")
    else:
        assert ack["ok"] is (whose == "own")
        assert "support-lookers" not in [frame["type"] for frame in await client.settle()]
