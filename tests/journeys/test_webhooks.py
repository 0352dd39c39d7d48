"""What a process had begun to send, and did not live to see arrive, is sent by another one."""

import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from signal import SIGKILL

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from accounts import tokens
from streams.models import Stream
from tests import factories
from tests.journeys import server
from tests.webhooks.receiver import Came, Receiver, endpoint, receiving
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint

pytestmark = [
    pytest.mark.journey,
    pytest.mark.skipif(
        connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
    ),
]

HOOKS: dict[str, str] = {"WEBHOOK_PRIVATE_NETWORKS": "127.0.0.0/8", **server.WATCHFUL}
PATIENCE = 60


@pytest.fixture
def receiver(live_db: None) -> Iterator[Receiver]:
    with receiving() as found:
        yield found
    Endpoint.objects.all().delete()


def test_a_killed_process_loses_no_event(receiver: Receiver, database_url: str, tmp_path: Path) -> None:
    arrived, again, over = threading.Event(), threading.Event(), threading.Event()

    def answer(came: Came) -> int:
        if not arrived.is_set():
            arrived.set()
            over.wait(PATIENCE)  # its sender is killed before it hears anything
            return 503
        if came["data"]["sessionId"] == str(show.pk):
            again.set()
        return 200

    receiver.answer = answer
    show, wanted = factories.stream(factories.user("creator")), endpoint(receiver, Kind.SHOW_STARTED)
    with server.running("uvicorn", database_url, tmp_path, **HOOKS) as killed:
        start(killed, show)
        assert arrived.wait(PATIENCE)
        killed.stop(SIGKILL)
    over.set()
    assert Delivery.objects.waiting().filter(endpoint=wanted).update(leased_until=Now()) == 1
    with server.running("uvicorn", database_url, tmp_path, **HOOKS) as other:
        start(other, factories.stream(factories.user("creator")))  # What is sent of this looks for all that is due.
        assert again.wait(PATIENCE)
    ours = [told for told in receiver.verified(wanted) if told["data"]["sessionId"] == str(show.pk)]
    assert ours == [ours[0]] * 2
    assert len({headers["webhook-id"] for headers, body in receiver.came if str(show.pk).encode() in body}) == 1


def test_a_verb_over_rest_is_told_within_moments(receiver: Receiver, database_url: str, tmp_path: Path) -> None:
    told, again = threading.Event(), threading.Event()

    def answer(came: Came) -> int:
        (again if told.is_set() else told).set()
        return 200 if again.is_set() else 503

    receiver.answer = answer
    endpoint(receiver, Kind.SHOW_STARTED)
    show = factories.stream(factories.user("creator"))
    with server.running("uvicorn", database_url, tmp_path, **HOOKS) as running:
        start(running, show)
        assert told.wait(PATIENCE)
        assert again.wait(
            PATIENCE / 2
        )  # though nothing else happens there, nobody has a socket, and duties wait a minute
    assert receiver.payloads[0]["data"]["status"] == "live"


def start(running: server.Server, show: Stream) -> None:
    headers = {"Authorization": f"Bearer {tokens.access_token(show.creator)}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{running.address.http}/api/sessions/{show.pk}/start-stream", b"{}", headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        assert answer.status == 200
