"""Starting over on a shared computer: nothing of the last person can be read there, whatever the browser still has."""

from typing import Any

import pytest
from django.test import Client

from accounts import guests
from accounts import identity as identities
from accounts.models import User
from realtime.runtime import threads
from support.models import Conversation
from tests import factories
from tests.support.desk import Desk, guest_token, new_session, resume_token

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

PATH = "/api/support/start-over"
ENDED = 4401  # the close code after which clients do not come back by themselves


def browser() -> Client:
    """One that has seen a page of ours, and so has our cookie."""
    client = Client()
    client.get("/")
    assert identities.read_visitor({identities.COOKIE: client.cookies[identities.COOKIE].value})
    return client


def cookie_of(client: Client) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{name}={morsel.value}" for name, morsel in client.cookies.items())}


def cleared(answer: Any) -> bool:
    return bool(answer["Clear-Site-Data"] == '"storage"' and answer.cookies[identities.COOKIE]["max-age"] == 0)


async def test_a_guest_of_our_pages_starts_over(desk: Desk) -> None:
    client = await threads.in_db(browser)
    kept = cookie_of(client)
    socket = await desk.stranger(additional_headers=kept)
    conversation = (await socket.ask("support-write", text="My order is late"))["conversationId"]
    other = await desk.guest()
    answer = await threads.in_db(client.post, PATH)
    assert (answer.status_code, cleared(answer)) == (200, True)
    assert await socket.close_code() == ENDED
    assert (await other.ask("support-open"))["ok"]  # other browsers go on
    stale = await desk.stranger(additional_headers=kept)  # what some program still has of the old cookie
    assert (await stale.ask("support-open", conversationId=conversation))["code"] == "not_found"
    await stale.say("support-open")
    assert (await stale.expect("support-opened"))["thread"] is None
    begun = await stale.ask("support-write", text="Hello")
    assert begun["conversationId"] != conversation
    staff = await desk.user(await threads.in_db(factories.user, "staff"))
    assert (await staff.ask("support-open", conversationId=conversation))["ok"]


async def test_a_guest_of_another_sites_page_starts_over_by_their_token(desk: Desk) -> None:
    token = guest_token()
    tabs = [await desk.guest(token), await desk.guest(token)]
    conversation = (await tabs[0].ask("support-write", text="Hello"))["conversationId"]
    client = Client(headers={"Vitrine-Guest": token})
    assert (await threads.in_db(client.post, PATH)).status_code == 200
    assert [await tab.close_code() for tab in tabs] == [ENDED, ENDED]
    answers = [
        await threads.in_db(client.get, f"/api/support/conversations/{conversation}{path}")
        for path in ("", "/messages", "/transcript")
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    listed = (await threads.in_db(client.get, "/api/support/conversations")).json()["data"]
    assert listed == []


async def test_an_old_clients_session_cannot_be_taken_up_again(desk: Desk) -> None:
    token, session = guest_token(), new_session()
    customer = await desk.customer(session, subprotocols=["vitrine", f"guest.{token}"])
    conversation = (await customer.ask("customer_message", message="Hello"))["conversationId"]
    proof = resume_token(customer)
    client = Client(headers={"Vitrine-Guest": token})
    await threads.in_db(client.post, PATH)
    assert await customer.close_code() == ENDED
    back = await desk.customer(session, proof)
    assert (await back.ask("support-open", conversationId=conversation))["code"] == "not_found"
    admin = await desk.admin()
    await admin.ask("staff_message", sessionId=session, content="Your order is on its way")
    assert "staff_reply" not in [frame["type"] for frame in await back.settle()]


async def test_logging_out_starts_over_and_leaves_other_devices_alone(desk: Desk) -> None:
    user = await threads.in_db(factories.user)

    def log_in() -> tuple[Client, dict[str, str]]:
        client = browser()
        client.force_login(user)
        return client, cookie_of(client)

    client, kept = await threads.in_db(log_in)
    here, elsewhere = await desk.stranger(additional_headers=kept), await desk.user(user)
    conversation = (await here.ask("support-write", text="Hello"))["conversationId"]
    answer = await threads.in_db(client.post, "/logout/")
    assert (answer.status_code, cleared(answer)) == (302, True)
    assert await here.close_code() == ENDED
    assert (await elsewhere.ask("support-open", conversationId=conversation))["ok"]
    stale = await desk.stranger(additional_headers=kept)
    assert (await stale.ask("support-open", conversationId=conversation))["code"] == "not_found"


async def test_starting_over_logs_out_and_the_next_page_knows_nobody(desk: Desk) -> None:
    def start_over() -> tuple[Client, str]:
        client, user = browser(), factories.user()
        client.force_login(user)
        before = client.cookies[identities.COOKIE].value
        assert client.post(PATH).status_code == 200
        page = client.get("/")
        assert not page.wsgi_request.user.is_authenticated
        return client, before

    client, before = await threads.in_db(start_over)
    assert client.cookies[identities.COOKIE].value not in ("", before)


async def test_the_api_s_log_out_starts_over_too(desk: Desk) -> None:
    user, token = await threads.in_db(factories.user), guest_token()
    guest = await desk.guest(token)
    await guest.ask("support-write", text="Hello")

    def log_out(of: User) -> Any:
        client = factories.client(of)
        return client.post("/api/auth/logout", headers={"Vitrine-Guest": token})

    answer = await threads.in_db(log_out, user)
    assert (answer.status_code, cleared(answer)) == (200, True)
    assert await guest.close_code() == ENDED


@pytest.mark.django_db
def test_a_mailed_link_still_opens_a_conversation_that_its_guest_has_left() -> None:
    token = guest_token()
    visitor = guests.read(token)
    assert visitor is not None
    client = Client(headers={"Vitrine-Guest": token})
    begun = client.post("/api/support/conversations", {"message": "Hello"}, content_type="application/json")
    conversation = Conversation.objects.get(pk=begun.json()["data"]["conversation"]["id"])
    client.post(PATH)
    conversation.refresh_from_db()
    assert conversation.closed_to_guest
    assert Conversation.objects.find(Conversation.objects.granted(conversation), conversation.pk) == conversation
