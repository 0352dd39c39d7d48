"""What `/metrics` says, and that alerts and dashboard speak of nothing else."""

import json
import re
from collections.abc import Iterator
from typing import Any

import promql_parser
import pytest
import yaml
from django.db import OperationalError
from django.test import Client

from config import gauges, metrics
from realtime.runtime import threads
from tests import sockets
from tests.journeys.server import ROOT

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

ALERTS = yaml.safe_load((ROOT / "deploy/alerts.yaml").read_text())
DASHBOARD = json.loads((ROOT / "deploy/dashboard.json").read_text())
NAME = re.compile(r"\b(?:vitrine|process)_[a-z_]+")
BUILT_IN = {"up"}


def page() -> str:
    return Client().get("/metrics", headers={"Authorization": "Bearer token"}).content.decode()


def figure(page: str, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", page, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.fixture(autouse=True)
def token(settings: Any) -> None:
    settings.METRICS_TOKEN = "token"


def expressions() -> Iterator[tuple[str, str]]:
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def names() -> set[str]:
    """Every name under which Prometheus will know a figure."""
    found = set()
    for family in metrics.registry.collect():
        suffixes = {"counter": ["_total"], "histogram": ["_bucket", "_sum", "_count"], "info": ["_info"]}
        found |= {family.name + suffix for suffix in suffixes.get(family.type, [""])}
    return found


@pytest.mark.parametrize(("where", "expression"), list(expressions()))
def test_prometheus_understands_each_expression(where: str, expression: str) -> None:
    promql_parser.parse(expression.replace("$__rate_interval", "5m"))


def test_alerts_and_dashboard_name_figures_that_exist() -> None:
    known = names() | {"vitrine_pool"}  # which SQLite has none of
    for where, expression in expressions():
        assert set(NAME.findall(expression)) - known == set(), where
        assert NAME.findall(expression) or expression.split("{")[0] in BUILT_IN, where


def test_what_counts_is_on_the_dashboard() -> None:
    shown = {name for _, expression in expressions() for name in NAME.findall(expression)}
    ours = {name for name in names() if name.startswith("vitrine_") and not name.endswith(("_sum", "_count", "_info"))}
    assert ours - shown == set()


def test_each_alert_says_what_to_do() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "docs/operate.md").read_text(), re.MULTILINE)
    anchors = {re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-") for heading in headings}
    for group in ALERTS["groups"]:
        for rule in group["rules"]:
            document, _, anchor = rule["annotations"]["runbook"].partition("#")
            assert (document, anchor in anchors) == ("docs/operate.md", True), rule["alert"]
            assert rule["labels"]["severity"] in ("page", "ticket")
            assert rule["annotations"]["summary"].endswith(".")


def test_the_handbook_names_every_alert() -> None:
    handbook = (ROOT / "docs/operate.md").read_text()
    assert [
        rule["alert"] for group in ALERTS["groups"] for rule in group["rules"] if rule["alert"] not in handbook
    ] == []


async def test_what_a_client_does_is_counted(server: sockets.Address) -> None:
    show = await threads.in_db(sockets.make_show)
    before = await threads.in_db(page)
    async with await sockets.connect(server) as client:
        await client.ask("hello", recover=True)
        joined = await client.ask("join-session", sessionId=show.id)
        assert (await client.ask("send-message", sessionId=show.id, message="hello"))["ok"]
        resumed = await client.ask("resume", room=show.key, epoch=joined["epoch"], after=joined["seq"])
        assert resumed["recovered"]
        assert not (await client.ask("join-session", sessionId="nowhere"))["ok"]
        after = await threads.in_db(page)
        here = figure(after, "vitrine_connections")
    for name, least in {
        'vitrine_messages_total{kind="send-message"}': 1,
        'vitrine_resumes_total{result="recovered"}': 1,
        'vitrine_refused_total{code="validation"}': 1,
        "vitrine_answer_seconds_count": 4,
        "vitrine_writer_batch_count": 1,
        "vitrine_delivery_seconds_count": 1,
        "vitrine_connections_opened_total": 1,
    }.items():
        assert figure(after, name) - figure(before, name) >= least, name
    assert here >= 1
    assert figure(after, 'vitrine_rooms{kind="show"}') >= 1
    assert figure(after, "vitrine_database_up") == 1


def test_figures_of_the_process_are_told_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(self: Any) -> Iterator[Any]:
        raise OperationalError("away")

    monkeypatch.setattr(gauges.InstallationCollector, "collect", fail)
    said = page()
    assert figure(said, "vitrine_database_up") == 0
    assert "vitrine_connections " in said
    assert "vitrine_support" not in said


def test_no_figure_says_who_or_what() -> None:
    """Labels have the values that the code declares."""
    allowed = {"by", "kind", "code", "result", "state", "queue", "priority", "le", "version"}
    for family in metrics.registry.collect():
        for sample in family.samples:
            assert set(sample.labels) <= allowed, sample
