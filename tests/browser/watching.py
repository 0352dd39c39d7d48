"""Staff who watch recordings, and recordings for them to watch."""

from playwright.async_api import Frame, FrameLocator, Page, expect

from recordings.models import Recording
from recordings.models.outline import prepare
from tests.recordings import replays
from tests.recordings.test_listening import LOUD, QUIET, webm

AT = "[data-replay]"


async def seen(page: Page) -> None:
    """Waits for the first picture, and until the page can be used."""
    await expect(page.locator(f"{AT}[data-seen][data-at]")).to_be_attached()


def shop(at: int, url: str = "https://shop.example/", words: str = "Mugs") -> list[replays.Event]:
    heading = replays.element(6, "h1", replays.text(7, words))
    style = replays.element(8, "style", replays.text(9, "h1 { color: teal; font: 40px sans-serif; margin: 40px }"))
    return replays.page(at, url, heading, head=(style,))


def make_visit() -> Recording:
    first = [*shop(0), *(replays.move(200 * step, 20 * step, 10 * step) for step in range(1, 10)), replays.click(2000)]
    second = [*shop(6000, "https://shop.example/kettles", "Kettles"), replays.click(8000, 300, 200)]
    third = [replays.changed(9000, 7, "Cheap kettles"), replays.click(40_000), replays.move(42_000, 10, 10)]
    sound = webm((4, QUIET), (1, LOUD), (9, QUIET), (1, LOUD), (3, QUIET))
    recording = replays.finished(replays.stored(first, second, third, sounds=((sound, 0),)))
    prepare.call(recording.pk)
    return recording


def stage(page: Page) -> FrameLocator:
    """The frame around the recorded page."""
    return page.frame_locator("[data-screen]")


def picture(page: Page) -> FrameLocator:
    """The recorded page, in its newest part."""
    return stage(page).locator(".part").last.frame_locator("iframe")


async def document(page: Page) -> Frame:
    """The same, for scripts of a test."""
    handle = await stage(page).locator(".part iframe").last.element_handle()
    frame = await handle.content_frame()
    assert frame is not None
    return frame


async def at(page: Page) -> int:
    return int(await page.locator(AT).get_attribute("data-at") or 0)


async def jump(page: Page, to: int) -> None:
    await page.get_by_role("slider", name="Position").evaluate(
        "(slider, to) => { slider.value = String(to); slider.dispatchEvent(new Event('input')); }", to
    )


async def reach(page: Page, moment: int) -> None:
    """Waits until the replay has come to a moment."""
    arrived = "moment => Number(document.querySelector('[data-replay]').dataset.at) >= moment"
    await page.wait_for_function(arrived, arg=moment)
