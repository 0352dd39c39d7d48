"""Coming back over Socket.IO, on both of its transports: positions stand beside the events, and nothing is lost."""

import json
import secrets

import aiohttp
import pytest

from accounts import identity as identities
from realtime.delivery import outgoing
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets

pytestmark = [pytest.mark.usefixtures("live_db", "no_limits"), pytest.mark.everywhere]

TRANSPORTS = [["websocket"], ["polling"], ["polling", "websocket"]]


@pytest.fixture(params=TRANSPORTS, ids="+".join)
def transports(request: pytest.FixtureRequest) -> list[str]:
    chosen: list[str] = request.param
    return chosen


async def chat(show: sockets.Show, *texts: str) -> None:
    def talk() -> None:
        author = identities.Identity(user=None, visitor=secrets.token_hex(16))
        for text in texts:
            ChatMessage.objects.post(show.stream.pk, author, text)

    await threads.in_db(talk)


async def arrive(server: sockets.Address, transports: list[str]) -> sockets.Events:
    return await sockets.Events().connect(server, transports, auth={"recover": True})


def lines(client: sockets.Events) -> list[tuple[str, int]]:
    """What was said, and its number, of the events that came before the last awaited one."""
    return [
        (arguments[0]["message"], arguments[1]["seq"]) for name, arguments in client.passed if name == "new-message"
    ]


async def test_what_was_missed_is_told_in_order_and_then_what_comes(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await arrive(server, transports) as client:
        ack = await client.ask("join-session", show.id)
        assert ack["room"] == show.key
    await chat(show, *(str(n) for n in range(150)))
    async with await arrive(server, transports) as client:
        again = await client.ask("resume", {"room": show.key, "epoch": ack["epoch"], "after": ack["seq"]})
        assert again["recovered"]
        resumed = await client.expect("resumed")
        assert resumed == {"room": show.key, "recovered": True, "seq": again["seq"], "epoch": ack["epoch"]}
        await chat(show, "next")
        while not any(line == "next" for line, _ in lines(client)):
            client.passed.append(("new-message", await client.expect_all("new-message")))
        expected = [*(str(n) for n in range(150)), "next"]
        assert lines(client) == list(zip(expected, range(ack["seq"] + 1, ack["seq"] + 152), strict=True))


async def test_an_event_carries_its_position_beside_its_payload(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await arrive(server, transports) as client:
        ack = await client.ask("join-session", show.id)
        await chat(show, "one")
        line, position = await client.expect_all("new-message")
        assert line["message"] == "one"
        assert position == {"room": show.key, "seq": ack["seq"] + 1, "epoch": ack["epoch"]}


async def test_one_who_did_not_ask_to_recover_is_told_as_ever(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await sockets.Events().connect(server, transports) as client:
        await client.ask("join-session", show.id)
        await chat(show, "one")
        assert len(await client.expect_all("new-message")) == 1


async def test_a_place_that_the_log_does_not_have_gives_the_room_as_it_is_now(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    await chat(show, "one", "two")
    async with await arrive(server, transports) as client:
        again = await client.ask("resume", {"room": show.key, "epoch": "nonsense", "after": 1})
        assert again["recovered"] is False
        snapshot = await client.expect("snapshot")
        assert [line["message"] for line in snapshot["state"]["messages"]] == ["one", "two"]
        assert (await client.expect("resumed"))["recovered"] is False


async def test_a_room_that_there_is_not_is_refused(
    server: sockets.Address, show: sockets.Show, transports: list[str]
) -> None:
    async with await arrive(server, transports) as client:
        again = await client.ask("resume", {"room": "show:nonsense", "epoch": "x", "after": 0})
        assert again.items() >= {"ok": False, "code": "not_found", "message": "Room not found"}.items()


@sockets.FAST_SOCKETIO
async def test_a_polling_client_that_stops_fetching_in_the_middle_is_let_go(
    server: sockets.Address, show: sockets.Show, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it missed fills its queue; its place in the room must not stay behind."""
    monkeypatch.setattr(outgoing, "SLOW_SECONDS", 0.2)
    await chat(show, *("x" * 500 for _ in range(300)))
    async with await sockets.connect(server, "/ws/streams/") as watching, aiohttp.ClientSession() as http:
        ack = await watching.ask("join-session", sessionId=show.id)
        url = f"{server.http}/socket.io/?EIO=4&transport=polling"
        async with http.get(url) as opened:
            url += "&sid=" + json.loads((await opened.text())[1:])["sid"]
        async with http.post(url, data='40{"recover":true}'), http.get(url):
            pass
        resume = {"room": show.key, "epoch": ack["epoch"], "after": ack["seq"] - 300}
        async with http.post(url, data="42" + json.dumps(["resume", resume])):
            pass
        assert [await counted(watching) for _ in range(3)] == [1, 2, 1]


async def counted(client: sockets.Client) -> int:
    count: int = (await client.expect("viewer-count"))["data"]
    return count
