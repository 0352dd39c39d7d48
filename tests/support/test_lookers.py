"""Which of the staff have a conversation open: so nobody answers what somebody else is answering."""

import pytest

from realtime.runtime import threads
from tests import factories
from tests.support.desk import Desk, types

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def test_agents_see_who_else_looks_and_the_customer_does_not(desk: Desk) -> None:
    customer = await desk.guest()
    conversation = (await customer.ask("support-write", text="Hello"))["conversationId"]
    users = [await threads.in_db(factories.user, role) for role in ("staff", "admin")]
    first, second = [await desk.user(user) for user in users]
    looker = [{"userId": user.pk, "name": user.username} for user in users]
    await first.ask("support-open", conversationId=conversation)
    told = await first.expect("support-lookers", agents=looker[:1])
    assert told["conversationId"] == conversation
    await second.ask("support-open", conversationId=conversation)
    both = sorted(looker, key=lambda each: str(each["name"]))
    for client in (first, second):
        await client.expect("support-lookers", agents=both)
    await second.ask("support-leave", conversationId=conversation)
    await first.expect("support-lookers", agents=looker[:1])
    assert types(await customer.settle(), "support-lookers") == []


async def test_one_with_two_tabs_is_named_once_until_both_are_gone(desk: Desk) -> None:
    conversation = (await (await desk.guest()).ask("support-write", text="Hello"))["conversationId"]
    staff, other = [await threads.in_db(factories.user, "staff") for _ in range(2)]
    watcher = await desk.user(other)
    tabs = [await desk.user(staff), await desk.user(staff)]
    for client in (watcher, *tabs):
        await client.ask("support-open", conversationId=conversation)
    both = sorted((staff, other), key=lambda user: user.username)
    named = [{"userId": user.pk, "name": user.username} for user in both]
    await watcher.expect("support-lookers", agents=named)
    await tabs[0].connection.close()
    await tabs[1].connection.close()
    await watcher.expect("support-lookers", agents=[{"userId": other.pk, "name": other.username}])


async def test_a_colleague_sees_that_somebody_is_answering(desk: Desk) -> None:
    conversation = (await (await desk.guest()).ask("support-write", text="Hello"))["conversationId"]
    users = [await threads.in_db(factories.user, "staff") for _ in range(2)]
    first, second = [await desk.user(user) for user in users]
    for client in (first, second):
        await client.ask("support-open", conversationId=conversation)
    await second.say("support-typing", conversationId=conversation)
    heard = await first.expect("support-typing")
    assert (heard["by"], heard["name"], heard["typing"]) == ("agent", users[1].username, True)
