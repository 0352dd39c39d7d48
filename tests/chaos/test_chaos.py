"""Whatever is killed, every client hears every event once and in order, and what was acknowledged is there."""

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings
from hypothesis import HealthCheck, Phase, seed
from hypothesis import settings as how
from hypothesis.stateful import run_state_machine_as_test

from realtime.broker import publisher
from tests.chaos import cluster, machine

STEPS = int(os.environ.get("CHAOS_STEPS", "160"))  # `make chaos` takes many more
SEED = int(os.environ.get("CHAOS_SEED", "1"))
STEPS_OF_A_SHOW = 40

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300 + STEPS)]


@pytest.fixture(scope="module")
def home(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[cluster.Cluster]:
    if not settings.REDIS_URL or database_url.startswith("sqlite"):
        pytest.skip("several processes need PostgreSQL and Redis")
    with cluster.standing(database_url, tmp_path_factory.mktemp("chaos")) as home:
        yield home


@pytest.fixture
def loop() -> Iterator[machine.Loop]:
    loop = machine.Loop()
    yield loop
    loop.stop()


def test_everyone_hears_everything_once_and_in_order_whatever_is_killed(
    home: cluster.Cluster, loop: machine.Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts, faults = Counter[str](), list[str]()
    monkeypatch.setattr(publisher, "publish", lambda notifications: None)

    @seed(SEED)
    def chaos() -> machine.Chaos:
        return machine.Chaos(home, loop, counts, faults)

    print(f"again with CHAOS_STEPS={STEPS} CHAOS_SEED={SEED}")  # noqa: T201 - pytest shows it with a failure
    run_state_machine_as_test(
        chaos,  # type: ignore[arg-type]
        settings=how(
            max_examples=-(-STEPS // STEPS_OF_A_SHOW),
            stateful_step_count=STEPS_OF_A_SHOW,
            phases=[Phase.generate],
            deadline=None,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
    print(dict(counts))  # noqa: T201
    assert not faults, "\n".join(faults)
    assert sum(counts[what] for what in machine.MIX) >= STEPS * 0.9
