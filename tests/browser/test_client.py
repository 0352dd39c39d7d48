"""client.js against a server that a test plays itself: losses, refusals and silence, without waiting for them."""

import asyncio
import json
from typing import Any

import pytest
from playwright.async_api import Page, Route, WebSocketRoute

from tests.browser.conftest import Window
from tools import serve

pytestmark = pytest.mark.browser

STATIC = serve.ROOT / "storefront/static/storefront"
Frame = dict[str, Any]


class Server:
    """Every connection that the page opens, and what it says on them."""

    def __init__(self) -> None:
        self.connections: list[WebSocketRoute] = []
        self.heard: asyncio.Queue[Frame] = asyncio.Queue()
        self.refusing = False

    def accept(self, connection: WebSocketRoute) -> None:
        self.connections.append(connection)
        connection.on_message(lambda text: self.heard.put_nowait(json.loads(text)))

    def say(self, **frame: Any) -> None:
        self.connections[-1].send(json.dumps(frame))

    async def hear(self, type: str) -> Frame:
        """The next frame of this type; what comes before it is passed over."""
        async with asyncio.timeout(10):
            while (frame := await self.heard.get())["type"] != type:
                pass
        return frame

    async def lose(self) -> None:
        await self.connections[-1].close(code=1012)


@pytest.fixture
async def server() -> Server:
    return Server()


@pytest.fixture
async def page(server: Server, window: Window) -> Page:
    """A page with a connected client as `shop`; its clock is ours, so a wait of half a minute takes none."""

    async def serve_file(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name.endswith(".js"):
            await route.fulfill(body=(STATIC / name).read_text(), content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>Client</title>", content_type="text/html")

    page = await window("about:blank")
    await page.route("http://shop.test/**", serve_file)
    await page.route_web_socket("**/ws/", server.accept)
    await page.clock.install()
    await page.goto("http://shop.test/")
    await page.evaluate(
        """async () => {
            const { Vitrine } = await import("/client.js");
            window.shop = new Vitrine();
            window.told = [];
            window.answers = [];
            shop.connect();
        }"""
    )
    await server.hear("hello")
    return page


async def settled(page: Page, expression: str) -> Any:
    """The value of an expression once it is neither null nor empty."""
    handle = await page.wait_for_function(expression)
    return await handle.json_value()


async def test_an_answer_settles_the_promise_of_its_message(page: Page, server: Server) -> None:
    answer = page.evaluate("shop.send('send-message', { message: 'Hello', type: 'forged', op: 'forged' })")
    task = asyncio.ensure_future(answer)
    asked = await server.hear("send-message")
    server.say(type="ack", op=asked["op"], ok=False, code="rate_limited", message="Too fast", retryAfter=2.5)
    assert asked["op"] != "forged"
    assert (await task)["retryAfter"] == 2.5


async def test_an_unanswered_message_is_sent_again_with_the_same_op(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('send-message', { message: 'Hello' }).then((ack) => answers.push(ack))")
    first = await server.hear("send-message")
    await server.lose()
    await page.clock.run_for(2_000)
    second = await server.hear("send-message")
    server.say(type="ack", op=second["op"], ok=True)
    assert second == first
    assert (await settled(page, "answers.length && answers"))[0]["ok"]


async def test_what_would_be_stale_is_not_kept(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('send-reaction', {}, { keep: false }).then((ack) => answers.push(ack.code))")
    await server.hear("send-reaction")
    await server.lose()
    assert await settled(page, "answers.length && answers") == ["offline"]
    refused = await page.evaluate("shop.send('send-reaction', {}, { keep: false })")
    assert refused["code"] == "offline"


async def test_only_so_many_messages_wait_for_a_connection(page: Page, server: Server) -> None:
    await server.lose()
    await settled(page, "shop.status.state === 'waiting'")
    await page.evaluate("for (let n = 0; n < 60; n++) void shop.send('note', { n }).then((ack) => answers.push(ack))")
    assert len(await settled(page, "answers.length === 10 && answers")) == 10
    await page.clock.run_for(2_000)
    assert [(await server.hear("note"))["n"] for _ in range(50)] == list(range(50))


async def test_rooms_are_entered_anew_on_every_connection(page: Page, server: Server) -> None:
    await page.evaluate(
        """void (window.leave = shop.enter("join-session", { sessionId: "s1" }, (ack, again) => {
            told.push([ack.seq, again]);
        }))"""
    )
    server.say(type="ack", op=(await server.hear("join-session"))["op"], ok=True, room="show:s1", seq=4, epoch="e")
    await settled(page, "told.length === 1")
    server.say(type="new-message", room="show:s1", seq=5, id="m", message="Hi")
    await settled(page, "shop.position('show:s1').seq === 5")
    await server.lose()
    await page.clock.run_for(2_000)
    server.say(type="ack", op=(await server.hear("join-session"))["op"], ok=True, room="show:s1", seq=9, epoch="e")
    assert await settled(page, "told.length === 2 && told") == [[4, False], [9, True]]
    assert await page.evaluate("shop.position('show:s1')") == {"room": "show:s1", "seq": 9, "epoch": "e"}


async def test_one_listener_that_fails_does_not_silence_the_others(page: Page, server: Server) -> None:
    await page.evaluate(
        """() => {
            window.reportError = (error) => answers.push(error.message);
            shop.on("new-message", () => { throw new Error("mine"); });
            shop.on("new-message", ({ message }) => told.push(message));
        }"""
    )
    server.say(type="new-message", message="Hi")
    assert await settled(page, "told.length && [...told, ...answers]") == ["Hi", "mine"]


async def test_a_connection_that_answers_no_ping_is_given_up(page: Page, server: Server) -> None:
    await page.clock.run_for(21_000)
    await server.hear("ping")
    server.say(type="pong")
    await page.clock.run_for(20_000)
    await server.hear("ping")
    assert len(server.connections) == 1
    await page.clock.run_for(62_000)
    await server.hear("hello")
    assert len(server.connections) == 2


async def test_the_network_coming_back_ends_the_pause_at_once(page: Page, server: Server) -> None:
    await server.lose()
    await settled(page, "shop.status.state === 'waiting'")
    await page.evaluate("void dispatchEvent(new Event('online'))")
    await server.hear("hello")


async def test_pauses_between_tries_grow_to_half_a_minute_and_not_beyond(page: Page, server: Server) -> None:
    await page.evaluate("void shop.watch((status) => status.state === 'waiting' && told.push(status.seconds))")
    await page.evaluate("void (Math.random = () => 1)")
    for _ in range(9):
        before = await page.evaluate("told.length")
        await server.lose()
        pause = await settled(page, f"told.length > {before} && told.at(-1)")
        await page.clock.run_for(pause * 1000)
        await server.hear("hello")
    assert await page.evaluate("told") == [1, 2, 4, 8, 16, 30, 30, 30, 30]


async def test_a_refused_connection_is_not_tried_again(page: Page, server: Server) -> None:
    await page.evaluate("void shop.send('note').then((ack) => answers.push(ack.code))")
    await server.hear("note")
    await server.connections[-1].close(code=4401)
    assert await settled(page, "shop.status.state === 'closed' && answers.length && answers") == ["offline"]
    await page.clock.run_for(60_000)
    assert len(server.connections) == 1
