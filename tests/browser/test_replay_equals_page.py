"""The document that the vendored player makes of what dom.js told is the page that was recorded."""

import asyncio
import contextlib
from typing import Any

import pytest
from playwright.async_api import expect

from realtime import database
from recordings.models import Recording
from tests import sockets
from tests.browser import capturing
from tests.browser.capturing import SEEN, TAG, Picture, Recordings
from tests.browser.conftest import Watch, Window
from tests.browser.test_replay_of_capture import kept
from tests.browser.watching import document, jump
from tests.recordings import visits

pytestmark = [pytest.mark.browser, pytest.mark.journey, pytest.mark.usefixtures("recordings_here")]

# Elements with their namespaces, attributes, texts and looks. Left out is what is never recorded, or never replayed:
# what runs or loads, addresses, and what somebody has typed.
LOOK = """() => {
    const SKIPPED = ["script", "noscript", "base", "template", "vitrine-recording"];
    const UNTOLD = /^(on.*|rr_.*|_csstext|src|srcset|href|rel|action|value|checked|selected|type|autocomplete)$/;
    const LOOKS = ["color", "backgroundColor", "display", "fontSize", "fontWeight", "textAlign", "visibility", "order"];
    const attributes = (element) => Object.fromEntries(
        [...element.attributes]
            .filter(({ name }) => !UNTOLD.test(name))
            .map(({ name, value }) => [name, name === "class" ? value.replace(/ ?:hover/, "") : value])
            .sort(),
    );
    const looks = (element) => {
        const style = element.ownerDocument.defaultView.getComputedStyle(element);
        return LOOKS.map((name) => style[name]).join(" | ");
    };
    const children = (parent) => {
        const found = [];
        for (const node of parent.childNodes) {
            if (node.nodeType === 3 && typeof found.at(-1) === "string") found.push(found.pop() + node.data);
            else if (node.nodeType === 3) found.push(node.data);
            else if (node.nodeType === 1 && !SKIPPED.includes(node.localName)) found.push(look(node));
        }
        return found;
    };
    const look = (element) => ({
        name: `${element.namespaceURI.split("/").at(-1)} ${element.localName}`,
        attributes: attributes(element),
        looks: looks(element),
        shadow: element.shadowRoot ? children(element.shadowRoot) : null,
        children: ["style", "textarea"].includes(element.localName) ? [] : children(element),
    });
    return look(document.body);
}"""

TEXTS = """
    <h1 lang=en title="A &quot;shop&quot; &amp; more">Mugs &amp; &lt;kettles&gt;</h1>
    <pre>  two
      lines\t</pre>
    <p dir=rtl>שלום <b>עולם</b> 😀 e\u0301</p>
    <ul><li>One<li>Two<ol start=3><li>Three</ol></ul>
    <table><caption>Prices</caption><tr><th>A<th>B<tr><td rowspan=2>1<td>2<tr><td colspan=1>3</table>
    <p hidden>not seen</p><a href=/two>a <em>link <i>with</i></em> parts</a>
"""
FORMS = """
    <form><fieldset disabled><legend>Who</legend><input name=name placeholder=Name><input type=checkbox></fieldset>
    <select><optgroup label=Many><option>One</option><option selected>Two</option></optgroup></select>
    <textarea rows=3></textarea><button type=button aria-pressed=false disabled>Buy</button>
    <progress max=10></progress><label for=x>Label</label><input id=x type=range></form>
    <details open><summary>More</summary><p>Inside</p></details><details><summary>Less</summary><p>Hidden</p></details>
    <dialog id=d><p>Sure?</p></dialog>
"""
DRAWINGS = """
    <svg viewBox="0 0 10 10" width=50 height=50><defs>
    <linearGradient id=g><stop offset=0 stop-color=red /></linearGradient><circle id=c r=2 />
    </defs><use href="#c" x=5 y=5 /><g fill=blue><rect width=3 height=3 /><text x=1 y=9>Hi</text></g>
    <foreignObject width=5 height=5><div class=html>HTML</div></foreignObject></svg>
    <img alt="A mug" width=5 height=5><figure><figcaption>Below</figcaption></figure>
"""
STYLES = """
    <style>:root { --tint: rgb(1, 2, 3) } @layer a, b; @layer b { .x { color: var(--tint) } }
    @layer a { .x { color: red } } li:nth-child(2n) { background: rgb(9, 9, 9) }
    @media (min-width: 10px) { .wide { display: flex } .wide > b { order: 2 } }
    .x:not(.y) ~ p { font-weight: 700; text-align: right } @supports (display: grid) { .grid { display: grid } }</style>
    <div class=x style="font-size: 21px; visibility: hidden">x</div><p>after</p>
    <ul><li>1<li>2<li>3<li>4</ul><div class=wide><b>2</b><i>1</i></div><div class=grid><span>g</span></div>
"""
COMPONENTS = """
    <shop-card><b slot=name>Mug</b>rest</shop-card><shop-card></shop-card>
    <script>
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("p { color: rgb(4, 5, 6) }");
        customElements.define("shop-card", class extends HTMLElement {
            connectedCallback() {
                const root = this.attachShadow({ mode: "open" });
                const style = "<style>i { color: teal }</style>";
                root.innerHTML = `${style}<p><slot name=name>No name</slot></p><i>i</i><slot></slot>`;
                root.adoptedStyleSheets = [sheet];
                const inner = root.querySelector("p").appendChild(document.createElement("div"));
                inner.attachShadow({ mode: "open" }).innerHTML = "<u>deep</u>";
            }
        });
    </script>
"""
LIST = "<style id=s>b { color: red }</style><main></main>"

OPEN_DIALOG = "() => { document.querySelector('#d').showModal(); document.querySelector('details').open = false; }"
IN_SHADOW = """() => {
    const root = document.querySelector("shop-card").shadowRoot;
    root.querySelector("i").textContent = "changed";
    root.querySelector("p").before(Object.assign(document.createElement("h2"), { textContent: "New" }));
    root.adoptedStyleSheets[0].insertRule("h2 { color: rgb(7, 8, 9) }");
    document.body.append(document.createElement("shop-card"));
}"""
REBUILD = """async () => {
    const main = document.querySelector("main");
    for (let n = 0; n < 40; n++) {
        const row = document.createElement("div");
        row.innerHTML = `<b class=n${n}>${n}</b><span>${"x".repeat(n)}</span>`;
        main.insertBefore(row, main.children[n % 3] ?? null);
        if (n % 10 === 0) await new Promise((done) => setTimeout(done, 120));
    }
    main.append(...[...main.children].reverse());
    for (const row of [...main.children].slice(0, 20)) row.querySelector("span").remove();
    main.children[5].replaceWith("only a text", document.createElement("hr"));
    main.children[3].setAttribute("style", "background: rgb(3, 4, 5); font-size: 9px");
    main.children[4].toggleAttribute("hidden");
    document.querySelector("#s").sheet.insertRule("b.n7 { color: rgb(7, 7, 7) }", 1);
    main.children[8].innerHTML = "<table><tr><td>cell</table>";
}"""

PAGES = {
    "texts": (TEXTS, "() => {}"),
    "forms": (FORMS, OPEN_DIALOG),
    "drawings": (DRAWINGS, "() => document.querySelector('g').setAttribute('fill', 'green')"),
    "styles": (STYLES, "() => document.querySelector('.x').classList.add('y')"),
    "components": (COMPONENTS, IN_SHADOW),
    "a list that is rebuilt": (LIST, REBUILD),
}


def kept_longer(heard: Recordings) -> Recording:
    """The slider stops at whole tenths of a second: something comes behind the last change."""
    recording = kept(heard)
    mark = {"type": 5, "data": {"tag": "over", "payload": {}}, "timestamp": heard.events[-1]["timestamp"] + 1000}
    last = {"event": "rrweb", "data": mark, "timestamp": mark["timestamp"]}
    visits.store(visits.batch(recording, last, number=max(heard.batches) + 1))
    return Recording.objects.get(pk=recording.pk)


def lines(node: Any, depth: int = 0) -> list[str]:
    """One line of each node, so that a difference can be read."""
    if isinstance(node, str):
        return [f"{depth} {node!r}"]
    found = [f"{depth} {node['name']} {node['attributes']} {node['looks']}"]
    for inside, where in ((node["shadow"], "shadow"), (node["children"], "children")):
        found += [] if inside is None else [f"{depth} {where}"]
        found += [line for child in inside or [] for line in lines(child, depth + 1)]
    return found


@pytest.mark.parametrize(("body", "change"), PAGES.values(), ids=PAGES)
async def test_the_replayed_document_is_the_recorded_page(window: Window, watch: Watch, body: str, change: str) -> None:
    heard = Recordings()
    shop = await capturing.shop(window, heard, {"/": body + TAG})
    await shop.get_by_role("button", name="Agree and record").click()
    await expect(shop.get_by_text("Recording", exact=True)).to_be_visible()
    await heard.until(lambda: heard.events)
    await shop.evaluate(change)
    seen = await shop.evaluate(SEEN)
    await heard.until(lambda: str(Picture(heard.events)) == seen)
    recorded = lines(await shop.evaluate(LOOK))
    await shop.evaluate("Vitrine.capture.stop()")
    await heard.until(lambda: heard.of("recording:end"))

    page = await watch(await database.in_db(kept_longer, heard))
    await jump(page, 10**9)
    replayed: list[str] = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(sockets.PATIENCE):
            while (replayed := lines(await (await document(page)).evaluate(LOOK))) != recorded:
                await page.evaluate("() => new Promise(requestAnimationFrame)")
    assert replayed == recorded
