"""The whole show on a real server, with every kind of client."""

import pytest

from tests.journeys import server, show, visitors

pytestmark = pytest.mark.journey

KINDS = [visitors.Upgrading, visitors.OverWebSocket, visitors.OverPolling, visitors.Plain, visitors.Node]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
async def test_a_show_from_registering_to_its_record(running: server.Server, kind: type[visitors.Visitor]) -> None:
    await show.play(kind, running.address, running.address)
