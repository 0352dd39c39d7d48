"""What a spammer would try, through two processes, in every way in which a guest can come back as somebody new."""

import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple

import httpx
import pytest
from django.conf import settings
from django.db import connection

from realtime.models import Restriction
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets
from tests.journeys import server

pytestmark = [
    pytest.mark.journey,
    pytest.mark.usefixtures("live_db"),
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

SHOP = "https://shop.example"
ENVIRONMENT = {
    "TRUSTED_PROXIES": "127.0.0.1",
    "CORS_ORIGINS": SHOP,
    "LIMITS": json.dumps({"chat": {"connection": [50, 500], "room": [200, 400]}}),
}


class Processes(NamedTuple):
    one: sockets.Address
    other: sockets.Address


@pytest.fixture(scope="module")
def processes(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    folder = tmp_path_factory.mktemp("spammers")
    with (
        server.running("uvicorn", database_url, folder, **ENVIRONMENT) as one,
        server.running("uvicorn", database_url, folder, **ENVIRONMENT) as other,
    ):
        yield Processes(one.address, other.address)


class Spammer:
    """Comes to one process after the other, each time as somebody new where the way allows it."""

    def __init__(self, way: str, network: str, processes: Processes) -> None:
        self.way, self.network = way, network
        self.turns = itertools.cycle(processes)
        self.cookie = ""
        self.count = itertools.count(1)

    @property
    def address(self) -> str:
        """In an IPv6 network everyone has any number of addresses."""
        return self.network.format(next(self.count))

    @contextlib.asynccontextmanager
    async def come(self) -> AsyncIterator[sockets.Client]:
        place, address = next(self.turns), self.address
        headers = {"X-Forwarded-For": address}
        options: dict[str, Any] = {"origin": SHOP} if self.way == "origin" else {}
        if self.way in ("token", "origin"):
            options["subprotocols"] = ["vitrine", f"guest.{await self._fresh_token(place, address)}"]
        if self.cookie:
            headers["Cookie"] = self.cookie
        async with await sockets.connect(place, additional_headers=headers, **options) as client:
            if self.way == "cookie" and not self.cookie:
                assert client.connection.response is not None
                self.cookie = client.connection.response.headers["Set-Cookie"].partition(";")[0]
            yield client

    async def _fresh_token(self, place: sockets.Address, address: str) -> str:
        headers = {"X-Forwarded-For": address} | ({"Origin": SHOP} if self.way == "origin" else {})
        async with httpx.AsyncClient(base_url=place.http) as http:
            token: str = (await http.post("/api/guest", headers=headers)).json()["token"]
        return token

    async def write(self, show: sockets.Show, **fields: Any) -> sockets.Frame:
        async with self.come() as client:
            return await client.ask("send-message", sessionId=show.id, message="Buy now", **fields)


@pytest.fixture(params=["cookie", "without", "token", "origin"])
def way(request: pytest.FixtureRequest) -> str:
    chosen: str = request.param
    return chosen


NETWORKS = itertools.count(1)


@pytest.fixture(params=["203.0.113.{}", "2001:db8:0:{}::{{}}"], ids=["ipv4", "ipv6"])
def network(request: pytest.FixtureRequest) -> str:
    """A network of its own for each test: one address, or a /64 in which each visit has another."""
    mine: str = request.param.format(next(NETWORKS) % 250)
    return mine


@pytest.fixture
def spammer(way: str, network: str, processes: Processes) -> Spammer:
    return Spammer(way, network, processes)


@pytest.fixture
def bystander(processes: Processes) -> Spammer:
    return Spammer("without", "198.51.100.{}", processes)


async def test_slow_mode_does_not_end_with_a_reload(spammer: Spammer, bystander: Spammer) -> None:
    show = await threads.in_db(sockets.make_show, slow_mode=120)
    acks = [await spammer.write(show) for _ in range(10)]
    assert sum(ack["ok"] for ack in acks) == (1 if spammer.way == "cookie" else settings.SLOW_MODE_PER_ADDRESS)
    assert {ack["code"] for ack in acks if not ack["ok"]} == {"rate_limited"}
    assert (await bystander.write(show))["ok"]


@pytest.mark.parametrize("kind", ["mute", "ban"])
async def test_a_restriction_does_not_end_with_a_reload(spammer: Spammer, bystander: Spammer, kind: str) -> None:
    """What a process remembers may be a second old: the first lines may pass, none does once both have refused one."""
    show, moderator = await threads.in_db(sockets.make_show), await threads.in_db(sockets.make_user, "moderator")
    async with spammer.come() as client:
        assert (await client.ask("join-session", sessionId=show.id))["ok"]
        said = await client.ask("send-message", sessionId=show.id, message="Buy now")
        author = (await threads.in_db(ChatMessage.objects.get, pk=said["id"])).author
        impose = getattr(Restriction.objects, kind)
        await threads.in_db(lambda: impose(author, show.key, by=moderator))
        if kind == "ban":
            assert await client.close_code() == 1012
    refused = 0
    while refused < 2:
        refused = 0 if (await spammer.write(show))["ok"] else refused + 1
    assert [(await spammer.write(show)).get("code") for _ in range(4)] == ["forbidden"] * 4
    async with spammer.come() as client:
        joined = await client.ask("join-session", sessionId=show.id)
        liked = await client.ask("toggle-like", sessionId=show.id)
        reacted = await client.ask("send-reaction", sessionId=show.id, kind="heart")
        assert (joined["ok"], liked["ok"], reacted["ok"]) == (kind == "mute", False, False)
    assert (await bystander.write(show))["ok"]


async def test_nobody_removed_from_a_party_comes_back_as_somebody_else(spammer: Spammer, bystander: Spammer) -> None:
    async with bystander.come() as host, spammer.come() as client:
        await host.say("CREATE_SESSION", payload={})
        party = (await host.expect("SESSION_CREATED"))["payload"]["sessionId"]
        await client.say("JOIN_SESSION", payload={"sessionId": party, "userName": "Spam"})
        await client.expect("SESSION_JOINED")
        arrived = (await host.expect("PARTICIPANT_JOINED"))["payload"]["userId"]
        await host.say("REMOVE_PARTICIPANT", payload={"userId": arrived})
        await client.expect("SESSION_LEFT")
        for _ in range(3):
            async with spammer.come() as again:
                await again.say("JOIN_SESSION", payload={"sessionId": party, "userName": "Somebody else"})
                assert "removed" in (await again.expect("ERROR"))["payload"]["message"]
        async with bystander.come() as friend:
            await friend.say("JOIN_SESSION", payload={"sessionId": party, "userName": "Friend"})
            await friend.expect("SESSION_JOINED")


async def test_invented_reactions_do_not_end_the_counting_of_hearts(spammer: Spammer) -> None:
    show = await threads.in_db(sockets.make_show)
    async with spammer.come() as client:
        for number in range(25):
            ack = await client.ask("send-reaction", sessionId=show.id, kind=f"kind-{number}")
            assert (ack["ok"], ack["code"]) == (False, "validation")
    async with spammer.come() as client:
        assert (await client.ask("join-session", sessionId=show.id))["ok"]
        assert (await client.ask("send-reaction", sessionId=show.id, kind="heart"))["ok"]
        counted = await client.expect("reaction-stats", total=1)
        assert counted["percentages"] == {"heart": 100}


async def test_nobody_writes_under_somebody_elses_name(spammer: Spammer) -> None:
    show = await threads.in_db(sockets.make_show)
    creator = show.creator.username
    shown = set()
    for name in ("admin", "\u3164", f"{creator}\u200b", f"\u202e{creator}", creator.upper(), "Mоderator"):
        said = await spammer.write(show, userName=name)
        shown.add((await threads.in_db(ChatMessage.objects.get, pk=said["id"])).name)
    assert shown == {"Guest"}
    said = await spammer.write(show, userName="Anna")
    assert (await threads.in_db(ChatMessage.objects.get, pk=said["id"])).name == "Anna"


async def test_what_would_turn_the_text_around_it_is_refused_with_the_ack(spammer: Spammer) -> None:
    show = await threads.in_db(sockets.make_show)
    async with spammer.come() as client:
        for text in ("\u202eyadot eerf", "\u3164", "a\x07"):
            ack = await client.ask("send-message", sessionId=show.id, message=text)
            assert (ack["ok"], ack["code"]) == (False, "validation")
