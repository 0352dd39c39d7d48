"""`.env.example` and the code name the same variables."""

import ast
import re
from pathlib import Path

import environ
import pytest
from django.core.exceptions import ImproperlyConfigured

from config import databases, rate_limits

ROOT = Path(__file__).resolve().parents[2]
CONFIG = ("settings", "databases", "recordings", "attachments", "mail", "cross_origin", "purchases", "serving")
READERS = [*(ROOT / f"config/{name}.py" for name in CONFIG), ROOT / "tools/run.py"]
READ_BY_UVICORN = {"FORWARDED_ALLOW_IPS"}


def texts(path: Path) -> set[str]:
    """Every string constant of a module that could be a variable's name."""
    constants = (node.value for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Constant))
    return {text for text in constants if isinstance(text, str) and re.fullmatch("[A-Z][A-Z0-9_]+", text)}


def variables_read(path: Path) -> set[str]:
    """The names in `env.str("NAME")` and its kin."""
    calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
    return {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and isinstance(call.func.value, ast.Name)
        and call.func.value.id == "env"
        and call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def explained() -> set[str]:
    return set(re.findall(r"^#([A-Z0-9_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_every_variable_that_is_read_is_explained() -> None:
    read = set().union(*(variables_read(path) for path in READERS))
    assert "SECRET_KEY" in read
    assert read - explained() == set()


def test_every_variable_that_is_explained_is_read() -> None:
    known = READ_BY_UVICORN.union(*(texts(path) for path in READERS))
    assert explained() - known == set()


def test_a_limit_is_changed_as_a_whole() -> None:
    changed = rate_limits.changed({"chat": {"room": (2, 4)}})
    assert changed == {**rate_limits.LIMITS, "chat": {"room": (2, 4)}}


def test_a_limit_of_nothing_is_no_limit() -> None:
    assert rate_limits.changed({"bytes": {"address": (0, 0), "room": (1, 2)}})["bytes"] == {"room": (1, 2)}
    assert rate_limits.changed({"bytes": {}})["bytes"] == {}


def test_the_rates_of_rest_can_be_changed() -> None:
    assert rate_limits.rest_changed({"party": "5/min", "ice": ""}) == {**rate_limits.REST, "party": "5/min", "ice": ""}
    for wrong in ({"parties": "5/min"}, {"party": "5 a day"}, {"party": "0/min"}):
        with pytest.raises(ImproperlyConfigured):
            rate_limits.rest_changed(wrong)


@pytest.mark.parametrize("limits", [{"chatt": {}}, {"chat": {"room": (0, 5)}}, {"chat": {"room": (1, 0)}}])
def test_a_limit_that_cannot_be_meant_is_refused(limits: dict[str, dict[str, tuple[float, int]]]) -> None:
    with pytest.raises(ImproperlyConfigured):
        rate_limits.changed(limits)


@pytest.mark.parametrize(
    ("pool", "asked", "threads"),
    [("30", "8", 8), ("8", "8", 3), ("30", "2", 2), ("1", "8", 1), ("30", "0", 1)],
    ids=str,
)
def test_sockets_threads_leave_connections_to_the_others(
    monkeypatch: pytest.MonkeyPatch, pool: str, asked: str, threads: int
) -> None:
    monkeypatch.setenv("DATABASE_POOL", pool)
    monkeypatch.setenv("SOCKET_DATABASE_THREADS", asked)
    assert databases.socket_threads(environ.Env()) == threads
