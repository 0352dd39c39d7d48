"""Pages of other origins: the README's snippet as it stands there, and a server that does not let a page in."""

import asyncio
import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Page, WebSocketRoute, expect

from tests import sockets
from tests.browser import played
from tests.browser.conftest import Window, go_live_unseen
from tests.browser.played import settled
from tests.browser.test_a_show import creator  # noqa: F401  # a fixture
from tests.journeys import server as servers

pytestmark = pytest.mark.browser

README = (servers.ROOT / "README.md").read_text()
SNIPPET = re.search(r"```html\n(.*?)```", README, re.DOTALL)


class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Nobody reads along."""


@pytest.fixture
def folder(server: str, tmp_path: Path) -> Path:
    assert SNIPPET is not None
    (tmp_path / "index.html").write_text("<!doctype html>" + SNIPPET[1].replace("http://127.0.0.1:8000", server))
    return tmp_path


@pytest.fixture
def port(folder: Path) -> Iterator[int]:
    """Where the snippet's page is served, at an origin of its own."""
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(folder))
    ) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield pages.server_port
        pages.shutdown()
        thread.join()


async def test_the_readmes_snippet_works_on_a_page_of_another_origin(creator: Page, window: Window, port: int) -> None:  # noqa: F811
    await go_live_unseen(creator)
    await expect(creator.get_by_role("button", name="Pause")).to_be_visible()
    page = await window("about:blank")
    async with page.expect_console_message(lambda said: "Is it still in stock?" in said.text):
        await page.goto(f"http://127.0.0.1:{port}/")
    await expect(creator.get_by_text("Is it still in stock?")).to_be_visible()


async def test_a_refused_origin_is_said_once_and_not_tried_for_ever(server: str, window: Window, port: int) -> None:
    page = await window("about:blank")
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    await page.goto(f"http://localhost:{port}/none")  # 127.0.0.1 is let in, and this name for it is not
    async with asyncio.timeout(sockets.PATIENCE):
        states = await page.evaluate(
            """async (server) => {
                const { Vitrine } = await import(`${server}/static/realtime/client.js`);
                const { Together } = await import(`${server}/static/shopping/sdk.js`);
                const closed = (client) =>
                    new Promise((done) => client.watch(({ state }) => state === "closed" && done(state)));
                const shop = new Vitrine(), together = new Together({ server });
                shop.connect();
                const ack = shop.send("ping");
                const joined = together.join("sess_0000000000").catch(({ code }) => code);
                return [await closed(shop), (await ack).code, await joined];
            }""",
            server,
        )
    assert states == ["closed", "offline", "offline"]
    assert len([text for text in said if "CORS_ORIGINS=http://localhost" in text]) == 1


async def test_a_server_that_is_away_is_not_taken_for_one_that_refuses(window: Window) -> None:
    page = await played.blank(window, "http://shop.test")
    _, number = reserved = servers.reserved_port()
    with reserved[0]:  # Nobody listens there.
        await page.evaluate(
            """async (url) => {
                const { Vitrine } = await import("/static/realtime/client.js");
                const { refusesOrigin } = await import("/static/realtime/origins.js");
                window.shop = new Vitrine({ url });
                shop.connect();
                window.refused = await refusesOrigin(new URL(url).origin.replace("ws", "http"));
            }""",
            f"ws://127.0.0.1:{number}/ws/",
        )
        assert await page.evaluate("refused") is False
        assert await settled(page, "shop.status.state === 'waiting'")


async def test_a_copy_of_the_client_connects_to_the_pages_own_server(window: Window) -> None:
    opened: list[str] = []

    def accept(connection: WebSocketRoute) -> None:
        opened.append(connection.url)

    async def answer(route: Any) -> None:
        name = route.request.url.rpartition("/")[2]
        script = servers.ROOT / "realtime/static/realtime" / name
        body, kind = (
            (script.read_text(), "text/javascript") if name.endswith(".js") else ("<!doctype html>", "text/html")
        )
        await route.fulfill(body=body, content_type=kind, headers={"Access-Control-Allow-Origin": "*"})

    page = await window("about:blank")
    await page.route("http://*.test/**", answer)
    await page.route_web_socket("**/ws/", accept)
    await page.goto("http://page.test/")
    for module in ("http://cdn.test/bundle/client.js", "http://shop.test/static/realtime/client.js"):
        await page.evaluate(
            """async (module) => {
                const { Vitrine } = await import(module);
                const shop = new Vitrine();
                shop.connect();
                await new Promise((done) => shop.watch(({ state }) => state === "open" && done()));
                shop.close();
            }""",
            module,
        )
    assert opened == ["ws://page.test/ws/", "ws://shop.test/ws/"]
