"""Whatever is recorded, nothing of it runs when staff watch it, and nothing reaches a network."""

from typing import Any

import pytest
from playwright.async_api import Request

from realtime import database
from tests.browser.conftest import Watch
from tests.browser.watching import document, make_visit, reach, seen
from tests.recordings import replays

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]

EVIL = "https://evil.example"


def hostile(at: int) -> list[replays.Event]:
    """A page that would run and load everything it can."""
    shout = "parent.parent.ran = top.ran = 1; fetch('https://evil.example/fetched')"
    ids = iter(range(100, 1000))

    def node(tag: str, *words: str, **attributes: str) -> replays.Event:
        named = {name.replace("_", "-"): value for name, value in attributes.items()}
        return replays.element(next(ids), tag, *(replays.text(next(ids), each) for each in words), **named)

    css = f"@import '{EVIL}/imported.css'; p {{ background: url('{EVIL}/styled.png') }}"
    font = f"@font-face {{ font-family: x; src: url({EVIL}/font.woff2) }} p {{ font-family: x }}"
    style = node("style", css + font)
    body = [
        style,
        node("script", shout),
        node("script", src=f"{EVIL}/script.js"),
        node("img", src=f"{EVIL}/picture.png", srcset=f"{EVIL}/larger.png 2x", onerror=shout),
        node("img", src="data:image/png;base64,xx", onerror=shout, onload=shout),
        node("iframe", src=f"{EVIL}/frame", srcdoc=f"<script>{shout}</script>"),
        node("iframe", src="javascript:" + shout),
        node("object", data=f"{EVIL}/object"),
        node("embed", src=f"{EVIL}/embedded"),
        node("video", src=f"{EVIL}/film.mp4", poster=f"{EVIL}/poster.png", autoplay=""),
        node("a", "go", href="javascript:" + shout, ping=f"{EVIL}/ping"),
        node("form", action=f"{EVIL}/form"),
        node("div", "x", style=f"background: url({EVIL}/background.png)", onclick=shout),
        node("p", "text"),
        node("svg", f"<script>{shout}</script>", onload=shout),
        node("noscript", f"<img src={EVIL}/noscript.png>"),
        node("marquee", "x", onstart=shout),
        node("input", autofocus="", onfocus=shout),
        node("details", "x", open="", ontoggle=shout),
        node("base", href=EVIL),
    ]
    head = (
        node("link", rel="stylesheet", href=f"{EVIL}/style.css"),
        node("link", rel="preconnect", href=EVIL),
        node("link", rel="dns-prefetch", href=EVIL),
        node("link", rel="preload", href=f"{EVIL}/preloaded.js", **{"as": "script"}),
        node("link", rel="icon", href=f"{EVIL}/icon.png"),
        node("meta", http_equiv="refresh", content=f"0;url={EVIL}/refreshed"),
        node("meta", http_equiv="Content-Security-Policy", content="default-src *"),
    )
    later = node("img", src=f"{EVIL}/added.png", onerror=shout)
    attributes = [{"id": 5, "attributes": {"onmouseover": shout, "style": {"background": f"url({EVIL}/changed.png)"}}}]
    mutation = {"source": 0, "texts": [], "removes": [], "adds": [], "attributes": attributes}
    rule = {"source": 8, "id": style["id"], "adds": [{"rule": f"b {{ background: url({EVIL}/rule.png) }}", "index": 0}]}
    face = {"source": 10, "family": "y", "fontSource": f"url({EVIL}/face.woff2)", "buffer": False}
    return [
        *replays.page(at, f"{EVIL}/", *body, head=head),
        replays.added(at + 500, 5, later),
        replays.rrweb(3, mutation, at + 600),
        replays.rrweb(3, rule, at + 700),
        replays.rrweb(3, face, at + 800),
        replays.rrweb(5, {"tag": "<img src=x onerror=alert(1)>", "payload": {}}, at + 900),
        replays.click(at + 1000),
    ]


OLD_HOSTILE = f"""<html><head><meta http-equiv="refresh" content="0;url={EVIL}/refreshed">
<link rel="stylesheet" href="{EVIL}/style.css"><link rel="preconnect" href="{EVIL}">
<script>top.ran = 1</script><style>@import url({EVIL}/imported.css)</style></head>
<body onload="top.ran = 1"><h1>Goods</h1><img src="{EVIL}/x.png" onerror="top.ran = 1"><svg onload="top.ran = 1"></svg>
<iframe srcdoc="<script>top.top.ran = 1</script>"></iframe><iframe src="{EVIL}/frame"></iframe></body></html>"""


@pytest.mark.parametrize("kind", ["new", "old"])
async def test_hostile_html_runs_nothing_and_loads_nothing(watch: Watch, server: str, kind: str) -> None:
    events = hostile(0) if kind == "new" else replays.shopaloud(OLD_HOSTILE)
    recording = await database.in_db(lambda: replays.stored(events))
    asked: list[str] = []

    def note(request: Request) -> None:
        asked.append(request.url)

    page = await watch(recording)
    page.on("request", note)
    page.on("dialog", lambda dialog: asked.append(dialog.message))
    await page.reload()
    await seen(page)
    await page.get_by_role("button", name="Play").click()
    await reach(page, 950)
    shown = await document(page)
    assert await shown.locator("p, h1").first.inner_text() in ("text", "Goods")
    assert [url for url in asked if not url.startswith((server, "data:", "about:"))] == []
    assert await page.evaluate("window.ran") is None
    assert shown.url in ("about:blank", page.frames[1].url)
    left = await shown.evaluate(
        """() => [...document.querySelectorAll("*")].flatMap((node) => [...node.attributes].map(({ name }) => name))
            .filter((name) => name.startsWith("on") || name === "srcdoc" || name === "http-equiv")"""
    )
    assert left == []


LOAD = """() => new Promise((settled) => {
    const page = document.querySelector("iframe").contentDocument;
    const image = page.createElement("img");
    image.onload = () => settled("loaded");
    image.onerror = () => settled("refused");
    image.src = "/favicon.ico";
    page.body.append(image);
})"""


async def test_the_frame_has_no_network_even_for_what_slips_through(watch: Watch) -> None:
    address = (watched := await watch(await database.in_db(make_visit))).url
    page = await watched.context.new_page()  # its console may speak of the policy
    await page.goto(address)
    await seen(page)
    stage: Any = (await document(page)).parent_frame
    reached: list[str] = []
    page.on("response", lambda response: reached.append(response.url))
    assert await page.locator("[data-screen]").get_attribute("sandbox") == "allow-scripts allow-same-origin"
    assert await stage.evaluate("document.querySelector('iframe').getAttribute('sandbox')") == "allow-same-origin"
    assert await stage.evaluate("fetch('/health').then(() => 'answered', () => 'refused')") == "refused"
    assert await stage.evaluate(LOAD) == "refused"
    assert not [url for url in reached if "health" in url or "favicon" in url]
