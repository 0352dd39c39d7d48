"""Conversations on sockets in our own words: the customer's widget and the staff's desk."""

from typing import Any

import pytest

from realtime.runtime import threads
from support.models import Conversation, SupportMessage
from tests import factories, sockets
from tests.support.desk import Desk, guest_token, new_session, types

pytestmark = pytest.mark.usefixtures("live_db")


async def agent(desk: Desk, role: str = "staff") -> sockets.Client:
    """Someone of the staff, at the desk."""
    client = await desk.user(await threads.in_db(factories.user, role))
    assert (await client.ask("support-desk"))["ok"]
    client.passed.clear()
    return client


@pytest.mark.everywhere
async def test_a_guest_writes_and_an_agent_answers(desk: Desk) -> None:
    staff, customer = await agent(desk), await desk.guest()
    await customer.say("support-open")
    opened = await customer.expect("support-opened")
    assert (opened["thread"], opened["staffed"]) == (None, True)
    ack = await customer.ask("support-write", text="Is it washable?", name="Ann")
    [mine] = [frame["thread"] for frame in customer.passed if frame["type"] == "support-opened"]
    assert (mine["id"], mine["status"], mine["summary"]) == (ack["conversationId"], "open", None)
    assert [line["text"] for line in mine["messages"]] == ["Is it washable?"]
    listed = (await staff.expect("support-changed"))["conversation"]
    assert (listed["id"], listed["customerName"], listed["excerpt"]) == (mine["id"], "Ann", "Is it washable?")
    assert listed["waitingSince"] is not None
    await staff.ask("support-open", conversationId=mine["id"])
    thread = (await passed(staff, "support-opened"))["thread"]
    assert (thread["summary"]["id"], thread["messages"]) == (mine["id"], mine["messages"])
    await staff.ask("support-write", conversationId=mine["id"], text="Yes.")
    heard = (await customer.expect("support-message"))["message"]
    assert (heard["kind"], heard["text"], heard["conversationId"]) == ("staff", "Yes.", mine["id"])
    assert await passed(staff, "support-message") == {"type": "support-message", "message": heard}


async def passed(client: sockets.Client, type: str) -> Any:
    """The next frame of a type, or the first of those that came before the last answer."""
    for frame in client.passed:
        if frame["type"] == type:
            client.passed.remove(frame)
            return frame
    return await client.expect(type)


@pytest.mark.everywhere
async def test_socket_io_speaks_it_too(desk: Desk, server: sockets.Address) -> None:
    async with sockets.Events() as events:
        await events.connect(server, auth={"guest": guest_token()})
        ack = await events.ask("support-write", {"text": "Hello"})
        assert ack["ok"]
        thread = (await events.expect("support-opened"))["thread"]
        assert [line["text"] for line in thread["messages"]] == ["Hello"]
        staff = await agent(desk)
        await staff.ask("support-write", conversationId=ack["conversationId"], text="Good day")
        assert (await events.expect("support-message"))["message"]["text"] == "Good day"
        refused = await events.ask("support-desk")
        assert (refused["ok"], refused["code"]) == (False, "not_found")


async def test_every_tab_of_a_guest_hears_the_answer(desk: Desk) -> None:
    token = guest_token()
    first, second = await desk.guest(token), await desk.guest(token)
    conversation = (await first.ask("support-write", text="Hello"))["conversationId"]
    assert (await second.ask("support-open"))["room"] == f"conversation:{conversation}"
    assert (await second.ask("support-write", text="Anybody?"))["conversationId"] == conversation
    await (await agent(desk)).ask("support-write", conversationId=conversation, text="Yes")
    for tab in (first, second):
        assert (await tab.expect("support-message", message=tab_line("Yes")))["message"]["text"] == "Yes"


class tab_line:  # noqa: N801 - it reads as a value
    """Equal to a line with this text."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, dict) and other["text"] == self.text

    def __hash__(self) -> int:
        return hash(self.text)


async def test_a_note_is_for_staff_alone(desk: Desk) -> None:
    customer, staff, other = await desk.guest(), await agent(desk), await agent(desk, "admin")
    conversation = (await customer.ask("support-write", text="Hello"))["conversationId"]
    for client in (staff, other):
        await client.ask("support-open", conversationId=conversation)
    assert (await staff.ask("support-write", conversationId=conversation, text="A regular.", internal=True))["ok"]
    assert (await other.expect("support-message"))["message"]["kind"] == "note"
    assert types(await customer.settle(), "support-message") == []
    refused = await customer.ask("support-write", conversationId=conversation, text="?", internal=True)
    assert (refused["ok"], refused["code"]) == (False, "forbidden")
    await customer.ask("support-open", conversationId=conversation)
    thread = (await passed(customer, "support-opened"))["thread"]
    assert [line["kind"] for line in thread["messages"]] == ["customer"]


async def test_a_stranger_opens_nothing(desk: Desk) -> None:
    conversation = (await (await desk.guest()).ask("support-write", text="Hello"))["conversationId"]
    viewer = await desk.user(await threads.in_db(factories.user))
    for stranger in (await desk.guest(), await desk.stranger(), viewer):
        for asked, more in (
            ("support-open", {}),
            ("support-write", {"text": "Hi"}),
            ("support-typing", {}),
            ("support-mark", {}),
        ):
            ack = await stranger.ask(asked, conversationId=conversation, **more)
            assert (ack["ok"], ack["code"]) == (False, "not_found"), asked
        assert (await stranger.ask("support-desk"))["code"] == "not_found"
        resumed = await stranger.ask("resume", room=f"conversation:{conversation}", epoch="x", after=0)
        assert resumed["ok"] is False


# --- typing, and marks


async def test_who_types_is_shown_to_the_others(desk: Desk) -> None:
    customer, staff = await desk.guest(), await agent(desk)
    conversation = (await customer.ask("support-write", text="Hello", name="Ann"))["conversationId"]
    await staff.ask("support-open", conversationId=conversation)
    await customer.say("support-typing", conversationId=conversation)
    heard = await staff.expect("support-typing")
    assert heard == {
        "type": "support-typing",
        "conversationId": conversation,
        "by": "customer",
        "name": "Ann",
        "typing": True,
    }
    await staff.say("support-typing", conversationId=conversation, typing=False)
    answered = await customer.expect("support-typing")
    assert (answered["by"], answered["typing"]) == ("agent", False)
    assert types(await staff.settle(), "support-typing") == []


async def test_marks_say_what_was_delivered_and_read_and_never_go_back(desk: Desk) -> None:
    customer, staff = await desk.guest(), await agent(desk)
    first = await customer.ask("support-write", text="Hello")
    conversation = first["conversationId"]
    await staff.ask("support-open", conversationId=conversation)
    answers = [await staff.ask("support-write", conversationId=conversation, text=text) for text in ("One", "Two")]
    await customer.ask("support-mark", conversationId=conversation, delivered=answers[1]["id"])
    assert (await staff.expect("support-marks"))["marks"]["customerDelivered"] == answers[1]["seq"]
    await customer.ask("support-mark", conversationId=conversation, read=answers[0]["id"])
    marks = (await staff.expect("support-marks"))["marks"]
    assert (marks["customerRead"], marks["customerDelivered"]) == (answers[0]["seq"], answers[1]["seq"])
    await customer.ask("support-mark", conversationId=conversation, read=first["id"])
    await customer.say("support-mark", conversationId=conversation, read=answers[1]["id"])
    assert (await staff.expect("support-marks"))["marks"]["customerRead"] == answers[1]["seq"]


# --- who was away


@pytest.mark.everywhere
async def test_both_get_what_they_missed(desk: Desk) -> None:
    token, staff_user = guest_token(), await threads.in_db(factories.user, "staff")
    customer, staff = await desk.guest(token), await desk.user(staff_user)
    for client in (customer, staff):
        await client.ask("hello", recover=True)
    joined = await customer.ask("support-write", text="Hello")
    at_desk = await staff.ask("support-desk")
    entered = await staff.ask("support-open", conversationId=joined["conversationId"])
    for client in (customer, staff):
        await client.connection.close()
    other, tab = await agent(desk), await desk.guest(token)
    await other.ask("support-write", conversationId=joined["conversationId"], text="Answered already")
    await tab.ask("support-write", text="Thanks")
    back, again = await desk.guest(token), await desk.user(staff_user)
    for client, position in ((back, joined), (again, entered)):
        await client.ask("hello", recover=True)
        client.passed.clear()
        resumed = await client.ask("resume", room=position["room"], epoch=position["epoch"], after=position["seq"])
        assert resumed["recovered"] is True
        texts = [frame["message"]["text"] for frame in client.passed if frame["type"] == "support-message"]
        assert texts == ["Answered already", "Thanks"]
    again.passed.clear()
    await again.ask("resume", room=at_desk["room"], epoch=at_desk["epoch"], after=at_desk["seq"])
    changes = [frame["conversation"]["excerpt"] for frame in again.passed if frame["type"] == "support-changed"]
    assert changes[-1] == "Thanks"


async def test_one_who_missed_too_much_gets_the_conversation_as_it_is(desk: Desk) -> None:
    token = guest_token()
    customer = await desk.guest(token)
    joined = await customer.ask("support-write", text="Hello")
    back = await desk.guest(token)
    resumed = await back.ask("resume", room=joined["room"], epoch="other", after=joined["seq"])
    assert resumed["recovered"] is False
    [snapshot] = [frame for frame in back.passed if frame["type"] in ("snapshot", "resumed")][:1]
    assert "Hello" in str(snapshot)


async def test_a_session_of_old_clients_has_the_conversation_in_our_words_too(desk: Desk) -> None:
    session = new_session()
    customer = await desk.customer(session)
    conversation = (await customer.ask("customer_message", message="Hello"))["conversationId"]
    assert (await customer.ask("support-open"))["room"] == f"conversation:{conversation}"


# --- where a conversation comes from


async def test_a_conversation_says_where_it_comes_from(desk: Desk) -> None:
    creator = await threads.in_db(factories.user, "creator")
    stream = await threads.in_db(factories.stream, creator)
    customer = await desk.guest()
    refused = await customer.ask("support-write", text="Hello", productId=str(stream.pk))
    assert (refused["code"], refused["message"]) == ("validation", "There is no such product")
    ack = await customer.ask("support-write", text="Hello", showId=str(stream.pk))
    conversation = await threads.in_db(Conversation.objects.get, pk=ack["conversationId"])
    assert conversation.show_id == stream.pk


async def test_one_over_long_message_is_refused_and_stores_nothing(desk: Desk) -> None:
    customer = await desk.guest()
    before = await threads.in_db(SupportMessage.objects.count)
    for text, words in (("", "Message is required"), ("x" * 4001, "Message must be at most 4000 characters")):
        ack = await customer.ask("support-write", text=text)
        assert (ack["code"], ack["message"]) == ("validation", words)
    assert await threads.in_db(SupportMessage.objects.count) == before
