"""capture.js lets the page stay quick, however large it is and however much changes."""

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser import capturing
from tests.browser.capturing import SEEN, SERIALISED, TAG, Picture, Recordings
from tests.browser.conftest import Window
from tests.browser.played import Frame

pytestmark = pytest.mark.browser

LONG = 50_000  # microseconds: what browsers call a long task
TRACED = ["toplevel", "devtools.timeline", "disabled-by-default-devtools.timeline"]
CHANGE = """async () => {
    const cells = [...document.querySelectorAll("main span")];
    for (let round = 0; round < 40; round++) {
        for (let n = 0; n < 100; n++) {
            const cell = cells[(round * 97 + n * 31) % cells.length];
            cell.textContent = `${round}`;
            cell.setAttribute("class", `r${round}`);
        }
        await new Promise((done) => setTimeout(done, 10));
    }
}"""
ROW = "<div class=row><b>Name</b><span>1</span><i title=t>x</i></div>"  # seven nodes
ROWS = 1430
OBSERVE = """() => {
    window.long = [];
    window.observer = new PerformanceObserver((list) => window.long.push(...list.getEntries()));
    window.observer.observe({ type: "longtask" });
}"""
LONGEST = """() => {
    const tasks = [...window.long, ...window.observer.takeRecords()];
    return Math.max(0, ...tasks.map(({ duration }) => duration));
}"""
TRIES = 4


@pytest.fixture
async def server() -> Recordings:
    return Recordings()


async def opened(window: Window, server: Recordings) -> Page:
    page = await capturing.shop(window, server, {"/": f"<main>{ROW * ROWS}</main>{TAG}"})
    await page.get_by_role("button", name="Agree and record").wait_for()
    return page


async def test_a_page_of_ten_thousand_nodes_has_no_long_task(
    browser: Browser, window: Window, server: Recordings, tmp_path: Path
) -> None:
    """By the processor's time, for on a busy machine a task may last while others run."""
    page = await opened(window, server)
    await browser.start_tracing(page=page, path=tmp_path / "trace.json", categories=TRACED)
    await page.evaluate("Vitrine.capture.agree()")
    await server.until(lambda: len(Picture(server.events).find("div")) == ROWS)
    await page.evaluate(CHANGE)
    seen = await page.evaluate(SEEN)
    await server.until(lambda: str(Picture(server.events)) == seen)
    await browser.stop_tracing()
    tasks = page_tasks(json.loads((tmp_path / "trace.json").read_text())["traceEvents"])
    assert len(tasks) > 100
    assert [task for task in tasks if task > LONG] == []


def page_tasks(events: list[Frame]) -> list[int]:
    """How much of the processor's time each task of a page's main thread took, in microseconds."""
    main = {
        (event["pid"], event["tid"])
        for event in events
        if event["name"] == "thread_name" and event["args"]["name"] == "CrRendererMain"
    }
    tasks = [event for event in events if event["name"] == "RunTask" and (event["pid"], event["tid"]) in main]
    return [task["tdur"] for task in tasks if "tdur" in task]


async def test_the_page_itself_sees_no_long_task(window: Window) -> None:
    """A machine that is busy with others makes any task last: then a page that is not recorded is the measure."""
    seen = []
    for _ in range(TRIES):
        recorded, unrecorded = await longest(window, is_recorded=True), await longest(window, is_recorded=False)
        seen.append((recorded, unrecorded))
        if recorded <= max(LONG / 1000, unrecorded):
            return
    pytest.fail(f"the longest tasks, recorded and not, in ms: {seen}")


async def longest(window: Window, is_recorded: bool) -> float:
    """The longest task above 50 ms of a page of 10,000 nodes that changes; 0 where its observer sees none."""
    server = Recordings()
    page = await opened(window, server)
    await page.evaluate(OBSERVE)
    if is_recorded:
        await page.evaluate("Vitrine.capture.agree()")
        await server.until(lambda: len(Picture(server.events).find("div")) == ROWS)
    await page.evaluate(CHANGE)
    if is_recorded:
        await server.until(lambda: len([cell for cell in Picture(server.events).find("span") if is_last(cell)]) == 100)
    duration: float = await page.evaluate(LONGEST)
    await page.close()
    return duration


def is_last(cell: Frame) -> bool:
    """Whether the last round has changed a cell."""
    return bool(cell["attributes"].get("class") == "r39")


async def test_too_many_changes_are_told_as_a_new_snapshot(window: Window, server: Recordings) -> None:
    page = await capturing.shop(window, server, {"/": "<main></main>" + TAG})
    await page.get_by_role("button", name="Agree and record").click()
    await server.until(lambda: Picture(server.events).find("main"))
    await page.evaluate(
        """() => {
            const main = document.querySelector("main");
            for (let n = 0; n < 12_000; n++) main.setAttribute("class", `n${n}`);
            main.append("Done");
        }"""
    )
    await server.until(lambda: "Done" in str(Picture(server.events)))
    assert sum(event["type"] == SERIALISED for event in server.events) == 2
    assert len(server.events) < 100
