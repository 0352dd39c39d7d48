"""Looking at a page as people do: what lies where, what covers what, what can be read, and what axe finds."""

import itertools
from typing import Any, Self, cast

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Locator, Page, ViewportSize

PHONE = ViewportSize(width=390, height=844)
ON_ITS_SIDE = ViewportSize(width=844, height=390)
DESK = ViewportSize(width=1280, height=800)
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
READABLE = 4.5  # the least ratio of contrast that WCAG's AA asks of words

AT_REST = """() => document.getAnimations().every(
    ({ playState, effect }) => playState !== "running" || effect?.getTiming().iterations === Infinity
)"""
# A constructed sheet, since the pages' policy allows no element of styles.
AT_ONCE = """() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`*, ::before, ::after {
        animation-duration: 0s !important; transition-duration: 0s !important;
    }`);
    document.adoptedStyleSheets.push(sheet);
}"""
# The least contrast of an element's words, whatever picture lies behind it: it is worst on white or on black.
CONTRAST = """(element) => {
    const parts = (colour) => colour.match(/[\\d.]+/g).map(Number);
    const linear = (part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4);
    const light = ([red, green, blue]) => 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
    const over = (ground, [red, green, blue, share = 1]) =>
        [red, green, blue].map((part, n) => part * share + ground[n] * (1 - share));
    const grounds = [];
    for (let each = element; each && each.tagName !== "MAIN"; each = each.parentElement) {
        grounds.unshift(parts(getComputedStyle(each).backgroundColor));
    }
    const ratios = [255, 0].map((grey) => {
        const ground = grounds.reduce(over, [grey, grey, grey]);
        const words = over(ground, parts(getComputedStyle(element).color));
        const [dark, bright] = [light(ground), light(words)].sort((one, other) => one - other);
        return (bright + 0.05) / (dark + 0.05);
    });
    return Math.min(...ratios);
}"""

SIDES = """(elements) => elements.filter((each) => each.checkVisibility({ visibilityProperty: true })).map((each) => {
    const { left, top, width, height } = each.getBoundingClientRect();
    return [left, top, width, height];
}).filter(([, , width, height]) => width && height)"""


class Box:
    """Where an element lies on the screen."""

    def __init__(self, left: float, top: float, width: float, height: float) -> None:
        self.left, self.top, self.right, self.bottom = left, top, left + width, top + height

    @classmethod
    async def of(cls, element: Locator) -> Self:
        box = await element.bounding_box()
        assert box is not None, f"{element} is not on the page"
        return cls(box["x"], box["y"], box["width"], box["height"])

    def __repr__(self) -> str:
        return f"{self.left:.0f}-{self.right:.0f} by {self.top:.0f}-{self.bottom:.0f}"

    def covers(self, other: "Box") -> bool:
        """Whether any of `other` lies below this."""
        return (
            self.left < other.right - 1
            and other.left < self.right - 1
            and self.top < other.bottom - 1
            and other.top < self.bottom - 1
        )

    def holds(self, other: "Box") -> bool:
        """Whether all of `other` lies within this."""
        return (
            self.left <= other.left + 1
            and other.right <= self.right + 1
            and self.top <= other.top + 1
            and other.bottom <= self.bottom + 1
        )


async def screen(page: Page) -> Box:
    """What is seen of the page now."""
    width, height = await page.evaluate("[innerWidth, innerHeight]")
    return Box(0, 0, width, height)


async def boxes(elements: Locator) -> list[Box]:
    """Of those among them that are seen, all at one moment."""
    return [Box(*sides) for sides in await elements.evaluate_all(SIDES)]


def clashes(elements: list[Box]) -> list[tuple[Box, Box]]:
    """Those of which one covers the other."""
    return [pair for pair in itertools.combinations(elements, 2) if pair[0].covers(pair[1])]


async def contrast(element: Locator) -> float:
    return cast(float, await element.evaluate(CONTRAST))


async def violations(page: Page, within: str | None = None) -> list[tuple[str, Any]]:
    """What axe finds that is against WCAG 2.2 AA, or careless: the rule, and the first place.

    `within` is the selector of our own part of a page whose frame is others'. What fades in or out is looked at when it
    has: half of a word's colour has half of its contrast.
    """
    await page.wait_for_function(AT_REST)
    await page.evaluate(AT_ONCE)  # Nothing begins to fade while axe looks.
    found = await Axe().run(page, context=within, options=RULES)
    await page.evaluate("() => { document.adoptedStyleSheets.pop(); }")
    return [(each["id"], each["nodes"][0]["html"]) for each in found.response["violations"]]
