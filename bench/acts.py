"""What one act costs: the servers' CPU time while it went on, beyond that of the same time without it."""

from typing import Any, NamedTuple

from bench.workloads import Load


class Cost(NamedTuple):
    """Of one act of a series."""

    label: str
    per_s: float
    ms_each: float  # CPU of all the servers' threads
    p50_ms: float  # until an answer is whole, or a client has joined
    p99_ms: float
    talk_p99_ms: float  # of the workload's messages meanwhile


def costs(raw: dict[str, Any], load: Load) -> list[Cost]:
    alone, *phases = raw["phases"]
    return [_cost(act.label, phase, busy(alone)) for act, phase in zip(load.acts, phases, strict=True)]


def busy(phase: dict[str, Any]) -> float:
    """The share of a core that the servers took."""
    share: float = phase["cpu_s"] / phase["seconds"]
    return share


def _cost(label: str, phase: dict[str, Any], without: float) -> Cost:
    (act,) = phase["acts"]
    per_s = act["done"] / phase["seconds"]
    each = (busy(phase) - without) / per_s if per_s else 0.0
    return Cost(label, per_s, each * 1000, act["p50_us"] / 1000, act["p99_us"] / 1000, phase["p99_us"] / 1000)
