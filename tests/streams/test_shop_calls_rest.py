"""Calling the shop over REST, the page on which calls are taken, and what staff read of them later."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import User
from realtime.models import Presence, Room, Worker
from rest.middleware import GUEST_HEADER
from streams import broadcasts
from streams.models import ShopCall, Switchboard
from tests import factories
from tests.streams.rest import refused

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

URL = "/api/shop-calls"


def on_duty(user: User) -> User:
    """Somebody of the staff takes calls, as the presence of their page says."""
    worker, _ = Worker.objects.get_or_create(id="w", defaults={"alive_until": timezone.now() + timedelta(hours=1)})
    key = factories.identity(user).key
    Presence.objects.create(
        room=broadcasts.AGENTS, worker=worker.id, connection=f"c{user.pk}", identity=key, role="agent"
    )
    Switchboard.objects.settle()
    return user


@pytest.fixture
def agent() -> User:
    return on_duty(factories.user("staff"))


def guest() -> APIClient:
    """Somebody without an account who is known again by their token."""
    token = APIClient().post("/api/guest").json()["token"]
    return APIClient(headers={GUEST_HEADER: token})


def test_whether_the_shop_can_be_called_is_public(client: Client) -> None:
    assert client.get(URL).json()["data"] == {"available": False}
    on_duty(factories.user("staff"))
    assert client.get(URL).json()["data"] == {"available": True}


def test_a_call_is_placed_read_and_given_up(agent: User) -> None:
    product = factories.product(factories.user("creator"))
    caller = guest()
    answer = caller.post(URL, {"name": "Anna", "productId": str(product.pk)})
    assert answer.status_code == 201, answer.content
    placed = answer.json()["data"]
    assert placed | {"callId": 0} == {
        "callId": 0,
        "status": "ringing",
        "about": "Mug",
        "matchId": None,
        "userId": None,
    }
    rings = [fact for fact in factories.told(broadcasts.AGENTS) if fact["fact"] == "agent-rung"]
    assert (rings[-1]["call_id"], rings[-1]["name"]) == (placed["callId"], "Anna")
    url = f"{URL}/{placed['callId']}"
    assert caller.get(url).json()["data"]["status"] == "ringing"
    assert refused(guest().get(url)) == (404, "Call not found")
    assert refused(guest().delete(url)) == (404, "Call not found")
    assert caller.delete(url).json()["data"]["status"] == "cancelled"
    assert caller.get(url).json()["data"]["status"] == "cancelled"


def test_who_was_taken_reads_where_to_register(agent: User) -> None:
    user = factories.user()
    caller = factories.client(user)
    placed = caller.post(URL).json()["data"]
    call = ShopCall.objects.accept(placed["callId"], factories.identity(agent))
    state = caller.get(f"{URL}/{placed['callId']}").json()["data"]
    assert call.match is not None
    assert (state["status"], state["matchId"], state["userId"]) == ("accepted", call.match.name, str(user.pk))
    assert call.match.reserved_for == [str(user.pk), str(agent.pk)]


def test_the_same_key_is_the_same_call(agent: User) -> None:
    caller = guest()
    first, second = (caller.post(URL, headers={"Idempotency-Key": "k"}).json()["data"] for _ in range(2))
    assert first == second
    assert ShopCall.objects.count() == 1


def test_nobody_calls_themselves_and_nobody_is_told_plainly(agent: User) -> None:
    answer = factories.client(agent).post(URL)
    assert refused(answer) == (409, "Nobody can take your call right now. Please try again later.")
    assert ShopCall.objects.count() == 0


@pytest.mark.usefixtures("at_once")
def test_one_address_calls_only_so_often(settings: Any) -> None:
    settings.REST_RATES = {**settings.REST_RATES, "shop-call": "1/min"}
    assert [guest().post(URL).status_code for _ in range(2)] == [409, 429]


# --- what staff see


def test_the_page_on_which_calls_are_taken_is_for_staff(client: Client, agent: User) -> None:
    assert client.get("/calls/").headers["Location"] == "/login/?next=/calls/"
    client.force_login(factories.user("moderator"))
    assert client.get("/calls/").status_code == 403
    call = ShopCall.objects.place(factories.identity(), "Anna", factories.product(factories.user("creator")).pk)
    ShopCall.objects.decline(call.pk, factories.identity(agent))
    client.force_login(agent)
    html = client.get("/calls/").content.decode()
    assert "Anna" in html
    assert "Mug" in html
    assert 'href="/calls/"' in client.get("/").content.decode()


def test_the_page_of_the_call_says_to_whom_staff_talk(client: Client, agent: User) -> None:
    stream = factories.stream(factories.user("creator"), "live")
    call = ShopCall.objects.place(factories.identity(), "Anna", stream_id=stream.pk)
    call = ShopCall.objects.accept(call.pk, factories.identity(agent))
    assert call.match is not None
    url = f"/call/{call.match.name}/"
    of_caller = client.get(url).content.decode()
    assert "The shop has taken your call" in of_caller
    assert f'href="/watch/{stream.pk}/">Back to the show' in of_caller
    client.force_login(agent)
    of_staff = client.get(url).content.decode()
    assert "Anna" in of_staff
    assert f'href="/watch/{stream.pk}/" target="_blank" rel="noopener"><bdi>Tea time</bdi>' in of_staff
    assert "Back to the calls" in of_staff


def test_staff_read_the_calls_in_the_admin(client: Client, agent: User) -> None:
    caller = factories.user()
    ShopCall.objects.place(factories.identity(caller), "", factories.product(factories.user("creator")).pk)
    client.force_login(agent)
    html = client.get("/admin/streams/shopcall/").content.decode()
    for words in (caller.username, "Mug", agent.username):
        assert words in html
    assert 'href="/calls/"' in html


def test_the_calls_of_a_person_can_be_forgotten_and_old_ones_are(agent: User) -> None:
    caller = factories.user()
    call = ShopCall.objects.place(factories.identity(caller))
    ShopCall.objects.decline(call.pk, factories.identity(agent))
    call_command("erase", caller.username)
    call.refresh_from_db()
    assert (call.caller, call.name, call.user) == ("", "", None)
    assert Room.objects.filter(key=broadcasts.shop_call_room(call.pk)).exists()
    ShopCall.objects.update(ended_at=timezone.now() - timedelta(days=2))
    assert ShopCall.objects.forget(timedelta(days=1)) == 1
    assert not Room.objects.filter(key=broadcasts.shop_call_room(call.pk)).exists()
