"""A real server in a process of its own, and Chromium windows whose scripts must not fail unnoticed."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache.backends.redis import RedisCache
from playwright.async_api import Browser, BrowserContext, Page, async_playwright, expect

from accounts.models import User
from realtime import database
from recordings import storage
from recordings.models import Recording
from tests import factories, sockets
from tests.browser.desks import Office
from tests.journeys import server as servers
from tools import backends

FLAGS = [
    "--no-sandbox",  # the sandbox refuses root, which containers often are
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--use-fake-device-for-media-stream",  # a moving picture and a beep instead of a camera and a microphone
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--allow-loopback-in-peer-connection",  # a machine without a network has only this way between two windows
    "--disable-features=WebRtcHideLocalIpsWithMdns",
]
RECOVERED = 5  # events that the server tells again; who missed more is shown the room as it is now

PASSWORD = "a long enough secret"

Window = Callable[..., Awaitable[Page]]
Watch = Callable[..., Awaitable[Page]]

expect.set_options(timeout=sockets.PATIENCE * 1000)


@pytest.fixture(scope="session")
def recordings_kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Where the server keeps recordings, and the key that it seals them with, as its environment has them."""
    return {"RECORDINGS_FOLDER": str(tmp_path_factory.mktemp("recordings")), "RECORDINGS_KEY": "A" * 43 + "="}


@pytest.fixture(scope="session")
def attachments_kept(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Where the server keeps the files that are sent to support."""
    return str(tmp_path_factory.mktemp("support"))


@pytest.fixture(scope="session")
def server(
    database_url: str,
    recordings_kept: dict[str, str],
    attachments_kept: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The address of the whole application, on this worker's test database."""
    reserved, number = servers.reserved_port()
    port = str(number)
    said = tmp_path_factory.mktemp("server") / "log"
    given = {"DEBUG": "1", "DATABASE_URL": database_url, "HOST": "127.0.0.1", "PORT": port}
    given["RECOVERY_EVENTS"] = str(RECOVERED)
    given |= {**recordings_kept, "RECORDINGS_MIN_FREE_BYTES": "0", "SUPPORT_FOLDER": attachments_kept}
    given["CORS_ORIGINS"] = "http://127.0.0.1:*"  # shops of others, on ports of their own
    given["EMBED_ORIGINS"] = "http://127.0.0.1:*,http://localhost:*"
    given["WEBHOOK_PRIVATE_NETWORKS"] = "127.0.0.0/8"  # it may send what other tests' servers have written
    with said.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve"],
            cwd=servers.ROOT,
            env=os.environ | given,
            stdout=log,
            stderr=log,
            preexec_fn=lambda: backends.die_with_parent(signal.SIGTERM),
        )
    try:
        asyncio.run(answered(f"http://127.0.0.1:{port}/health", process))
        reserved.close()
        yield f"http://127.0.0.1:{port}"
        process.terminate()
        assert process.wait(servers.STOP_SECONDS) in (0, -signal.SIGTERM), said.read_text()
    finally:
        reserved.close()
        process.kill()


async def answered(url: str, process: subprocess.Popen[bytes]) -> None:
    async with asyncio.timeout(servers.START_SECONDS):
        while process.poll() is None:
            try:
                urllib.request.urlopen(url, timeout=1).close()  # noqa: ASYNC210 - nothing else runs here
                return
            except OSError:
                await asyncio.sleep(0.05)
    raise RuntimeError("the server ended before it answered")


HEARS_OF_RETURN = """() => {
    const words = document.querySelector("[data-connection] [data-words]");
    window.returned = new Promise((heard) => {
        const look = () => words.textContent === "Connected again" && heard();
        new MutationObserver(look).observe(words, { childList: true });
    });
}"""


async def come_back(page: Page) -> None:
    """Ends being offline, and waits until the page says so, which it does for a moment only."""
    await page.evaluate(HEARS_OF_RETURN)
    await page.context.set_offline(False)
    async with asyncio.timeout(sockets.PATIENCE):
        await page.evaluate("window.returned")


async def go_live_unseen(desk: Page) -> None:
    """Without a camera, which the desk asks about."""
    await desk.get_by_role("button", name="Go live", exact=True).click()
    await desk.get_by_role("dialog").get_by_role("button", name="Go live without a picture").click()


@pytest.fixture(autouse=True)
def fresh_throttle() -> None:
    """All tests register from one address, and on a quick machine too many would within a minute."""
    if settings.REDIS_URL:  # where the servers count
        counts = RedisCache(settings.REDIS_URL.split(",")[0], {"KEY_PREFIX": settings.REDIS_PREFIX})
        counts.delete("throttle_register_127.0.0.1")
        counts.close()


@pytest.fixture(scope="session")
async def browser(chromium: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        await browser.close()


@pytest.fixture
async def window(browser: Browser) -> AsyncIterator[Window]:
    """Opens a page in a session of its own; what its scripts threw or its policy refused fails the test."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    async def open_window(url: str, phone: bool = False) -> Page:
        size = {"width": 390, "height": 844} if phone else {"width": 1280, "height": 800}
        context = await browser.new_context(viewport=size, is_mobile=phone, has_touch=phone)  # type: ignore[arg-type]
        contexts.append(context)
        page = await context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("console", lambda message: faults.append(message.text) if "Content Security" in message.text else None)
        await page.goto(url)
        return page

    yield open_window
    for context in contexts:
        await context.close()
    assert faults == []


@pytest.fixture
async def office(server: str, browser: Browser) -> AsyncIterator[Office]:
    """Staff at the desk of support, and customers who write to them."""
    faults: list[str] = []
    async with contextlib.AsyncExitStack() as pages:
        office = Office(server, browser, pages, faults)
        async with office.sockets:
            yield office
    assert faults == []


# --- staff who watch recordings


@pytest.fixture(scope="session")
async def colleagues(server: str, browser: Browser) -> list[list[Any]]:
    """Two of the staff who are logged in: the cookies of each."""

    def make() -> User:
        user = factories.user("staff")
        user.set_password(PASSWORD)
        user.save()
        return user

    cookies: list[list[Any]] = []
    for _ in range(2):
        user = await database.in_db(make)
        async with await browser.new_context() as context:
            page = await context.new_page()
            await page.goto(f"{server}/admin/login/?next=/admin/")
            await page.locator("[name=username]").fill(user.username)
            await page.locator("[name=password]").fill(PASSWORD)
            await page.locator("[name=password]").press("Enter")
            await page.wait_for_url(f"{server}/admin/")
            cookies.append(await context.cookies())
    return cookies


@pytest.fixture
def recordings_here(settings: Any, recordings_kept: dict[str, str]) -> None:
    """This process keeps recordings where the server does."""
    folder = recordings_kept["RECORDINGS_FOLDER"]
    settings.RECORDINGS_FOLDER = Path(folder)
    settings.RECORDINGS_KEY = [recordings_kept["RECORDINGS_KEY"]]
    settings.RECORDINGS_MIN_FREE_BYTES, settings.REQUIRE_CONSENT = 0, False
    local = {"BACKEND": "recordings.storage.LocalFiles", "OPTIONS": {"location": folder}}
    settings.STORAGES = {**settings.STORAGES, storage.ALIAS: local}


@pytest.fixture
def attachments_here(settings: Any, attachments_kept: str) -> None:
    """This process keeps files that are sent to support where the server does."""
    local = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": attachments_kept}}
    settings.STORAGES = {**settings.STORAGES, "support": local}


@pytest.fixture
def watch(server: str, window: Window, colleagues: list[list[Any]]) -> Watch:
    """Opens the replay of a recording as someone of the staff."""

    async def open_replay(recording: Recording, query: str = "", phone: bool = False, colleague: int = 0) -> Page:
        page = await window("about:blank", phone)
        await page.context.add_cookies(colleagues[colleague])
        await page.goto(f"{server}/admin/recordings/recording/{recording.pk}/replay/{query}")
        await expect(page.locator("[data-replay][data-seen][data-at]")).to_be_attached()
        return page

    return open_replay
