"""A page with nothing on it but our scripts, and a server of sockets that a test plays itself."""

import asyncio
import json
from typing import Any

from playwright.async_api import Page, Route, WebSocketRoute

from tests import sockets
from tests.browser.conftest import Window
from tests.journeys import server as servers

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

    def answer(self, asked: Frame, ok: bool = True, **ack: Any) -> None:
        self.say(type="ack", op=asked["op"], ok=ok, **ack)

    async def hear(self, type: str) -> Frame:
        """The next frame of this type; what comes before it is passed over."""
        async with asyncio.timeout(sockets.PATIENCE):
            while (frame := await self.heard.get())["type"] != type:
                pass
        return frame

    async def lose(self) -> None:
        await self.connections[-1].close(code=1012)


async def blank(window: Window, origin: str, server: Server | None = None) -> Page:
    """An empty page of `origin`, with its scripts; with a server its sockets are the test's, and so is its clock."""

    async def answer(route: Route) -> None:
        _, found, path = route.request.url.partition("/static/")
        if found:
            script = servers.ROOT / path.partition("/")[0] / "static" / path
            await route.fulfill(body=script.read_text(), content_type="text/javascript")
        else:
            await route.fulfill(body="<!doctype html><title>A page</title>", content_type="text/html")

    page = await window("about:blank")
    await page.route(f"{origin}/**", answer)
    if server is not None:
        await page.route_web_socket("**/ws/", server.accept)
        await page.clock.install()
    await page.goto(origin)
    return page


async def settled(page: Page, expression: str) -> Any:
    """The value of an expression once it is neither null nor empty."""
    handle = await page.wait_for_function(expression)
    return await handle.json_value()
