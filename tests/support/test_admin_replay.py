"""Admins of old clients who were away: they are told what customers wrote meanwhile."""

import pytest

from accounts import tokens
from accounts.models import User
from realtime.runtime import threads
from support.models import AdminPosition, Conversation, Said
from support.models.message import MAX_MISSED
from tests import factories, sockets
from tests.support.desk import Desk, new_session

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def registered(desk: Desk, user: User) -> tuple[sockets.Client, list[sockets.Frame]]:
    """An admin who registers, and what customers wrote as they are told it then."""
    client = await desk.stranger()
    assert (await client.ask("register_admin", token=await threads.in_db(tokens.access_token, user)))["ok"]
    told = [frame for frame in client.passed if frame["type"] == "customer_message"]
    client.passed.clear()
    return client, told


def of(session: str, told: list[sockets.Frame]) -> list[str]:
    return [frame["message"] for frame in told if frame["sessionId"] == session]


async def test_an_admin_is_told_what_customers_wrote_while_they_were_away(desk: Desk) -> None:
    user, session = await threads.in_db(factories.user, "staff"), new_session()
    customer = await desk.customer(session)
    await customer.ask("customer_message", message="Before anybody was there")
    admin = await desk.admin(user)
    await customer.ask("customer_message", message="One")
    assert (await admin.expect("customer_message", sessionId=session))["message"] == "One"
    admin.abandon()
    await customer.ask("customer_message", message="Two", customerName="Ann")
    again, told = await registered(desk, user)
    assert of(session, told) == ["One", "Two"]  # the first again: it may not have arrived
    assert set(told[-1]) == {"type", "sessionId", "message", "customerName", "timestamp"}
    assert told[-1]["customerName"] == "Ann"
    await customer.ask("customer_message", message="Three")
    assert (await again.expect("customer_message", sessionId=session))["message"] == "Three"


async def test_one_who_comes_for_the_first_time_has_missed_nothing(desk: Desk) -> None:
    session = new_session()
    await (await desk.customer(session)).ask("customer_message", message="Hello")
    _, told = await registered(desk, await threads.in_db(factories.user, "admin"))
    assert told == []


async def test_what_is_told_again_is_bounded_and_the_newest(desk: Desk) -> None:
    user, session = await threads.in_db(factories.user, "staff"), new_session()
    (await desk.admin(user)).abandon()
    customer = await desk.customer(session)
    await customer.ask("customer_message", message="0")

    def more() -> None:
        conversation = Conversation.objects.get(session=session)
        sender = Conversation.objects.granted(conversation)
        for number in range(1, MAX_MISSED + 3):
            Conversation.objects.say(sender, Said(str(number), conversation_id=conversation.pk))

    await threads.in_db(more)
    _, told = await registered(desk, user)
    assert (len(told), told[-1]["message"]) == (MAX_MISSED, str(MAX_MISSED + 2))


async def test_one_who_left_by_themselves_is_told_only_what_came_after(desk: Desk) -> None:
    user, session = await threads.in_db(factories.user, "staff"), new_session()
    customer, admin = await desk.customer(session), await desk.admin(user)
    await customer.ask("customer_message", message="Seen")
    await admin.expect("customer_message", sessionId=session)
    before = (await threads.in_db(AdminPosition.objects.get, user=user)).told_seq
    await admin.connection.close()
    while (await threads.in_db(AdminPosition.objects.get, user=user)).told_seq == before:
        await customer.settle()  # until the server has noticed
    await customer.ask("customer_message", message="Not seen")
    _, told = await registered(desk, user)
    assert of(session, told) == ["Not seen"]
