"""`make bench`: starts the databases, runs every workload on every server in turn, and writes what came out."""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg

from bench import generator, machine, report, servers, stock, workloads
from bench.contenders import Contender
from bench.workloads import Workload
from tools import backends

PEERS = servers.ROOT / "bench" / "peers" / "node_modules"
RESULTS = servers.ROOT / "bench" / "RESULTS.md"
QUICK_RESULTS = servers.ROOT / "var" / "bench-quick.md"
ROUNDS = 3
# Each is a section of its own.
MORE = {
    "resumed": "bench.resume",
    "signalled": "bench.signalling",
    "recorded": "bench.recording",
    "growth": "bench.growth",
}
MORE_SECONDS = 600

PEER_TABLE = """
CREATE TABLE IF NOT EXISTS peer_chat (
    id uuid PRIMARY KEY,
    session_id uuid NOT NULL,
    name text NOT NULL,
    text text NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS peer_chat_session ON peer_chat (session_id, created_at);
"""


def plan(quick: bool, only: list[str]) -> list[Workload]:
    chosen = [load for load in workloads.WORKLOADS if (load.name in only if only else load.quick or not quick)]
    if unknown := set(only) - {load.name for load in chosen}:
        sys.exit(f"There are no workloads {sorted(unknown)}, but {[load.name for load in workloads.WORKLOADS]}.")
    return chosen


def taking_turns(chosen: list[Workload], rounds: int, quick: bool) -> Iterator[tuple[int, Workload, Contender]]:
    """Every workload of a round, its servers one after the other, and another one first in each round."""
    node = PEERS.is_dir() and shutil.which("node") is not None
    for number in range(rounds):
        for workload in chosen:
            if number >= (workload.rounds or rounds):
                continue
            contenders = workload.judged if quick else workload.contenders
            shift = number % len(contenders)
            for contender in contenders[shift:] + contenders[:shift]:
                if node or not contender.node:
                    yield number, workload, contender


def prepare(urls: dict[str, str], shows: int) -> list[str]:
    """The tables of everyone, and shows that are live; each run has its own."""
    ids = stock.shows(urls, shows)
    with psycopg.connect(urls["DATABASE_URL"], autocommit=True) as connection:
        connection.execute(PEER_TABLE)
    return ids


def measure(
    workload: Workload, contender: Contender, urls: dict[str, str], rooms: list[str], cores: servers.Cores, quick: bool
) -> dict[str, Any]:
    """One server's figures, or why there are none."""
    try:
        with servers.running(contender, urls, cores) as up:
            seen = generator.generate(contender, workload.load, up, rooms, cores, quick)
        return report.figures(seen, workload)
    except servers.Failed as error:
        return {"error": str(error)}


def compare(
    chosen: list[Workload], urls: dict[str, str], cores: servers.Cores, rounds: int, quick: bool
) -> list[dict[str, Any]]:
    turns = list(taking_turns(chosen, rounds, quick))
    shows = prepare(urls, sum(workload.load.rooms for _, workload, _ in turns))
    runs: list[dict[str, Any]] = []
    for number, workload, contender in turns:
        rooms = [shows.pop() for _ in range(workload.load.rooms)]
        found = measure(workload, contender, urls, rooms, cores, quick)
        runs.append({"round": number, "workload": workload.name, "contender": contender.label, **found})
        print(f"{len(runs)}/{len(turns)}", report.in_short(runs[-1]), flush=True)
    return runs


def section(module: str, urls: dict[str, str]) -> str:
    """What a benchmark with a page of its own says."""
    print(f"{module} ...", flush=True)
    command = [sys.executable, "-m", module]
    environment = os.environ | urls
    try:
        ended = subprocess.run(
            command, cwd=servers.ROOT, env=environment, capture_output=True, text=True, timeout=MORE_SECONDS
        )
    except subprocess.TimeoutExpired:
        return "It did not end in time.\n"
    return ended.stdout if ended.returncode == 0 else f"It failed: {ended.stderr.strip()[-500:]}\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a few workloads, one short round, for orientation")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORKLOAD")
    parser.add_argument("--output", type=Path)
    asked = parser.parse_args()
    chosen = plan(asked.quick, asked.only)
    output = asked.output or (QUICK_RESULTS if asked.quick or asked.only else RESULTS)
    for folder in (output.parent, servers.ROOT / "var"):
        folder.mkdir(parents=True, exist_ok=True)
    cores = servers.Cores.shared_out()
    os.sched_setaffinity(0, cores.rest)  # inherited by the databases and the generator
    servers.open_many_files()
    rounds = asked.rounds or (1 if asked.quick else ROUNDS)
    with backends.services(durable=True) as urls:
        facts, sources = machine.facts(urls, cores), machine.sources()
        runs = compare(chosen, urls, cores, rounds, asked.quick)
        sections = {} if asked.quick or asked.only else {name: section(module, urls) for name, module in MORE.items()}
    if machine.sources() != sources:
        facts["not to be used"] = "**the product's code changed during the run**"
    results = {"facts": facts, "rounds": rounds, "quick": asked.quick, "runs": runs, **sections}
    (servers.ROOT / "var" / "bench.json").write_text(json.dumps(results, indent=1))
    output.write_text(report.markdown(results))
    print(f"\nwritten to {output.relative_to(servers.ROOT) if output.is_relative_to(servers.ROOT) else output}")


if __name__ == "__main__":
    main()
