"""A question in a show's chat becomes a conversation, and its answer may be said in the show."""

import uuid
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from realtime.runtime import threads
from streams.models import ChatMessage, Stream
from support.models import Conversation
from tests import factories, sockets
from tests.support.desk import Desk, begun, guest_token, types

pytestmark = pytest.mark.usefixtures("live_db")

PATH = "/api/support/conversations"


class Evening:
    """A show in which a guest asks something, and one of the staff who reads it."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.token = guest_token()
        self.stream: Stream
        self.agent: User
        self.client: APIClient
        self.viewer: sockets.Client
        self.line = ""

    async def begin(self, text: str = "Is it washable?") -> "Evening":
        self.stream = await threads.in_db(lambda: factories.stream(factories.user("creator"), "live"))
        self.agent = await threads.in_db(factories.user, "staff")
        self.client = await threads.in_db(factories.client, self.agent)
        self.viewer = await self.watch(["vitrine", f"guest.{self.token}"])
        await self.viewer.ask("send-message", sessionId=str(self.stream.pk), message=text, userName="Ann")
        self.line = next(frame["id"] for frame in self.viewer.passed if frame["type"] == "new-message")
        self.viewer.passed.clear()
        return self

    async def watch(self, subprotocols: list[str]) -> sockets.Client:
        client = await sockets.connect(self.desk.server, "/ws/streams/", subprotocols=subprotocols)
        await self.desk.clients.enter_async_context(client)
        await client.ask("join-session", sessionId=str(self.stream.pk))
        return client

    async def take_up(self, line: str = "") -> Any:
        return await threads.in_db(lambda: self.client.post(PATH, {"line": line or self.line}, format="json"))


@pytest.mark.everywhere
async def test_a_line_becomes_a_conversation_with_whoever_wrote_it(desk: Desk) -> None:
    evening = await Evening(desk).begin()
    other = await evening.watch(["vitrine", f"guest.{guest_token()}"])
    answer = await evening.take_up()
    assert answer.status_code == 201, answer.content
    conversation = answer.json()["data"]["conversation"]
    assert conversation["origin"] == {"kind": "line", "stream": str(evening.stream.pk), "line": evening.line}
    assert (conversation["customerName"], conversation["showId"]) == ("Ann", str(evening.stream.pk))
    assert conversation["assigneeId"] == evening.agent.pk
    assert answer.json()["data"]["message"]["message"] == "Is it washable?"
    told = await evening.viewer.expect("support-begun")
    assert told == {
        "type": "support-begun",
        "conversationId": conversation["id"],
        "sessionId": str(evening.stream.pk),
        "messageId": evening.line,
    }
    assert types(await other.settle(), "support-begun") == []
    widget = await desk.guest(evening.token)
    await widget.ask("support-open")
    [thread] = [frame["thread"] for frame in widget.passed if frame["type"] == "support-opened"]
    assert (thread["id"], [line["kind"] for line in thread["messages"]]) == (conversation["id"], ["customer"])


@pytest.mark.everywhere
async def test_of_one_line_there_is_one_conversation(desk: Desk) -> None:
    evening = await Evening(desk).begin()
    first, again = await evening.take_up(), await evening.take_up()
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json()["data"]["conversation"]["id"] == again.json()["data"]["conversation"]["id"]
    found = await threads.in_db(Conversation.objects.get, line=evening.line)
    assert await threads.in_db(found.messages.count) == 1
    await evening.viewer.expect("support-begun")
    assert types(await evening.viewer.settle(), "support-begun") == []


@pytest.mark.parametrize("role", ["guest", "viewer", "creator", "moderator", "host", "staff", "admin"])
async def test_only_staff_take_up_lines(desk: Desk, role: str) -> None:
    evening = await Evening(desk).begin()
    if role == "host":
        user: User | None = await threads.in_db(lambda: evening.stream.creator)
    else:
        user = None if role == "guest" else await threads.in_db(factories.user, role)
    client = await threads.in_db(factories.client, user)
    answer = await threads.in_db(lambda: client.post(PATH, {"line": evening.line}, format="json"))
    assert answer.status_code == (201 if role in ("staff", "admin") else 403), answer.content


async def test_lines_that_there_are_not_and_ones_own(desk: Desk) -> None:
    evening = await Evening(desk).begin()
    assert (await evening.take_up(str(uuid.uuid4()))).status_code == 404

    def own_and_removed() -> tuple[str, str]:
        own = ChatMessage.objects.post(evening.stream.pk, factories.identity(evening.agent), "Welcome")
        ChatMessage.objects.get(pk=evening.line).hide()
        return str(own.pk), evening.line

    own, removed = await threads.in_db(own_and_removed)
    refused = await evening.take_up(own)
    assert (refused.status_code, refused.json()["message"]) == (400, "This is your own message")
    assert (await evening.take_up(removed)).status_code == 404
    empty = await threads.in_db(lambda: evening.client.post(PATH, {}, format="json"))
    assert (empty.status_code, empty.json()["message"]) == (400, "Message is required")


@pytest.mark.everywhere
async def test_an_answer_is_said_in_the_show_once_and_names_the_question(desk: Desk) -> None:
    evening = await Evening(desk).begin()
    conversation = (await evening.take_up()).json()["data"]["conversation"]["id"]
    staff, widget = await desk.user(evening.agent), await desk.guest(evening.token)
    for client in (staff, widget):
        await client.ask("support-open", conversationId=conversation)
    reply = await staff.ask("support-write", conversationId=conversation, text="Yes, at 30 degrees.")
    await widget.expect("support-message")
    fields = {"conversationId": conversation, "messageId": reply["id"]}
    ack = await staff.ask("support-show-answer", **fields)
    said = await evening.viewer.expect("new-message")
    assert (said["message"], said["answers"], said["id"]) == ("Yes, at 30 degrees.", evening.line, ack["shownAs"])
    assert (said["userId"], said["role"]) == (evening.agent.pk, "staff")
    assert (await widget.expect("support-message"))["message"]["shownAs"] == said["id"]
    assert (await staff.ask("support-show-answer", **fields))["shownAs"] == said["id"]
    assert types(await evening.viewer.settle(), "new-message") == []
    history = await threads.in_db(evening.client.get, f"/api/sessions/{evening.stream.pk}/chat")
    assert {line["id"]: line.get("answers") for line in history.json()["data"]} == {
        evening.line: None,
        said["id"]: evening.line,
    }


async def test_what_cannot_be_said_in_a_show(desk: Desk) -> None:
    evening = await Evening(desk).begin()
    conversation = (await evening.take_up()).json()["data"]["conversation"]["id"]
    staff, widget = await desk.user(evening.agent), await desk.guest(evening.token)
    long = await staff.ask("support-write", conversationId=conversation, text="x" * 501)
    refused = await staff.ask("support-show-answer", conversationId=conversation, messageId=long["id"])
    assert (refused["code"], refused["message"]) == ("validation", "Message must be at most 500 characters")
    note = await staff.ask("support-write", conversationId=conversation, text="A regular.", internal=True)
    question = await widget.ask("support-write", text="Thanks")
    for message in (note["id"], question["id"], str(uuid.uuid4())):
        refused = await staff.ask("support-show-answer", conversationId=conversation, messageId=message)
        assert refused["code"] == "not_found"
    reply = await staff.ask("support-write", conversationId=conversation, text="Yes.")
    fields = {"conversationId": conversation, "messageId": reply["id"]}
    assert (await widget.ask("support-show-answer", **fields))["code"] == "forbidden"
    plain = await threads.in_db(begun)
    reply = await staff.ask("support-write", conversationId=str(plain.pk), text="Yes.")
    refused = await staff.ask("support-show-answer", conversationId=str(plain.pk), messageId=reply["id"])
    assert (refused["code"], refused["message"]) == ("validation", "This conversation comes from no show")


async def test_a_viewer_cannot_pretend_to_answer(desk: Desk) -> None:
    evening = await Evening(desk).begin()

    def pretend() -> tuple[ChatMessage, ChatMessage]:
        extra = {"answers": evening.line}
        posted = [
            ChatMessage.objects.post(evening.stream.pk, factories.identity(user), "Yes", extra=extra)
            for user in (None, evening.agent)
        ]
        return posted[0], posted[1]

    guests, staffs = await threads.in_db(pretend)
    assert (guests.answers, staffs.answers) == (None, evening.line)
    assert "answers" not in await evening.viewer.expect("new-message")


async def test_an_old_client_whose_line_was_taken_up_hears_the_reply(desk: Desk) -> None:
    """Its session is known, and so the reply comes as any other does."""
    evening = await Evening(desk).begin()
    token = guest_token()
    customer = await desk.customer("customer-asks", subprotocols=["vitrine", f"guest.{token}"])
    viewer = await evening.watch(["vitrine", f"guest.{token}"])
    await viewer.ask("send-message", sessionId=str(evening.stream.pk), message="And in red?", userName="Ben")
    line = next(frame["id"] for frame in viewer.passed if frame["type"] == "new-message")
    conversation = (await evening.take_up(line)).json()["data"]["conversation"]["id"]
    await (await desk.user(evening.agent)).ask("support-write", conversationId=conversation, text="Yes.")
    assert (await customer.expect("staff_reply"))["message"] == "Yes."
