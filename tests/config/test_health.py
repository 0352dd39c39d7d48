"""What monitors ask, by whatever address they know a process."""

import pytest
from django.test import Client

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz"])
def test_a_monitor_may_ask_under_any_name(path: str) -> None:
    answer = Client().get(path, headers={"host": "10.1.2.3:8000"})
    assert answer.status_code == 200
    assert answer.json()["status"] in ("ok", "degraded")


def test_nobody_else_may() -> None:
    assert Client().get("/login/", headers={"host": "10.1.2.3:8000"}).status_code == 400
