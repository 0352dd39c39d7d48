"""The first minute: what `make run` installs with, serves and says, and that manage.py works beside it."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journeys import server as servers
from tools import run

TAKEN_FROM_THE_SHELL = ("DEBUG", "DATABASE_URL", "REDIS_URL", "TEST_DATABASE_URL", "TEST_REDIS_URL")
ASK = "from django.conf import settings; from accounts.models import User; print(settings.DEBUG, User.objects.count())"


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files as a newcomer has them."""
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"], cwd=servers.ROOT, capture_output=True, text=True, check=True
    )
    for name in listed.stdout.split():
        if not name.startswith(("tests/", "docs/", "bench/")):
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(servers.ROOT / name, tmp_path / name)
    return tmp_path


def newcomers_shell(**variables: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name not in TAKEN_FROM_THE_SHELL}
    return kept | {"PYTHONDONTWRITEBYTECODE": "1"} | variables


def start(checkout: Path, port: int) -> subprocess.Popen[str]:
    command = [*servers.LAUNCH, sys.executable, "-m", "tools.run"]
    return subprocess.Popen(
        command, cwd=checkout, env=newcomers_shell(PORT=str(port)), stdout=subprocess.PIPE, text=True
    )


def manage(checkout: Path, *words: str) -> str:
    command = [sys.executable, "manage.py", *words]
    done = subprocess.run(command, cwd=checkout, env=newcomers_shell(), capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def port() -> Iterator[int]:
    reserved, number = servers.reserved_port()
    with reserved:
        yield number


def test_it_says_what_it_does_and_manage_works_beside_it(checkout: Path, port: int) -> None:
    with start(checkout, port) as process:
        try:
            assert process.stdout is not None
            said = ""
            while "manage.py" not in said:  # the card's last line
                line = process.stdout.readline()
                assert line, said
                said += line
            answered(f"http://127.0.0.1:{port}/login/", process)
            assert manage(checkout, "shell", "-v0", "-c", ASK).split() == ["True", "4"]
        finally:
            process.terminate()
    assert said.index("Writing .env") < said.index("Preparing the database") < said.index("Filling the shop")
    address = f"http://127.0.0.1:{port}"
    assert [path for path, _ in run.PAGES if f"{address}{path} " not in said] == []
    assert "creator-demo" in said


def answered(url: str, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + servers.START_SECONDS
    while True:
        try:
            urllib.request.urlopen(url, timeout=servers.START_SECONDS).close()
            return
        except OSError:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)


def test_a_port_that_is_taken_is_said_before_anything_is_done(checkout: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        number = other.getsockname()[1]
        (checkout / ".env").write_text("DEBUG=1\n")
        command = [sys.executable, "-m", "tools.run"]
        tried = subprocess.run(
            command, cwd=checkout, env=newcomers_shell(PORT=str(number)), capture_output=True, text=True
        )
    assert tried.returncode == 1
    assert f"make run PORT={number + 1}" in tried.stderr
    assert not (checkout / "var/vitrine.sqlite3").exists()


def test_a_file_of_settings_that_is_there_stays_as_it_is(checkout: Path) -> None:
    (checkout / ".env").write_text("PORT=8123\n")
    ask = "from tools import run; run.load_settings(); print(run.settings.DEBUG, run.settings.PORT)"
    done = subprocess.run(
        [sys.executable, "-c", ask], cwd=checkout, env=newcomers_shell(), capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "False 8123"
    assert "DEBUG is not set" in done.stdout
    assert (checkout / ".env").read_text() == "PORT=8123\n"


@pytest.mark.parametrize(
    ("host", "expected"), [("127.0.0.1", "http://127.0.0.1:1"), ("::", "http://localhost:1"), ("::1", "http://[::1]:1")]
)
def test_the_address_can_be_opened(host: str, expected: str) -> None:
    assert run.address(host, 1) == expected


# --- the Makefile, with programs that only write down how they were called

NOTES = '#!/bin/sh\necho "{name} $*" >> "{log}"\nexit {status}\n'


@pytest.fixture
def make(tmp_path: Path) -> Path:
    if shutil.which("make") is None:
        pytest.skip("needs make")
    for name in ("Makefile", "requirements.txt", "requirements-uv.txt"):
        shutil.copy(servers.ROOT / name, tmp_path / name)
    return tmp_path


def installed(folder: Path, uv: int | None = 0) -> tuple[str, list[str]]:
    """What `make .venv/requirements.installed` says, and the calls it makes; uv=None where there is no uv."""
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name, status in (("python", 0), ("uv", uv)):
        if status is not None:
            (programs / name).write_text(NOTES.format(name=name, log=folder / "log", status=status))
            (programs / name).chmod(0o755)
    (folder / "Makefile").touch()
    shell = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", ".venv/requirements.installed"], cwd=folder, env=shell, capture_output=True, text=True, check=True
    )
    return done.stdout, (folder / "log").read_text().splitlines()


def test_uv_installs_what_is_locked_and_pip_only_uv(make: Path) -> None:
    said, calls = installed(make)
    assert said.splitlines() == ["Installing uv, which installs the rest", "Installing what requirements.txt locks"]
    assert [call.split()[0] for call in calls] == ["python", "uv"]
    assert all("--require-hashes" in call for call in calls)
    assert calls[0].endswith("requirements-uv.txt")
    assert calls[1].endswith("-r requirements.txt")


@pytest.mark.parametrize("uv", [None, 1], ids=["no uv", "uv fails"])
def test_pip_does_it_where_uv_cannot_and_that_is_said(make: Path, uv: int | None) -> None:
    said, calls = installed(make, uv=uv)
    assert "pip does" in said
    assert calls[-1].startswith("python -m pip install")
    assert calls[-1].endswith("--require-hashes -r requirements.txt")


def test_the_locks_name_hashes_for_everything() -> None:
    for name in ("requirements-uv.txt", "requirements.txt", "requirements-test.txt"):
        lines = (servers.ROOT / name).read_text().splitlines()
        pins = [number for number, line in enumerate(lines) if "==" in line and not line.startswith(("#", " "))]
        assert pins
        assert all("--hash=sha256:" in lines[number + 1] for number in pins)
