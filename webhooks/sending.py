"""Sends the events that are due, each endpoint's in threads of its own, so that a slow one holds up no other.

The outbox says what is due, and a lease who sends it: any process may, and one that dies is replaced by another. So an
event may come twice, with the same id.
"""

import logging
import threading
import time
import uuid
from collections.abc import Callable

from django.conf import settings
from django.db import connections

from rest import outgoing, signatures
from webhooks.models import Delivery
from webhooks.models.delivery import PER_ENDPOINT

logger = logging.getLogger(__name__)

SECONDS = 10.0  # for one request, from the resolved name to the end of the answer
MAX_ANSWER = 4096  # bytes of an answer that are read, and then forgotten
TURN = 20.0  # seconds after which a thread ends, and another goes on

SOON = 0.25  # seconds after a commit, in which more may come that is sent together
AGAIN = 5.0  # seconds until a process looks anew, while something waits

_timer: threading.Timer | None = None
_threads: dict[uuid.UUID, set[threading.Thread]] = {}
_lock = threading.Lock()


def wake() -> None:
    """Begins to send to every endpoint that something is due for; this process has PER_ENDPOINT threads for each."""
    for endpoint_id in Delivery.objects.endpoints_with_due():
        with _lock:
            going = {thread for thread in _threads.get(endpoint_id, ()) if thread.is_alive()}
            if len(going) < PER_ENDPOINT:
                thread = threading.Thread(target=_run, args=(endpoint_id,), name="webhooks", daemon=True)
                going.add(thread)
                thread.start()
            _threads[endpoint_id] = going


def wake_soon() -> None:
    """Begins to send in a moment, in a thread of its own, unless that is left to `manage.py tick`.

    It must not need sockets, as heartbeats do: a shop may only speak REST for hours.
    """
    _wake_in(SOON)


def _wake_in(seconds: float) -> None:
    global _timer
    with _lock:
        if settings.RUN_JOBS and (_timer is None or _timer.interval > seconds):
            if _timer is not None:
                _timer.cancel()
            _timer = threading.Timer(seconds, _wake)
            _timer.daemon = True
            _timer.start()


def _wake() -> None:
    """Whoever commits from now on has another timer begun, for what is looked up here may not have theirs."""
    global _timer
    with _lock:
        _timer = None
    waits = True
    try:
        wake()
        waits = Delivery.objects.waiting().filter(endpoint__is_active=True).exists()
    except Exception:
        logger.exception("webhooks could not be looked for")
    finally:
        connections.close_all()
    if waits:
        _wake_in(AGAIN)


def wait(seconds: float) -> None:
    """Returns once nothing is on its way, or after so many seconds."""
    deadline = time.monotonic() + seconds
    with _lock:
        going = [thread for threads in _threads.values() for thread in threads]
    for thread in going:
        thread.join(max(0.0, deadline - time.monotonic()))


def _run(endpoint_id: uuid.UUID) -> None:
    try:
        send_all(endpoint_id, release=connections.close_all)
    except Exception:
        logger.exception("webhooks could not be sent")  # The next heartbeat begins anew.
    finally:
        connections.close_all()


def send_all(endpoint_id: uuid.UUID, release: Callable[[], None] = lambda: None) -> int:
    """Sends an endpoint what is due, one event after the other; returns how many it has been sent.

    `release` is called before each request: it may take long, and others need the pool's connections.
    """
    sent, end = 0, time.monotonic() + TURN
    while time.monotonic() < end and (delivery := Delivery.objects.claim(endpoint_id)) is not None:
        release()
        send(delivery)
        sent += 1
    return sent


def send(delivery: Delivery) -> None:
    """Tries to send a claimed event, and notes what became of it."""
    endpoint, body = delivery.endpoint, delivery.payload.encode()
    try:
        headers = signatures.headers(endpoint.keys, delivery.message_id, body)
        answer = outgoing.post(
            endpoint.url,
            body,
            [("Content-Type", "application/json"), ("User-Agent", "Vitrine"), *headers],
            seconds=SECONDS,
            max_answer=MAX_ANSWER,
            allows=outgoing.may_be_reached,
        )
    except outgoing.Unreachable as error:
        delivery.settle(None, str(error))
    else:
        is_taken = 200 <= answer.status < 300
        delivery.settle(answer, "" if is_taken else f"it answered {answer.status}")
