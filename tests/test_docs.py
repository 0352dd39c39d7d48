"""Every path, link, command and name that the documents speak of exists."""

import importlib
import re
import subprocess
from pathlib import Path

import pytest
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = (
    "config",
    "storefront",
    "webhooks",
    "analytics",
    "streams",
    "signaling",
    "shopping",
    "realtime",
    "accounts",
    "rest",
)
# Modules that the kernel's pages call by their last name alone.
KERNEL = ("wire", "events", "handlers", "consumers", "rooms", "event_log", "database", "limits", "errors", "periodic")

TRACKED = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
DOCUMENTS = [ROOT / name for name in TRACKED if name.endswith(".md") and not name.startswith("CHANGELOG")]
FOLDERS = {name.partition("/")[0] for name in TRACKED if "/" in name}

CODE = re.compile(r"```.*?```", re.DOTALL)
TICKED = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#\s]+)")
PATH = re.compile(r"[\w.-]+(/[\w.{},*<>-]+)*/?")
NAME = re.compile(r"([a-z_]+(?:\.[A-Za-z_]\w*)+)(?:\(.*\))?")
FILE = re.compile(r"\b[\w-]+/[\w/.-]+\.\w+")
COMMAND = re.compile(r"manage\.py (\w+)")


def named(document: Path) -> list[str]:
    return TICKED.findall(CODE.sub("", document.read_text()))


def expanded(path: str) -> list[str]:
    """`{a,b}.py` is two paths."""
    found = re.search(r"\{(.*?)\}", path)
    return [path] if found is None else [path.replace(found[0], each) for each in found[1].split(",")]


def exists(path: str, document: Path) -> bool:
    if "<" in path:  # a name to fill in
        return True
    return any(list(base.glob(path.rstrip("/"))) for base in (ROOT, document.parent))


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_paths_of_a_document_exist(document: Path) -> None:
    paths = [
        path
        for ticked in named(document)
        if PATH.fullmatch(ticked) and ticked.partition("/")[0] in FOLDERS and "/" in ticked
        for path in expanded(ticked)
    ]
    links = LINK.findall(document.read_text())
    drawn = [path for block in CODE.findall(document.read_text()) for path in FILE.findall(block)]
    paths += [path for path in drawn if path.partition("/")[0] in FOLDERS]
    assert [path for path in paths + links if not exists(path, document)] == []


def resolves(dotted: str) -> bool:
    """Whether a module of that name can be imported, or an attribute found in one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:length]))
        except ImportError:
            continue
        for part in parts[length:]:
            if not hasattr(found, part):
                return False
            found = getattr(found, part)
        return True
    return False


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_names_of_a_document_exist(document: Path) -> None:
    missing = []
    for ticked in named(document):
        name = NAME.fullmatch(ticked)
        if name is None or ticked.endswith((".py", ".md", ".js", ".html", ".css", ".yaml", ".toml", ".txt", ".in")):
            continue
        first = name[1].partition(".")[0]
        dotted = name[1] if first in PACKAGES else f"realtime.{name[1]}" if first in KERNEL else ""
        if dotted and not resolves(dotted):
            missing.append(ticked)
    assert missing == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_commands_of_a_document_exist(document: Path) -> None:
    commands = set(COMMAND.findall(document.read_text()))
    assert commands - {*get_commands(), "check", "migrate"} == set()
