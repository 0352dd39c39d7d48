"""A shop's pages that record themselves, and a server of recordings that a test plays itself."""

import asyncio
import html
import json
from collections.abc import Callable
from typing import Any

from playwright.async_api import Page, Route, WebSocketRoute

from tests import sockets
from tests.browser.conftest import Window
from tests.browser.played import Frame
from tests.journeys import server as servers

ORIGIN = "http://localhost"  # a browser gives a microphone to no other page without HTTPS
TAG = '<script type="module" src="/static/recordings/capture.js"></script>'
PAGE = "<!doctype html><html lang=en><title>A shop</title><body>{}</body></html>"

SERIALISED, INCREMENT, META, MARK = 2, 3, 4, 5  # rrweb's types of events
MUTATION, CLICKED = 0, 2  # its sources; the second with the type of interaction 2 is a click


class Recordings:
    """Everything that pages say to the server. It acknowledges all of it, unless `answer` is replaced."""

    def __init__(self) -> None:
        self.connections: list[WebSocketRoute] = []
        self.said: list[Frame] = []
        self.answer: Callable[[Frame], Frame | None] = acknowledge
        self.is_away = False
        self._news = asyncio.Event()

    async def accept(self, connection: WebSocketRoute) -> None:
        if self.is_away:
            await connection.close(code=1012)
        else:
            self.connections.append(connection)
            connection.on_message(lambda said: self._hear(connection, said))

    def _hear(self, connection: WebSocketRoute, said: str | bytes) -> None:
        frame = json.loads(said) if isinstance(said, str) else unpacked(said)
        self.said.append(frame)
        if "op" in frame and (ack := self.answer(frame)) is not None:
            connection.send(json.dumps({"type": "ack", "op": frame["op"], **ack}))
        self._news.set()

    async def lose(self) -> None:
        """Loses the connection, and takes no other one until `is_away` ends."""
        self.is_away = True
        await self.connections[-1].close(code=1012)

    def of(self, type: str) -> list[Frame]:
        return [frame for frame in self.said if frame["type"] == type]

    @property
    def batches(self) -> dict[int, list[Frame]]:
        """What is stored: of each number what came first, in the numbers' order."""
        stored: dict[int, list[Frame]] = {}
        for frame in self.of("recording:events"):
            stored.setdefault(frame["number"], [each["data"] for each in frame["events"]])
        return dict(sorted(stored.items()))

    @property
    def events(self) -> list[Frame]:
        return [event for events in self.batches.values() for event in events]

    def clicks(self) -> int:
        return sum(event["data"].get("source") == CLICKED and event["data"]["type"] == 2 for event in self.events)

    async def until(self, isTrue: Callable[[], Any]) -> None:  # noqa: N803
        async with asyncio.timeout(sockets.PATIENCE):
            while not isTrue():
                self._news.clear()
                await self._news.wait()


def acknowledge(frame: Frame) -> Frame | None:
    return {"ok": True, "recording": "r1"}


def unpacked(frame: bytes) -> Frame:
    length = int.from_bytes(frame[:4], "big")
    header: Frame = json.loads(frame[4 : 4 + length])
    return header | {"data": frame[4 + length :]}


async def shop(window: Window, server: Recordings, pages: dict[str, str]) -> Page:
    """Opens the first of a shop's pages, given by path as what is in their body."""

    async def answer(route: Route) -> None:
        _, found, path = route.request.url.partition("/static/")
        if found:
            script = servers.ROOT / path.partition("/")[0] / "static" / path
            await route.fulfill(body=script.read_text(), content_type="text/javascript")
            return
        body = pages.get("/" + route.request.url.partition("://")[2].partition("/")[2], "")
        if body.startswith("<svg"):
            await route.fulfill(body=body, content_type="image/svg+xml")
        else:
            await route.fulfill(body=PAGE.format(body), content_type="text/html; charset=utf-8")

    page = await window("about:blank")
    await page.context.route(f"{ORIGIN}/**", answer)
    await page.context.route_web_socket("**/ws/recordings/", server.accept)
    await page.goto(ORIGIN + next(iter(pages)))
    return page


class Picture:
    """What rrweb's player makes of events, as far as tags, classes and texts go. Whatever does not fit is an error."""

    def __init__(self, events: list[Frame]) -> None:
        self.nodes: dict[int, Frame] = {}
        self.children: dict[int, list[int]] = {}
        self.parents: dict[int, int] = {}
        self.root = 0
        for event in events:
            if event["type"] == SERIALISED:
                self.nodes, self.children, self.parents = {}, {}, {}
                self.root = event["data"]["node"]["id"]
                self._enter(event["data"]["node"])
            elif event["type"] == INCREMENT and event["data"]["source"] == MUTATION:
                self._change(event["data"])

    def _enter(self, node: Frame) -> None:
        assert node["id"] not in self.nodes
        self.nodes[node["id"]] = node
        self.children[node["id"]] = [child["id"] for child in node.get("childNodes", [])]
        for child in node.get("childNodes", []):
            self.parents[child["id"]] = node["id"]
            self._enter(child)

    def _change(self, mutation: Frame) -> None:
        for gone in mutation["removes"]:
            self.children[gone["parentId"]].remove(gone["id"])
            self._forget(gone["id"])
        for added in mutation["adds"]:
            siblings = self.children[added["parentId"]]
            at = len(siblings) if added["nextId"] is None else siblings.index(added["nextId"])
            siblings.insert(at, added["node"]["id"])
            self.parents[added["node"]["id"]] = added["parentId"]
            self._enter(added["node"])
        for changed in mutation["attributes"]:
            self.nodes[changed["id"]]["attributes"].update(changed["attributes"])
        for changed in mutation["texts"]:
            self.nodes[changed["id"]]["textContent"] = changed["value"]

    def _forget(self, pk: int) -> None:
        for child in self.children.pop(pk):
            self._forget(child)
        del self.nodes[pk]

    def find(self, tag: str) -> list[Frame]:
        return [node for node in self.nodes.values() if node.get("tagName") == tag]

    def __str__(self) -> str:
        return self._text(self.root) if self.nodes else ""

    def _text(self, pk: int) -> str:
        node = self.nodes[pk]
        if node["type"] == 3:
            return html.escape(node["textContent"], quote=False)
        children = sorted(self.children[pk], key=lambda child: not self.nodes[child].get("isShadow"))
        inside = "".join(map(self._text, children))
        if node["type"] != 2 or node["tagName"] in ("html", "head", "title", "style"):
            return inside if node.get("tagName") not in ("head", "title", "style") else ""
        name = node["attributes"].get("class")
        return f"<{node['tagName']}{'' if name is None else '.' + name}>{inside}</>"


# The same of the page itself.
SEEN = """() => {
    const text = (node) => {
        if (node.nodeType === 3) return node.data.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
        if (node.nodeType !== 1 || ["script", "style", "vitrine-recording"].includes(node.localName)) return "";
        const name = node.getAttribute("class");
        const children = [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map(text).join("");
        return `<${node.localName.toLowerCase()}${name === null ? "" : "." + name}>${children}</>`;
    };
    return text(document.body);
}"""
