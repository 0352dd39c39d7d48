"""A guest of a page of another origin, to which no cookie travels, is the same one by a token."""

from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core import signing
from django.test import Client
from rest_framework.test import APIClient

from accounts import guests
from accounts import identity as identities
from realtime.connections import registry
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import factories, sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

SHOP = "https://shop.example"


@pytest.fixture(autouse=True)
def allowed(settings: Any) -> None:
    """As CORS_ORIGINS=https://shop.example sets it."""
    settings.CORS_ALLOW_ALL_ORIGINS = False
    settings.CORS_ALLOWED_ORIGINS = [SHOP]


def ask(token: str = "", **how: Any) -> Any:
    """What the server answers to a page that asks for a guest's token, with the one that it has."""
    headers = {"Origin": SHOP} | ({"Vitrine-Guest": token} if token else {})
    return APIClient().post("/api/guest", headers=headers, **how)


async def visitor_of(client: sockets.Client) -> str:
    return (await sockets.taken_up(client)).identity.visitor


async def test_a_page_of_another_origin_is_one_guest_over_reloads_sockets_and_rest(
    server: sockets.Address, show: sockets.Show, no_limits: None
) -> None:
    """Over REST the guest reads the room of a party that only who takes part in it may read."""
    token, keys, authors = "", set(), set()
    for _ in range(3):
        token = (await threads.in_db(ask, token)).json()["token"]
        async with await sockets.connect(server, origin=SHOP, subprotocols=["vitrine", f"guest.{token}"]) as client:
            assert client.connection.subprotocol == "vitrine"
            assert client.connection.response is not None
            assert "Set-Cookie" not in client.connection.response.headers
            keys.add((await sockets.taken_up(client)).identity.key)
            await client.say("CREATE_SESSION", payload={})
            party = (await client.expect("SESSION_CREATED"))["payload"]["sessionId"]
            assert await threads.in_db(read, party, token) == 200
            assert await threads.in_db(read, party, "") == 404
        auth = {"guest": token}
        async with await sockets.Events().connect(server, headers={"Origin": SHOP}, auth=auth) as events:
            said = await events.ask("send-message", {"sessionId": show.id, "message": "Hello"})
            message = await threads.in_db(ChatMessage.objects.get, pk=said["id"])
            authors.add(message.author)
    assert keys == authors
    assert len(keys) == 1


def read(party: str, token: str) -> int:
    headers = {"Origin": SHOP} | ({"Vitrine-Guest": token} if token else {})
    return APIClient().get(f"/api/rooms/shopping:{party}/events", headers=headers).status_code


async def test_a_users_socket_may_carry_the_guests_token_too(server: sockets.Address) -> None:
    """It is a guest again once the log-in has expired."""
    user = await threads.in_db(sockets.make_user)
    visitor, _ = identities.new_visitor()
    offered = [*sockets.bearer(user)["subprotocols"], f"guest.{guests.issue(visitor)[0]}"]
    for subprotocols in (offered, [offered[0], *reversed(offered[1:])]):
        async with await sockets.connect(server, subprotocols=subprotocols) as client:
            identity = (await sockets.taken_up(client)).identity
            assert (identity.user, identity.visitor) == (user, visitor)
    token, guest = offered[1], offered[2].removeprefix("guest.")
    async with await sockets.Events().connect(server, auth={"token": token, "guest": guest}):
        assert (user.pk, visitor) in {(one.identity.user_id, one.identity.visitor) for one in registry.connections.open}


@pytest.mark.parametrize("kind", ["forged", "cookie", "expired", "nonsense", "long", "refused"])
async def test_what_is_no_guests_token_is_somebody_new(
    server: sockets.Address, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    visitor, cookie = identities.new_visitor()
    token, _ = guests.issue(visitor)
    given = {
        "forged": token[:-1] + ("A" if token[-1] != "A" else "B"),
        "cookie": cookie.replace(":", "."),
        "expired": token,
        "nonsense": "x",
        "long": "a" * 4000,
        "refused": signing.TimestampSigner(sep=".", salt="something else").sign(visitor),
    }[kind]
    if kind == "expired":
        monkeypatch.setattr(guests, "LIFETIME", -guests.LIFETIME)
    async with await sockets.connect(server, subprotocols=["vitrine", f"guest.{given}"]) as client:
        assert client.connection.subprotocol == "vitrine"
        assert await visitor_of(client) != visitor
    renewed = (await threads.in_db(ask, given)).json()["token"]
    monkeypatch.undo()
    assert guests.read(renewed) not in (None, visitor)


@pytest.mark.parametrize("offer", ["\ud800", 5, ["x"], {"a": 1}, None, "é" * 10])
def test_anything_may_be_offered_as_a_token(offer: object) -> None:
    assert guests.read(offer) is None


def test_our_own_page_gets_the_token_of_its_cookies_guest_and_another_sites_does_not() -> None:
    visitor, cookie = identities.new_visitor()
    client = Client()
    client.cookies[identities.COOKIE] = cookie
    for origin, same in ((None, True), ("http://testserver", True), (SHOP, False), ("null", False)):
        headers = {"Origin": origin} if origin else {}
        token = client.post("/api/guest", headers=headers).json()["token"]
        assert (guests.read(token) == visitor) is same, origin


def test_a_fresh_token_is_good_for_a_month_and_the_answer_is_kept_by_no_cache() -> None:
    answer = ask()
    assert answer.status_code == 200
    assert set(answer.json()) == {"success", "token", "expiresAt"}
    assert answer["Cache-Control"] == "private, no-store"
    own = APIClient().get("/api/sessions", headers={"Vitrine-Guest": answer.json()["token"]})
    assert own["Cache-Control"] == "private, no-store"
    assert "Vitrine-Guest" in own["Vary"]


def test_pages_of_listed_origins_may_send_the_header() -> None:
    asked = {"Origin": SHOP, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "vitrine-guest"}
    answer = Client().options("/api/guest", headers=asked)
    assert answer["Access-Control-Allow-Origin"] == SHOP
    assert "vitrine-guest" in answer["Access-Control-Allow-Headers"]


def test_an_address_asks_so_often_a_minute(at_once: None, settings: Any) -> None:
    settings.REST_RATES = settings.REST_RATES | {"guest": "2/min"}
    assert [ask(REMOTE_ADDR="198.51.100.77").status_code for _ in range(3)] == [200, 200, 429]


def logged_in() -> str:
    """The cookie of a browser in which somebody has logged in."""
    browser = Client()
    browser.force_login(factories.user())
    return browser.cookies[django_settings.SESSION_COOKIE_NAME].value


async def test_whoever_brings_a_guests_token_is_that_guest_though_somebody_is_logged_in_beside_them(
    server: sockets.Address,
) -> None:
    token = (await threads.in_db(ask)).json()["token"]
    cookie = {"Cookie": f"{django_settings.SESSION_COOKIE_NAME}={await threads.in_db(logged_in)}"}
    async with await sockets.connect(server, additional_headers=cookie) as client:
        assert not (await sockets.taken_up(client)).identity.is_guest
    offered = ["vitrine", f"guest.{token}"]
    async with await sockets.connect(server, additional_headers=cookie, subprotocols=offered) as client:
        identity = (await sockets.taken_up(client)).identity
        assert identity.is_guest
        assert identity.visitor == guests.read(token)
