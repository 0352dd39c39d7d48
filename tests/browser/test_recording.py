"""A visit of twenty seconds on a shop of another origin, recorded by the README's tag and kept by a real server."""

import asyncio
import http.server
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from recordings.models import Consent, Recording
from tests.browser.capturing import CLICKED, META, SERIALISED
from tests.browser.conftest import Window
from tests.browser.played import Frame, settled
from tests.browser.test_elsewhere import README, Handler

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("recordings_here")]

SECONDS = 20
TAG = next(tag for tag in re.findall(r"```html\n(.*?)```", README, re.DOTALL) if "capture.js" in tag)
BODY = """<style>p {{ color: teal }}</style><p>{}</p><button>Buy</button> <input aria-label=Code>
    <a href=/two.html>Two</a> <a href=/three.html>Three</a>"""


@pytest.fixture
def shop(server: str, tmp_path: Path) -> Iterator[str]:
    tag = TAG.replace("http://127.0.0.1:8000", server).replace("p-17", f"p-{tmp_path.name}")
    for name in ("index", "two", "three"):
        (tmp_path / f"{name}.html").write_text(f"<!doctype html><html lang=en>{BODY.format(name)}{tag}")
    with http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), lambda *args: Handler(*args, directory=str(tmp_path))
    ) as pages:
        thread = threading.Thread(target=pages.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{pages.server_port}/"
        pages.shutdown()
        thread.join()


async def buy(page: Page, until: float) -> int:
    """Presses the button now and then; returns how often."""
    count = 0
    while time.monotonic() < until:
        await page.get_by_role("button", name="Buy").click()
        count += 1
        await page.wait_for_timeout(400)  # a person's pace
    return count


async def test_a_visit_over_pages_and_a_lost_connection_is_kept_once_and_in_order(
    live_db: None, window: Window, shop: str, tmp_path: Path
) -> None:
    page = await window(shop)
    start = time.monotonic()
    await page.get_by_role("button", name="Agree and record").click()
    await settled(page, "Vitrine.capture.state === 'recording'")
    clicks = await buy(page, start + 6)
    await page.get_by_label("Code").press_sequentially("hidden-code")
    await page.get_by_role("link", name="Two").click()
    await settled(page, "globalThis.Vitrine?.capture?.state === 'recording'")
    clicks += await buy(page, start + 10)
    await page.context.set_offline(True)
    clicks += await buy(page, start + 13)
    await page.context.set_offline(False)
    clicks += await buy(page, start + 15)
    await page.get_by_role("link", name="Three").click()
    await settled(page, "globalThis.Vitrine?.capture?.state === 'recording'")
    clicks += await buy(page, start + SECONDS)
    await page.get_by_role("button", name="Stop the recording…").click()
    await page.evaluate("Vitrine.capture.stop()")
    await expect(page.get_by_text("Recording", exact=True)).to_be_hidden()
    await asyncio.to_thread(check, f"p-{tmp_path.name}", clicks + 2)


def check(participant: str, clicks: int) -> None:
    recording = Recording.objects.get(participant=participant)
    assert (recording.status, recording.last_error) == ("finished", "")
    assert Consent.objects.filter(participant=participant, declined=False).exists()
    batches = list(recording.batches.order_by("number"))
    assert [batch.number for batch in batches] == list(range(len(batches)))
    kept = [event for batch in batches for event in batch.events(recording.box)]
    assert {event["event"] for event in kept} == {"rrweb"}
    events = [event["data"] for event in kept]
    assert_in_order(events)
    pressed = [event for event in events if event["data"].get("source") == CLICKED and event["data"]["type"] == 2]
    assert len([event for event in pressed if "id" in event["data"]]) >= clicks
    assert "hidden-code" not in str(events)
    tracks = list(recording.tracks.all())
    assert [track.part for track in tracks] == [0, 1, 2]
    assert recording.first_ms is not None
    for track, (begin, end) in zip(tracks, spoken(events), strict=True):
        assert abs(recording.first_ms + track.offset_ms - begin) < 500
        assert -500 < track.duration_ms - (end - begin) < 1500  # A page's last event may be a while before its end.


def spoken(events: list[Frame]) -> list[tuple[int, int]]:
    """From when to when each page heard the microphone: from its mark to the last event of the page."""
    pages: list[list[Frame]] = []
    for event in events:
        if event["type"] == META:
            pages.append([])
        pages[-1].append(event)
    begins = [next(event["timestamp"] for event in page if event["data"].get("tag") == "audio") for page in pages]
    return [(begin, page[-1]["timestamp"]) for begin, page in zip(begins, pages, strict=True)]


def assert_in_order(events: list[Frame]) -> None:
    times = [event["timestamp"] for event in events]
    assert times == sorted(times)
    assert times[-1] - times[0] > (SECONDS - 3) * 1000
    pages = [event["data"]["href"].rpartition("/")[2] for event in events if event["type"] == META]
    assert pages == ["", "two.html", "three.html"]
    assert sum(event["type"] == SERIALISED for event in events) == 3
