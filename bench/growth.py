"""Whether a delivery, a stored message and a join cost the same however many there are: `python -m bench.growth`."""

import argparse
import contextlib
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import psycopg

from bench import acts, generator, plot, report, servers, stock
from bench.contenders import VITRINE
from bench.workloads import CHAT, QUESTION, Act, Load
from tools import backends

PLOT = servers.ROOT / "bench" / "growth.svg"
DATABASE = "bench_growth"
MOST_SECONDS = 420  # what has not begun by then is left out
GROWS = 1.5  # times the first point: more is marked

DELIVERY, MESSAGE, JOIN, READ = "delivery", "stored message", "join", "100 events read"
MESSAGES, JOINS, READ_RATE = 200, 50, 20  # per second
LINES = 10  # messages per second that all hear, and as many that nobody does: few, so that none shares a write
ALONE = "message that nobody hears"  # among as few
IN_A_ROOM = 5

QUIET = f'{{"type":"send-message","sessionId":"{{quiet}}","op":"{{i}}","message":"{QUESTION}"}}'  # nobody is there


@dataclass(frozen=True)
class Point:
    label: str
    clients: int
    rooms: int = 1
    rows: int = 0  # that the log has at least

    def load(self, quiet: str, seconds: float) -> Load:
        """First nothing is said at all; then many messages that nobody hears, some, some that all hear, and joins."""
        joins = Act(JOIN, "come", JOINS)
        quietly = QUIET.replace("{quiet}", quiet)
        told = (
            Act(MESSAGE, "say", MESSAGES, quietly),
            Act(ALONE, "say", LINES, quietly),
            Act(DELIVERY, "say", LINES, CHAT.flat),
        )
        read = Act(READ, "get", READ_RATE, f"/api/rooms/show:{quiet}/events?after={stock.DEEP}&limit=100")
        talk: tuple[Act, ...] = (*told, joins, read) if self.rows else (*told, joins)
        if self.rooms > 1 or self.clients == IN_A_ROOM:
            talk = (Act(MESSAGE, "say", MESSAGES, CHAT.flat), joins)
        load = Load("series", clients=self.clients, rooms=self.rooms, rate=0, acts=talk, seconds=seconds)
        staying = load.staying
        return replace(load, speakers=staying if self.rooms > 1 else min(50, staying))


@dataclass(frozen=True)
class Sweep:
    title: str
    points: tuple[Point, ...]
    note: str = ""


def sweeps(quick: bool) -> tuple[Sweep, ...]:
    connections = (100, 300) if quick else (100, 1000, 5000)
    rooms = (1, 10) if quick else (1, 10, 100, 1000)
    rows = (10_000, 100_000) if quick else (10_000, 1_000_000, 10_000_000)
    return (
        Sweep("Connections in a room", tuple(Point(f"{n:,}", n) for n in connections)),
        Sweep(
            "Rooms",
            tuple(Point(f"{n:,}", n * IN_A_ROOM, n) for n in rooms),
            f"{IN_A_ROOM} connections in each; a stored message is shown to them. With 1,000 rooms nearly each of "
            "them is the first of its show, whose row is read for it: most of what it costs more.",
        ),
        Sweep("Rows in the log", tuple(Point(f"{n:,}", 500, rows=n) for n in rows), "500 connections in one room."),
    )


# --- one point


def figures(raw: dict[str, Any], load: Load) -> dict[str, float]:
    """Microseconds of server CPU for each thing; a delivery's is what a message costs beyond one that nobody hears."""
    found = {cost.label: cost.ms_each * 1000 for cost in acts.costs(raw, load)}
    if DELIVERY in found:
        phase = raw["phases"][1 + [act.label for act in load.acts].index(DELIVERY)]
        beyond = found.pop(DELIVERY) - found[ALONE]
        counted = phase["deliveries"] * load.clients / load.staying  # those who will come and go hear them as well
        if counted:
            found[DELIVERY] = beyond * phase["acts"][0]["done"] / counted
    return {name: found[name] for name in (DELIVERY, MESSAGE, JOIN, READ) if name in found}


def remarks(raw: dict[str, Any], load: Load) -> list[str]:
    found = []
    for act, phase in zip(load.acts, raw["phases"][1:], strict=True):
        if phase["acts"][0]["done"] + 1 < act.rate * phase["seconds"] * report.ON_PACE:
            found.append(f"{act.label}: {phase['acts'][0]['done'] / phase['seconds']:.0f} per second")
    if (others := max(phase["others_cpu"] for phase in raw["phases"])) > report.DISTURBED:
        found.append(f"others took {others:.0%} of the core")
    return found + [f"{raw[name]} {name}" for name in ("missing", "refused", "gaps", "repeats") if raw[name]]


def measure(point: Point, urls: dict[str, str], cores: servers.Cores, shows: list[str], quick: bool) -> dict[str, Any]:
    quiet, *rooms = shows
    load = point.load(quiet, seconds=1.0 if quick else 3.0)
    try:
        with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
            connection.execute("TRUNCATE realtime_presence, realtime_worker")  # or this server buries the last one's
        if point.rows:
            stock.fill(urls["DATABASE_URL"], f"show:{quiet}", point.rows)
        with servers.running(VITRINE, urls, cores) as up:
            raw = generator.generate(VITRINE, load, up, rooms[: point.rooms], cores, quick=False)
    except (servers.Failed, psycopg.Error) as error:
        return {"label": point.label, "figures": {}, "remarks": [str(error).strip().replace("\n", " ")]}
    joins = next(cost for cost in acts.costs(raw, load) if cost.label == JOIN)
    return {
        "label": point.label,
        "figures": figures(raw, load),
        "join_p50_ms": joins.p50_ms,
        "remarks": remarks(raw, load),
    }


# --- all of them


@contextlib.contextmanager
def database(urls: dict[str, str]) -> Iterator[dict[str, str]]:
    """A database of its own on the same server: millions of rows are gone with it."""
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield {**urls, "DATABASE_URL": urlsplit(urls["DATABASE_URL"])._replace(path=f"/{DATABASE}").geturl()}
        finally:
            connection.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def run(urls: dict[str, str], cores: servers.Cores, quick: bool) -> list[dict[str, Any]]:
    began, found = time.monotonic(), []
    with database(urls) as own:
        shows = stock.shows(own, 1 + max(point.rooms for sweep in sweeps(quick) for point in sweep.points))
        for sweep in sweeps(quick):
            points = []
            for point in sweep.points:
                if time.monotonic() - began > MOST_SECONDS or not stock.fits(point.rows):
                    points.append({"label": point.label, "figures": {}, "remarks": ["left out: no time or no space"]})
                else:
                    points.append(measure(point, own, cores, shows, quick))
                print(f"{sweep.title}: {points[-1]}", file=sys.stderr, flush=True)
            found.append({"title": sweep.title, "note": sweep.note, "points": points})
    return found


def markdown(found: list[dict[str, Any]]) -> str:
    parts = [
        "Microseconds of server CPU for each. A delivery's is what a message that all hear costs beyond one that "
        f"nobody does, at {LINES} per second; **bold** is more than {GROWS} times the first point.\n",
        "![How costs stand to the first point of each row](growth.svg)\n",
    ]
    for sweep in found:
        names = list(dict.fromkeys(name for point in sweep["points"] for name in point["figures"]))
        heads = [sweep["title"], *(f"µs per {name}" for name in names), "p50 ms of a join", "remarks"]
        parts += [f"### {sweep['title']}\n"] + ([f"{sweep['note']}\n"] if sweep["note"] else [])
        rows = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        first = sweep["points"][0]["figures"]
        for point in sweep["points"]:
            cells = [_cell(point["figures"].get(name), first.get(name)) for name in names]
            cells += [report.number(point.get("join_p50_ms")), "; ".join(point["remarks"]).replace("|", "/")]
            rows.append(f"| {' | '.join([point['label'], *cells])} |")
        parts.append("\n".join(rows) + "\n")
    return "\n".join(parts)


def _cell(value: float | None, first: float | None) -> str:
    grown = value is not None and first is not None and first > 0 and value > GROWS * first
    return f"**{report.number(value)}**" if grown else report.number(value)


def chart(found: list[dict[str, Any]]) -> str:
    panels = []
    for sweep in found:
        names = dict.fromkeys(name for point in sweep["points"] for name in point["figures"])
        lines = {name: [point["figures"].get(name) for point in sweep["points"]] for name in names}
        panels.append(plot.Panel(sweep["title"], [point["label"] for point in sweep["points"]], lines))
    return plot.svg(panels)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few points, short: to see that it runs")
    quick = parser.parse_args().quick
    cores = servers.Cores.shared_out()
    os.sched_setaffinity(0, cores.rest)
    servers.open_many_files()
    given = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL") if os.environ.get(name)}
    with contextlib.ExitStack() as stack:
        urls = given if len(given) == 2 else stack.enter_context(backends.services(durable=True))
        found = run(urls, cores, quick)
    target = servers.ROOT / "var" / PLOT.name if quick else PLOT
    target.parent.mkdir(exist_ok=True)
    target.write_text(chart(found))
    print(markdown(found))


if __name__ == "__main__":
    main()
