"""Support in Wrencos' words: who hears what, and that a session belongs to whoever proves it."""

import asyncio
from typing import Any

import pytest

from accounts import identity as identities
from realtime.runtime import threads
from support.models import Conversation, Registration, SupportMessage
from tests import factories, sockets
from tests.support.desk import Desk, guest_token, new_session, resume_token, types

pytestmark = pytest.mark.usefixtures("live_db")

SUPPORT = ("staff_reply", "customer_message")


@pytest.mark.everywhere
async def test_every_admin_socket_hears_a_customer(desk: Desk) -> None:
    staff = await threads.in_db(factories.user, "staff")
    admins = [await desk.admin(staff), await desk.admin(staff), await desk.admin()]
    session = new_session()
    customer = await desk.customer(session)
    ack = await customer.ask("customer_message", message="  Is it washable? ", customerName="Ann")
    for admin in admins:
        heard = await admin.expect("customer_message")
        timestamp = heard.pop("timestamp")
        assert timestamp.endswith("Z")
        assert heard == {
            "type": "customer_message",
            "sessionId": session,
            "message": "Is it washable?",
            "customerName": "Ann",
        }
    stored = await threads.in_db(SupportMessage.objects.get, pk=ack["id"])
    assert (stored.text, stored.kind, stored.seq) == ("Is it washable?", "customer", ack["seq"])
    assert types(await customer.settle(), *SUPPORT) == []


async def test_a_customer_without_a_name_is_called_by_the_end_of_the_session(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    await (await desk.customer(session)).say("customer_message", message="Hello")
    assert (await admin.expect("customer_message", sessionId=session))["customerName"] == f"Customer #{session[-5:]}"


@pytest.mark.everywhere
async def test_a_reply_reaches_every_tab_of_the_session_and_nobody_else(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    first = await desk.customer(session)
    second = await desk.customer(session, resume_token(first))
    others = [await desk.customer(new_session()), await desk.admin(), await desk.stranger()]
    await first.ask("customer_message", message="Hello")
    ack = await admin.ask("staff_message", sessionId=session, content="Yes, at 30 degrees.")
    assert ack["ok"]
    for tab in (first, second):
        reply = await tab.expect("staff_reply")
        assert reply.pop("timestamp").endswith("Z")
        assert reply == {"type": "staff_reply", "message": "Yes, at 30 degrees."}
    for other in [*others, admin]:
        assert "staff_reply" not in types(await other.settle(), *SUPPORT)
    stored = await threads.in_db(SupportMessage.objects.get, pk=ack["id"])
    assert (stored.kind, stored.text) == ("staff", "Yes, at 30 degrees.")


async def test_staff_may_write_first(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    customer = await desk.customer(session)
    assert (await admin.ask("staff_message", sessionId=session, content="May I help?"))["ok"]
    assert (await customer.expect("staff_reply"))["message"] == "May I help?"
    await customer.ask("customer_message", message="Yes")
    conversation = await threads.in_db(Conversation.objects.get, session=session)
    assert await threads.in_db(conversation.messages.count) == 2


async def test_an_unknown_session_cannot_be_answered(desk: Desk) -> None:
    ack = await (await desk.admin()).ask("staff_message", sessionId=new_session(), content="Hello")
    assert (ack["ok"], ack["code"]) == (False, "not_found")


async def test_who_has_not_registered_is_refused(desk: Desk) -> None:
    stranger, session = await desk.stranger(), new_session()
    assert (await stranger.ask("customer_message", message="Hello"))["code"] == "not_registered"
    customer = await desk.customer(session)
    await customer.ask("customer_message", message="Hello")
    for client in (stranger, customer):
        assert (await client.ask("staff_message", sessionId=session, content="Free!"))["code"] == "forbidden"
    assert await threads.in_db(SupportMessage.objects.filter(conversation__session=session).count) == 1


async def test_empty_and_over_long_text_is_refused_with_the_bound(desk: Desk) -> None:
    customer = await desk.customer(new_session())
    empty = await customer.ask("customer_message", message=" \n ")
    assert (empty["code"], empty["message"]) == ("validation", "Message is required")
    long = await customer.ask("customer_message", message="x" * 4001)
    assert (long["code"], long["message"]) == ("validation", "Message must be at most 4000 characters")


async def test_a_message_that_is_sent_again_is_stored_once(desk: Desk) -> None:
    session = new_session()
    customer = await desk.customer(session)
    first = await customer.ask("customer_message", message="Hello", op="hello-1")
    token = resume_token(customer)
    again = await desk.customer(session, token)
    assert await again.ask("customer_message", message="Hello", op="hello-1") == first
    assert await threads.in_db(SupportMessage.objects.filter(conversation=first["conversationId"]).count) == 1


async def test_the_same_first_message_on_two_sockets_begins_one_conversation(desk: Desk) -> None:
    session = new_session()
    first = await desk.customer(session)
    second = await desk.customer(session, resume_token(first))
    acks = await asyncio.gather(
        *(tab.ask("customer_message", message="Hello", op="hello-1") for tab in (first, second))
    )
    assert acks[0]["id"] == acks[1]["id"]
    assert await threads.in_db(Conversation.objects.filter(session=session).count) == 1


# --- whose session it is


@pytest.mark.everywhere
async def test_a_claim_of_anothers_session_opens_nothing(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    victim = await desk.customer(session)
    await victim.ask("customer_message", message="My order 4711")
    thief = await desk.customer(session)
    assert [frame["sessionId"] for frame in thief.passed if frame["type"] == "registered"] == [session]
    await admin.ask("staff_message", sessionId=session, content="It is on its way.")
    await victim.expect("staff_reply")
    await thief.ask("customer_message", message="And where to?")
    heard = await admin.expect("customer_message", message="And where to?")
    assert heard["sessionId"] != session
    await admin.ask("staff_message", sessionId=session, content="To your home.")
    await victim.expect("staff_reply", message="To your home.")
    assert types(await thief.settle(), *SUPPORT) == []
    await admin.ask("staff_message", sessionId=heard["sessionId"], content="Who are you?")
    assert (await thief.expect("staff_reply"))["message"] == "Who are you?"
    assert types(await victim.settle(), *SUPPORT) == []


async def test_a_session_that_nobody_is_at_is_not_free_for_others(desk: Desk) -> None:
    session = new_session()
    victim = await desk.customer(session)
    conversation = (await victim.ask("customer_message", message="My order 4711"))["conversationId"]
    await victim.connection.close()
    thief = await desk.customer(session)
    assert types(thief.passed, *SUPPORT) == []
    assert (await thief.ask("support-open", conversationId=conversation))["code"] == "not_found"
    assert (await thief.ask("customer_message", message="Hello"))["conversationId"] != conversation


@pytest.mark.everywhere
async def test_the_token_keeps_the_session_and_brings_what_was_missed_once(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    customer = await desk.customer(session)
    token = resume_token(customer)
    await customer.ask("customer_message", message="Hello")
    await admin.ask("staff_message", sessionId=session, content="One")
    await customer.expect("staff_reply")
    await gone(customer, session)
    for text in ("Two", "Three"):
        await admin.ask("staff_message", sessionId=session, content=text)
    back = await desk.customer(session, token)
    assert [frame["message"] for frame in back.passed if frame["type"] == "staff_reply"] == ["Two", "Three"]
    assert resume_token(back) == token
    await admin.ask("staff_message", sessionId=session, content="Four")
    assert (await back.expect("staff_reply"))["message"] == "Four"
    await gone(back, session)
    again = await desk.customer(session, token)
    assert types(again.passed, "staff_reply") == []


async def test_what_a_broken_connection_may_not_have_got_is_told_again(desk: Desk) -> None:
    admin, session = await desk.admin(), new_session()
    customer = await desk.customer(session)
    await customer.ask("customer_message", message="Hello")
    await admin.ask("staff_message", sessionId=session, content="One")
    await customer.expect("staff_reply")
    customer.abandon()
    await admin.ask("staff_message", sessionId=session, content="Two")
    back = await desk.customer(session, resume_token(customer))
    assert [frame["message"] for frame in back.passed if frame["type"] == "staff_reply"] == ["One", "Two"]


async def gone(customer: sockets.Client, session: str) -> None:
    """The customer has closed, and the server knows."""
    registration = await threads.in_db(lambda: Conversation.objects.get(session=session).registration)
    assert registration is not None
    before = registration.told_seq
    await customer.connection.close()
    async with asyncio.timeout(sockets.PATIENCE):
        while registration.told_seq == before:
            await asyncio.sleep(0.01)
            await threads.in_db(registration.refresh_from_db)


async def test_a_token_of_another_session_proves_nothing(desk: Desk) -> None:
    session = new_session()
    victim = await desk.customer(session)
    conversation = (await victim.ask("customer_message", message="Hello"))["conversationId"]
    thief = await desk.customer(new_session())
    for token in (resume_token(thief), "1", "1.x", resume_token(victim)[:-1]):
        client = await desk.customer(session, token)
        assert (await client.ask("customer_message", message="Hello"))["conversationId"] != conversation


async def test_a_guest_token_proves_a_session(desk: Desk) -> None:
    session = new_session()
    options: dict[str, Any] = {"subprotocols": ["vitrine", f"guest.{guest_token()}"]}
    first = await desk.customer(session, **options)
    conversation = (await first.ask("customer_message", message="Hello"))["conversationId"]
    second = await desk.customer(session, **options)
    assert (await second.ask("customer_message", message="Again"))["conversationId"] == conversation


async def test_our_cookie_proves_a_session(desk: Desk) -> None:
    session, cookie = new_session(), identities.new_visitor()[1]
    options: dict[str, Any] = {"additional_headers": {"Cookie": f"{identities.COOKIE}={cookie}"}}
    first = await desk.customer(session, **options)
    conversation = (await first.ask("customer_message", message="Hello"))["conversationId"]
    second = await desk.customer(session, **options)
    assert (await second.ask("customer_message", message="Again"))["conversationId"] == conversation


@pytest.fixture
def trusting(settings: Any) -> None:
    settings.TRUST_DECLARED_IDENTITY = True


@pytest.mark.usefixtures("trusting")
async def test_old_clients_are_known_by_their_address_for_a_day(desk: Desk) -> None:
    session = new_session()
    first = await desk.customer(session)
    conversation = (await first.ask("customer_message", message="Hello"))["conversationId"]
    second = await desk.customer(session)
    assert (await second.ask("customer_message", message="Again"))["conversationId"] == conversation
    elsewhere = await desk.customer(session, local_addr=("127.0.0.2", 0))
    assert (await elsewhere.ask("customer_message", message="Hello"))["conversationId"] != conversation
    registration = await threads.in_db(lambda: Conversation.objects.get(pk=conversation).registration)
    yesterday = factories.ago(minutes=24 * 60 + 1)
    await threads.in_db(Registration.objects.filter(pk=registration.pk).update, seen_at=yesterday)  # type: ignore[union-attr]
    third = await desk.customer(session)
    assert (await third.ask("customer_message", message="Hello"))["conversationId"] != conversation


# --- a session that staff left: the log-in ends


async def test_one_who_is_staff_no_longer_hears_nothing_more(desk: Desk) -> None:
    staff = await threads.in_db(factories.user, "staff")
    admin = await desk.admin(staff)
    await threads.in_db(staff.set_role, "viewer")
    await admin.close_code()
