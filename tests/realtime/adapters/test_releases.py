"""A release that no fast road was tried with costs speed: `check` warns of it, and the server starts."""

import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest
from django.core.checks import WARNING, run_checks
from pytest_django import Settings

from realtime.adapters import releases
from tests import sockets
from tests.journeys import server

ADAPTED = [(adapter, name) for adapter, distributions in releases.TRIED.items() for name in distributions]
IDS = [f"realtime.W{number:03}" for number in range(1, len(releases.TRIED) + 1)]

# A `manage.py` for which no distribution has a release that an adapter was tried with.
FAKED = f"""
import importlib.metadata, runpy, sys
version = importlib.metadata.version
importlib.metadata.version = lambda name: "99.0" if name in {[name for _, name in ADAPTED]!r} else version(name)
sys.argv[:1] = ["manage.py"]
runpy.run_path("manage.py", run_name="__main__")
"""


def pretend(monkeypatch: pytest.MonkeyPatch, name: str, release: str) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda of: release if of == name else version(of))


@pytest.fixture(autouse=True)
def no_plain_adapters(settings: Settings) -> None:
    """Here it is the release alone that decides."""
    settings.PLAIN_ADAPTERS = []


@pytest.mark.parametrize("adapter", releases.TRIED)
def test_the_locked_releases_are_those_that_the_adapters_were_tried_with(adapter: str) -> None:
    assert releases.untried(adapter) == []
    assert releases.is_fast(adapter)
    assert releases.check_releases() == []


@pytest.mark.parametrize(("adapter", "name"), ADAPTED)
def test_what_is_tried_is_what_is_pinned_and_locked(adapter: str, name: str) -> None:
    series = releases.TRIED[adapter][name]
    pin = rf"^{re.escape(name)}(\[.*\])?==(.*?)\s*(#.*)?$"
    pins = re.findall(pin, (server.ROOT / "requirements.in").read_text(), re.MULTILINE)
    assert [release for _, release, _ in pins] == [f"{series}.*"]
    locks = re.findall(rf"^{re.escape(name)}(\[.*\])?==(\S+)", (server.ROOT / "requirements.txt").read_text(), re.M)
    assert [f"{release}.".startswith(f"{series}.") for _, release in locks] == [True]


@pytest.mark.parametrize(("adapter", "name"), ADAPTED)
@pytest.mark.parametrize("release", ["99.0", "0.5", "33.1"])
def test_an_untried_release_takes_the_plain_road_with_a_warning(
    adapter: str, name: str, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pretend(monkeypatch, name, release)
    assert [known for known in releases.TRIED if not releases.is_fast(known)] == [adapter]
    [warning] = [message for message in run_checks() if (message.id or "").startswith("realtime.")]
    assert (warning.level, warning.id in IDS) == (WARNING, True)
    assert f"{name} {release}" in warning.msg


def test_a_patch_release_of_a_tried_series_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, "uvicorn", "0.54.99")
    assert releases.is_fast("uvicorn")


def test_a_distribution_that_is_not_installed_is_untried(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    monkeypatch.setattr(metadata, "version", missing)
    assert releases.untried("redis") == ["redis (not installed)"]


def test_an_adapter_can_be_told_to_take_its_plain_road(settings: Settings) -> None:
    settings.PLAIN_ADAPTERS = ["redis"]
    assert [adapter for adapter in releases.TRIED if not releases.is_fast(adapter)] == ["redis"]


# --- the proof that `make lock ARGS=--upgrade` yields a server that starts


def test_the_command_warns_of_untried_releases_and_does_not_fail() -> None:
    command = [sys.executable, "-c", FAKED, "check"]
    checked = subprocess.run(command, cwd=server.ROOT, env={**os.environ, "DEBUG": "1"}, capture_output=True, text=True)
    assert checked.returncode == 0
    assert set(re.findall(r"realtime\.\w\d+", checked.stderr)) == set(IDS)
    assert "ERRORS" not in checked.stderr


def test_the_warnings_are_silenced_by_their_ids(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> None:
    pretend(monkeypatch, "uvicorn", "99.0")
    settings.SILENCED_SYSTEM_CHECKS = IDS
    assert [message.is_silenced() for message in releases.check_releases()] == [True]


async def test_a_server_of_untried_releases_serves(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(server.COMMANDS, "upgraded", [sys.executable, "-c", FAKED, "serve"])
    monkeypatch.delenv("PLAIN_ADAPTERS", raising=False)
    with server.running("upgraded", database_url, tmp_path) as upgraded:  # It answers at /health.
        assert set(re.findall(r"realtime\.\w\d+", upgraded.said)) == set(IDS)
        async with await sockets.connect(upgraded.address) as client:
            assert await client.settle() == []
        async with await sockets.Events().connect(upgraded.address, ["websocket"]) as events:
            await events.emit("ping")
            await events.expect("pong")
