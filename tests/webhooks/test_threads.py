"""What is committed in earnest: insert-only verbs have their events stored too, and each endpoint its own threads."""

import threading
from collections.abc import Iterator

import pytest
from django.db import connections

from streams.models import ChatMessage
from tests import factories
from tests.webhooks.receiver import Came, Receiver, endpoint, receiving
from webhooks import outbox, sending
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint

pytestmark = [pytest.mark.everywhere]


@pytest.fixture
def committed(live_db: None) -> Iterator[None]:
    yield
    Endpoint.objects.all().delete()
    connections.close_all()


def test_a_slow_endpoint_holds_up_no_other(committed: None, receiver: Receiver) -> None:
    arrived, patience = threading.Event(), threading.Event()

    def dawdle(came: Came) -> int:
        arrived.set()
        patience.wait(30)
        return 200

    receiver.answer = dawdle
    with receiving() as quick:
        slow = endpoint(receiver)
        outbox.add(Kind.SHOW_STARTED, "show:1", {})
        sending.wake()
        assert arrived.wait(30)
        endpoint(quick, Kind.SHOW_ENDED)
        got = threading.Event()
        quick.answer = lambda came: got.set() or 200  # type: ignore[func-returns-value]
        outbox.add(Kind.SHOW_ENDED, "show:1", {})
        sending.wake()
        assert got.wait(30)
        assert Delivery.objects.get(endpoint=slow, kind="show.started").status == "waiting"
        patience.set()
        sending.wait(30)
    assert not Delivery.objects.filter(subject="show:1").exclude(status="delivered").exists()


def test_a_verb_that_only_inserts_has_its_event_stored_with_its_row(committed: None) -> None:
    endpoint("https://hooks.example/", Kind.MESSAGE_HELD)
    show = factories.stream(factories.user("creator"), "live")
    guest = factories.identity()
    held = ChatMessage.objects.post_or_hold(show.pk, guest, "Hello", "1", cause="hook")
    again = ChatMessage.objects.post_or_hold(show.pk, guest, "Hello", "1", cause="hook")
    assert held.pk == again.pk
    [told] = Delivery.objects.all()
    assert str(held.pk) in told.payload
