"""From figures to RESULTS.md: medians, ratios within a round, and whether each goal is met."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import median
from typing import Any

from bench import acts
from bench.contenders import IO, UVLOOP, WS, WS_STORE, Contender
from bench.workloads import WORKLOADS, Figure, Goal, Workload

Run = dict[str, Any]

NAMES: dict[Figure, str] = {
    "cost": "CPU s per 100k",
    "per_s": "deliveries/s",
    "p99_ms": "p99 ms",
    "kb_each": "KB per connection",
    "growth_mb": "MB grown",
    "cut": "slow clients cut",
    "stats_per_s": "totals told/s",
    "shown_per_s": "reactions shown/s",
    "total_off": "last total's error",
}
SECTIONS = {"resumed": "Coming back", "signalled": "Calls", "recorded": "Recorded events", "growth": "Growth"}
REFERENCES = (WS, WS_STORE, IO, UVLOOP)
GENERATOR_BUSY = 0.92  # of its core; from there on it may be the limit
DISTURBED = 0.05  # of the server's core, taken by somebody else meanwhile
ON_PACE = 0.98

INTRODUCTION = """# Results

Written by `make bench`; [README.md](README.md) says how to read it. Cost is server CPU seconds (user and system) per
100,000 deliveries. Figures are medians of the rounds; a ratio is the median of the ratios within a round, with the
smallest and the largest behind it.
"""
QUICK = "\n**A quick look: few workloads, one short round. The figures are for orientation only.**\n"


# --- figures of one run


def figures(raw: dict[str, Any], workload: Workload) -> Run:
    """What the generator saw, in the units of the report."""
    load = workload.load
    if load.mode == "series":
        return {"acts": [cost._asdict() for cost in acts.costs(raw, load)], "notes": notes(raw, workload), "raw": raw}
    counted = raw["frames"] if load.mode == "mixed" else raw.get("deliveries", raw.get("joined", 0))
    found: Run = {
        "memory_mb": raw["rss_max_kb"] / 1024,
        "growth_mb": (raw["rss_max_kb"] - raw["rss_before_kb"]) / 1024,
        "kb_each": raw["kb_each"],
        "notes": notes(raw, workload),
        "raw": raw,
    }
    if load.joins:
        found["cost"] = raw["cpu_s"] * 1e5 / counted
        found["per_s"] = counted / raw["seconds"]
        found["p50_ms"], found["p99_ms"] = raw["p50_us"] / 1000, raw["p99_us"] / 1000
    if "cut" in raw:
        found["cut"] = raw["cut"]
    return found | totals(raw)


def totals(raw: dict[str, Any]) -> Run:
    """How often one client heard a total and saw a reaction, and whether its last total is what was sent."""
    heard = raw.get("heard", {})
    if not heard or not heard["stats"]["times"]:
        return {}
    return {
        "stats_per_s": (heard["stats"]["times"] - 1) / raw["seconds"],  # intervals
        "shown_per_s": heard["shown"]["times"] / raw["seconds"],
        "total_off": abs(heard["stats"]["last"] - raw["acts"][0]["done"]),
    }


def notes(raw: dict[str, Any], workload: Workload) -> list[str]:
    """What a reader must know beside the figures."""
    load = workload.load
    phases = raw.get("phases", [raw])
    found = []
    if load.mode in ("paced", "echo", "mixed", "series"):
        fan = 1 if load.mode == "echo" else load.staying / load.rooms
        pace = min(phase["deliveries"] / phase["seconds"] for phase in phases) / (load.rate * fan)
        if pace < ON_PACE:
            found.append(f"kept {pace:.0%} of the pace")
    if max(phase["client_cpu"] for phase in phases) > GENERATOR_BUSY:
        found.append("generator at its limit")
    if (others := max(phase["others_cpu"] for phase in phases)) > DISTURBED:
        found.append(f"others took {others:.0%} of the core")
    for act, done in zip(load.acts, raw.get("acts", []), strict=False):
        if done["done"] + 1 < act.rate * raw["seconds"] * ON_PACE:
            found.append(f"{act.label}: {done['done'] / raw['seconds']:.0f} per second instead of {act.rate:.0f}")
    found += [
        f"{raw[name]:.0f} {name}"
        for name in ("missing", "refused", "gaps", "repeats", "disorder", "stalls")
        if raw.get(name)
    ]
    if (gone := raw.get("gone", 0)) > 0:
        found.append(f"{gone} disconnected")
    return found


def in_short(run: Run) -> str:
    """One line for whoever is waiting."""
    if "error" in run:
        return f"{run['workload']} on {run['contender']} failed: {run['error']}"
    shown = [
        f"{name} {run[name]:.4g}"
        for name in ("per_s", "cost", "p50_ms", "p99_ms", "kb_each", "memory_mb", "stats_per_s", "total_off")
        if name in run
    ]
    shown += [f"{act['label']} {act['ms_each']:.3g} ms (p99 {act['p99_ms']:.3g})" for act in run.get("acts", [])]
    return f"{run['workload']} on {run['contender']}: " + ", ".join(shown + run["notes"])


# --- figures of all rounds


class Results:
    """The runs of one workload, by server."""

    def __init__(self, workload: Workload, runs: Iterable[Run]) -> None:
        self.workload = workload
        self.runs = [run for run in runs if run["workload"] == workload.name]

    def of(self, contender: Contender) -> list[Run]:
        return [run for run in self.runs if run["contender"] == contender.label]

    def median(self, contender: Contender, name: str) -> float | None:
        found = [run[name] for run in self.of(contender) if name in run]
        return median(found) if found else None

    def ratios(self, ours: Contender, theirs: Contender, figure: Figure) -> list[float]:
        """One per round in which both have the figure, smallest first."""
        there = {run["round"]: run[figure] for run in self.of(theirs) if run.get(figure)}
        return sorted(
            run[figure] / there[run["round"]] for run in self.of(ours) if figure in run and run["round"] in there
        )


def judge(results: Results, goal: Goal) -> tuple[str, str, str]:
    """A goal in words, what came out, and whether that is enough."""
    if goal.against is not None:
        found = results.ratios(goal.ours, goal.against, goal.figure)
        suffix = f" × {goal.against.label}"
    else:
        found = sorted(run[goal.figure] for run in results.of(goal.ours) if goal.figure in run)
        suffix = ""
    bound = goal.at_most if goal.at_most is not None else goal.at_least
    assert bound is not None
    whose = f"{goal.ours.label}: " if goal.ours.processes > 1 else ""
    words = f"{whose}{NAMES[goal.figure]} {'≤' if goal.at_most is not None else '≥'} {number(bound)}{suffix}"
    if not found:
        return words, "–", "not measured"
    middle = median(found)
    met = middle <= bound if goal.at_most is not None else middle >= bound
    return words, spread(found), "met" if met else "**not met**"


def number(value: float | None, digits: int = 3) -> str:
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.{digits}g}"


def spread(values: list[float]) -> str:
    """The median, and how far apart the rounds were."""
    middle = number(median(values))
    return middle if len(values) == 1 else f"{middle} ({number(values[0])}–{number(values[-1])})"


# --- the page


def markdown(results: dict[str, Any]) -> str:
    measured = [Results(workload, results["runs"]) for workload in WORKLOADS]
    measured = [found for found in measured if found.runs]
    parts = [INTRODUCTION, QUICK if results["quick"] else "", on_what(results), goals(measured)]
    parts += [table(found) for found in measured]
    parts += [f"## {title}\n\n{results[name]}" for name, title in SECTIONS.items() if results.get(name)]
    return "\n".join(part for part in parts if part).rstrip() + "\n"


def on_what(results: dict[str, Any]) -> str:
    facts = {**results["facts"], "rounds": str(results["rounds"])}
    return "## Measured on\n\n" + "\n".join(f"- {name}: {fact}" for name, fact in facts.items()) + "\n"


def goals(measured: list[Results]) -> str:
    rows = ["## Goals\n", "| workload | goal | seen | |", "|---|---|---|---|"]
    for results in measured:
        title = results.workload.title
        rows += [f"| {title} | {' | '.join(judge(results, goal))} |" for goal in results.workload.goals]
    return "\n".join(rows) + "\n"


def table(results: Results) -> str:
    """One workload: a row for each server, with its ratios to those that all are compared with."""
    workload = results.workload
    if workload.load.mode == "series":
        return table_of_acts(results)
    lead = workload.load.lead
    against = [peer for peer in REFERENCES if results.of(peer)]
    columns: dict[str, str] = {"per_s": f"{workload.unit}/s", "cost": f"CPU s per 100k {workload.unit}"}
    columns |= {"p50_ms": "p50 ms", "p99_ms": "p99 ms", "memory_mb": "memory MB"}
    if workload.load.mode == "gather":
        columns["kb_each"] = "KB per connection"
    if workload.load.slow:
        columns |= {"growth_mb": "MB grown", "cut": "slow clients cut"}
    if workload.load.ears:
        columns |= {name: NAMES[name] for name in ("stats_per_s", "shown_per_s", "total_off")}
    columns = {name: title for name, title in columns.items() if any(name in run for run in results.runs)}
    heads = ["server", *columns.values(), *(f"× {peer.label}" for peer in against), "remarks"]
    rows = heading(workload)
    if against:
        rows.append(f"Ratios are of {NAMES[lead]}.\n")
    rows += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for contender in workload.contenders:
        if results.of(contender):
            cells = [number(results.median(contender, name)) for name in columns]
            cells += [spread(found) if (found := results.ratios(contender, peer, lead)) else "–" for peer in against]
            rows.append(f"| {' | '.join([contender.label, *cells, remarks(results.of(contender))])} |")
    return "\n".join(rows) + "\n"


def table_of_acts(results: Results) -> str:
    """A workload of acts one after the other: a row for each, of the first server."""
    runs = results.of(results.workload.contenders[0])
    done = [run["acts"] for run in runs if "acts" in run]
    rows = heading(results.workload)
    rows += ["| what | per second | CPU ms each | p50 ms | p99 ms | p99 ms of the chat |", "|---|---|---|---|---|---|"]
    for act in zip(*done, strict=True):
        names = ("per_s", "ms_each", "p50_ms", "p99_ms", "talk_p99_ms")
        rows.append(
            f"| {' | '.join([act[0]['label'], *(number(median(run[name] for run in act)) for name in names)])} |"
        )
    return "\n".join([*rows, *([f"\nRemarks: {said}."] if (said := remarks(runs)) else [])]) + "\n"


def heading(workload: Workload) -> list[str]:
    rounds = {None: "", 1: "Measured in one round."}.get(workload.rounds, f"Measured in {workload.rounds} rounds.")
    return [f"## {workload.title}\n", *(f"{text}\n" for text in (workload.note, rounds) if text)]


def remarks(runs: list[Run]) -> str:
    found = [note for run in runs for note in ([f"failed: {run['error']}"] if "error" in run else run["notes"])]
    return "; ".join(dict.fromkeys(found)).replace("|", "/")


if __name__ == "__main__":
    sys.stdout.write(markdown(json.loads(Path(sys.argv[1]).read_text())))
