"""The quickstart of docs/embed.md, followed to the letter: from a clone to one's own page with the live player."""

import asyncio
import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import expect

from realtime.runtime import threads
from tests.browser.conftest import Window
from tests.browser.embedded import frame
from tests.journeys import server as servers
from tools import backends

pytestmark = [pytest.mark.browser, pytest.mark.journey]

SERVER, PAGE = re.findall(r"```sh\n(.*?)\n```", (servers.ROOT / "docs" / "embed.md").read_text(), re.DOTALL)


def beside(lines: str, ports: dict[str, str]) -> str:
    """The lines for a machine on which others listen at those ports, too."""
    for usual, other in ports.items():
        lines = lines.replace(usual, other)
    return lines


def installed(folder: Path) -> Path:
    """Where a `make` is for which the requirements are there already, as on a machine that has run it before."""
    folder.mkdir()
    make = folder / "make"
    how = f"-o .venv/requirements.installed BIN={Path(sys.executable).parent}"
    make.write_text(f'#!/bin/sh\nexec {shutil.which("make")} {how} "$@"\n')
    make.chmod(0o755)
    return folder


@contextlib.contextmanager
def terminal(folder: Path, lines: str, **environment: str) -> Iterator[Path]:
    """A shell that runs them; ends what they have started. Yields where it says what it says."""
    said = folder / f"said-{len(lines)}"
    clean = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG", "TMPDIR")}
    with said.open("wb") as output:
        shell = subprocess.Popen(
            ["sh", "-e", "-c", lines],
            cwd=folder,
            env=clean | environment,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=lambda: backends.die_with_parent(signal.SIGTERM),
        )
    try:
        yield said
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGTERM)
        shell.wait(servers.STOP_SECONDS)


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


async def answered(url: str, said: Path) -> None:
    for _ in range(servers.START_SECONDS * 4):
        if await threads.in_db(answers, url):
            return
        await asyncio.sleep(0.25)
    raise AssertionError(await threads.in_db(said.read_text))


async def test_ten_lines_lead_to_ones_own_page_with_the_live_player_and_its_chat(
    window: Window, tmp_path: Path
) -> None:
    (first, port), (second, place) = servers.reserved_port(), servers.reserved_port()
    with first, second:
        ports = {"8000": str(port), "9000": str(place)}
        path = f"{installed(tmp_path / 'bin')}:{os.environ['PATH']}"
        given = {"VITRINE": str(servers.ROOT), "PORT": str(port), "PATH": path}
        with (
            terminal(tmp_path, beside(SERVER, ports), **given) as server_says,
            terminal(tmp_path, beside(PAGE, ports)) as page_says,
        ):
            await answered(f"http://127.0.0.1:{port}/health", server_says)
            await answered(f"http://localhost:{place}/", page_says)
            page = await window(f"http://localhost:{place}")
            inside = frame(page)
            await expect(inside.locator("main:not([inert])")).to_be_attached()
            await expect(inside.get_by_text("Live", exact=True)).to_be_visible()
            await inside.get_by_role("textbox", name="Message").fill("From my own page")
            await inside.get_by_role("button", name="Send").click()
            line = inside.locator("[data-lines] .line", has_text="From my own page")
            await expect(line.locator("time")).to_be_visible()
