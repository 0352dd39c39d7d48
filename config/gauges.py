"""What is read anew for each look at `/metrics`: how this process stands, and what the database says of the whole."""

from collections import Counter
from collections.abc import Iterator

from django.db import Error, connection
from django.db.models import Count, Sum
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from config.doctor.installation import is_late
from realtime import lifecycle, periodic
from realtime.connections.registry import connections
from realtime.delivery import hubs
from realtime.models import JobRun, Worker
from realtime.runtime import threads
from realtime.storage import writer
from recordings import space
from recordings.models import Recording

Family = GaugeMetricFamily | CounterMetricFamily

POOL = {"pool_size": "open", "pool_available": "idle", "requests_waiting": "waiting", "pool_max": "most"}


def gauge(name: str, says: str, values: dict[str, float] | float, label: str = "state") -> GaugeMetricFamily:
    """One figure, or one for each value of a label."""
    if not isinstance(values, dict):
        return GaugeMetricFamily(name, says, value=values)
    family = GaugeMetricFamily(name, says, labels=[label])
    for value, figure in values.items():
        family.add_metric([value], figure)
    return family


class ProcessCollector(Collector):
    """How this process stands. It asks nobody, so it answers also while the database is away."""

    def collect(self) -> Iterator[Family]:
        here = list(connections.open)
        yield gauge("vitrine_connections", "Open connections of clients.", len(here))
        yield CounterMetricFamily("vitrine_connections_opened", "All since the process began.", connections.total)
        yield gauge("vitrine_people", "Different people whom they act for.", connections.users())
        slow = sum(bool(each.send_queue.slow_since) for each in here)
        yield gauge("vitrine_slow_clients", "Clients that have not read for a while.", slow)
        yield from self._rooms()
        yield gauge("vitrine_queue", "What waits in this process.", self._queues(), "queue")
        if (pool := self._pool()) is not None:
            yield gauge("vitrine_pool", "Connections to PostgreSQL, and who waits for one.", pool)
        free = space.free()
        yield gauge("vitrine_recordings_free_bytes", "Free space where recordings are kept.", free)

    def _rooms(self) -> Iterator[Family]:
        served = lifecycle.made(hubs.current)
        rooms = [] if served is None else list(served.rooms.values())
        kinds = Counter(hub.key.partition(":")[0] for hub in rooms)
        yield gauge(
            "vitrine_rooms", "Rooms with somebody in them.", {kind: float(n) for kind, n in kinds.items()}, "kind"
        )
        lag = max((hub.known - hub.position for hub in rooms if hub.position >= 0), default=0)
        yield gauge("vitrine_log_lag", "Events that exist and have not been told, of the room with most.", max(0, lag))
        is_degraded = served is not None and served.is_degraded
        yield gauge("vitrine_degraded", "1 while Redis is away and rooms follow the log.", float(is_degraded))

    def _queues(self) -> dict[str, float]:
        writing, served = lifecycle.made(writer.current), lifecycle.made(hubs.current)
        pools = (threads.socket_pool, threads.writer_pool, threads.job_pool, threads.intake_pool)
        waiting = {f"threads-{pool().name}": float(len(pool().waiting)) for pool in pools}
        return {
            **waiting,
            "writer": 0.0 if writing is None else float(len(writing.waiting)),
            "publisher": 0.0 if served is None else float(served.broker.waiting),
        }

    @staticmethod
    def _pool() -> dict[str, float] | None:
        pool = getattr(connection, "pool", None)  # of PostgreSQL's backend alone
        if not pool:
            return None
        stats = pool.get_stats()
        return {state: float(stats.get(name, 0)) for name, state in POOL.items()}


class InstallationCollector(Collector):
    """What the database says of all processes together: each of them says the same."""

    def collect(self) -> Iterator[Family]:
        yield gauge("vitrine_workers", "Serving processes with a heartbeat.", Worker.objects.alive().count())
        now, runs = timezone.now(), {run.name: run for run in JobRun.objects.all()}
        late = sum(is_late(runs.get(job.name), now) for job in periodic.jobs())
        yield gauge("vitrine_jobs_late", "Periodic duties that are overdue.", late)
        yield gauge("vitrine_tasks", "Background tasks.", self._tasks())
        kept = Recording.objects.aggregate(kept=Sum("byte_count"))["kept"] or 0
        yield gauge("vitrine_recordings_bytes", "Events of all recordings, before they are compressed.", kept)

    @staticmethod
    def _tasks() -> dict[str, float]:
        counts = dict(DBTaskResult.objects.order_by().values_list("status").annotate(Count("pk")))
        return {state.lower(): float(counts.get(state, 0)) for state in ("READY", "RUNNING", "FAILED")}


class AskingCollector(Collector):
    """Those that ask the database, as long as it answers: figures of this process must not be missing then."""

    def __init__(self, *collectors: Collector) -> None:
        self.collectors = collectors

    def collect(self) -> Iterator[Family]:
        found: list[Family] = []
        try:
            for collector in self.collectors:
                found += collector.collect()  # type: ignore[arg-type]
        except (Error, TimeoutError):
            yield gauge("vitrine_database_up", "1 while the database answers.", 0.0)
            return
        yield gauge("vitrine_database_up", "1 while the database answers.", 1.0)
        yield from found
