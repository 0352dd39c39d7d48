"""The React example, built as its README says, between two browsers on a server of another origin."""

import functools
import http.server
import shutil
import subprocess
import threading
from collections.abc import Iterator

import pytest
from playwright.async_api import expect

from tests.browser.conftest import Window
from tests.journeys import server as servers

pytestmark = [pytest.mark.browser, pytest.mark.journey]

EXAMPLE = servers.ROOT / "examples/react"
ESBUILD = EXAMPLE / "node_modules/.bin/esbuild"


class Files(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the built example is served from."""
    if not ESBUILD.exists():
        pytest.skip("needs npm and the example's packages: make test installs them")
    site = tmp_path_factory.mktemp("react") / "site"
    shutil.copytree(EXAMPLE / "public", site, ignore=shutil.ignore_patterns("build"))
    command = [
        str(ESBUILD),
        "src/main.tsx",
        "--bundle",
        "--jsx=automatic",
        "--log-level=error",
        f"--outdir={site}/build",
    ]
    subprocess.run(["npm", "run", "-s", "copy"], cwd=EXAMPLE, check=True)
    subprocess.run(command, cwd=EXAMPLE, check=True)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Files, directory=site)) as files:
        threading.Thread(target=files.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{files.server_port}"
        files.shutdown()


@pytest.fixture(scope="module")
def elsewhere(origin: str, database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server that lets the example's origin in."""
    folder = tmp_path_factory.mktemp("server")
    with servers.running("uvicorn", database_url, folder, CORS_ORIGINS=origin, STUN_SERVER_URL="") as running:
        yield running.address.http


async def test_two_windows_of_the_example_call_each_other(origin: str, elsewhere: str, window: Window) -> None:
    address = f"{origin}/?server={elsewhere}&match=react"
    ann = await window(address)
    await expect(ann.get_by_text("Nobody else is here yet.")).to_be_visible()
    ben = await window(address)
    await ben.get_by_role("button", name="Call").click()
    await ann.get_by_role("button", name="Accept").click()
    for page in (ann, ben):
        await expect(page.get_by_text("The connection is good.")).to_be_visible()
        seen = "new Promise((seen) => document.querySelector('.far').requestVideoFrameCallback(() => seen(true)))"
        assert await page.evaluate(seen)
    await ann.get_by_role("button", name="Camera off").click()
    await expect(ben.get_by_text("Their camera is off.")).to_be_visible()
    await ann.get_by_role("button", name="Hang up").click()
    await expect(ben.get_by_text("The call has ended.")).to_be_visible()
