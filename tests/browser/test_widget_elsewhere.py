"""The window of support on a shop's page of another origin, by the tag that the README has."""

import http.server
import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from realtime.runtime import threads
from support.models import Attachment, Conversation
from tests.browser.conftest import Window
from tests.browser.screens import violations
from tests.browser.test_elsewhere import Handler
from tests.browser.widget import PDF, PNG, ask, button, field, lines, reply, shoot, texts, window_of, write
from tests.journeys import server as servers
from tests.support.desk import agent, said

pytestmark = pytest.mark.browser

TAG = re.search(r"^<script[^>]*support/widget\.js[^>]*></script>$", (servers.ROOT / "README.md").read_text(), re.M)
# A shop whose style sheet means every element there is.
PAGE = """<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>A shop</title>
<style>
  * {{ font: 30px cursive !important; color: deeppink !important; letter-spacing: 9px !important; }}
  button, dialog, textarea {{ display: none !important; }}
</style>
<main><h1>Teapots</h1><p style="height: 150vh">Round ones.</p><a href="other.html">More</a></main>
{tag}</html>"""


@pytest.fixture
def shop(server: str, tmp_path: Path) -> Iterator[str]:
    """The address of a shop at an origin of its own."""
    assert TAG is not None
    page = PAGE.format(tag=TAG[0].replace("http://127.0.0.1:8000", server))
    for name in ("index.html", "other.html"):
        (tmp_path / name).write_text(page)
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(tmp_path))
    ) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{pages.server_port}/"
        pages.shutdown()
        thread.join()


def answer_with_files(conversation: Conversation) -> None:
    colleague = agent()
    files = [
        Attachment.objects.upload(conversation, colleague, name, content)
        for name, content in (("lid.png", PNG), ("bill.pdf", PDF))
    ]
    said(colleague, "Here", conversation_id=conversation.pk, attachment_ids=tuple(file.pk for file in files))


async def size_of(page: Page) -> str:
    return str(await field(page).evaluate("(element) => getComputedStyle(element).fontSize"))


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_one_tag_is_enough(shop: str, window: Window, phone: bool) -> None:
    page = await window(shop, phone=phone)
    conversation = await ask(page)
    assert await size_of(page) == "16px"  # nothing of the shop's styles
    assert await violations(page) == []
    await reply(conversation, "From the desk.")
    await expect(lines(page).last).to_contain_text("From the desk.")
    await shoot(page, f"elsewhere-{phone}")
    await page.goto(f"{shop}other.html")
    await expect(lines(page)).to_have_count(2)  # the same guest, in a window that is still open
    await write(page, "Thank you")
    await expect(lines(page).last).to_contain_text("Delivered")
    assert (await texts(conversation))[1:] == ["From the desk.", "Thank you"]


@pytest.mark.usefixtures("attachments_here")
async def test_files_are_shown_to_a_guest_whom_only_the_token_names(shop: str, window: Window) -> None:
    page = await window(shop)
    conversation = await ask(page)
    chooser = window_of(page).locator("input[type=file]")
    await chooser.set_input_files({"name": "mine.png", "mimeType": "image/png", "buffer": PNG})
    await expect(window_of(page).get_by_role("button", name="Remove mine.png")).to_be_visible()
    await window_of(page).get_by_role("button", name="Send").click()
    await threads.in_db(answer_with_files, conversation)
    for name in ("mine.png", "lid.png"):
        picture = lines(page).get_by_role("img", name=name)
        await expect(picture).to_have_js_property("naturalWidth", 1)
    async with page.expect_download() as downloading:
        await lines(page).get_by_role("link", name="bill.pdf").click()
    download = await downloading.value
    assert download.suggested_filename == "bill.pdf"
    assert await threads.in_db((await download.path()).read_bytes) == PDF


async def test_nothing_is_sent_before_somebody_opens_it(shop: str, server: str, window: Window) -> None:
    page = await window("about:blank")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/static/" not in request.url else None)
    page.on("websocket", lambda socket: asked.append(socket.url))
    await page.goto(shop)
    await expect(button(page)).to_be_visible()
    assert [url for url in asked if url.startswith((server, "ws"))] == []
    await button(page).click()
    await expect(window_of(page).get_by_text("How can we help you?")).to_be_visible()
    assert any(url.endswith("/ws/support/") for url in asked)


async def test_whoever_starts_over_is_somebody_else(shop: str, window: Window) -> None:
    page = await window(shop)
    first = await ask(page)
    other = await page.context.new_page()
    await other.goto(shop)
    await expect(lines(other)).to_have_count(0)
    await field(page).fill("my secret")
    await window_of(page).get_by_role("button", name="Start over").click()
    assert await violations(page) == []
    await shoot(page, "start-over")
    await window_of(page).get_by_role("button", name="Forget me here").click()
    await expect(window_of(page)).to_be_hidden()
    kept = "JSON.stringify([{ ...localStorage }, { ...sessionStorage }])"
    for tab in (page, other):
        assert not {"secret", "guest", str(first.pk)} & set(re.findall(r"[\w-]+", await tab.evaluate(kept)))
        await expect(button(tab)).to_be_visible()
    second = await ask(page)
    await expect(lines(page)).to_have_count(1)
    assert (second.pk != first.pk, second.customer != first.customer) == (True, True)
