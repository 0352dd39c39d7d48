"""Writes what has happened into the outbox, in the transaction that makes it true."""

from typing import Any

from django.db import transaction

from realtime import event_log
from webhooks import sending
from webhooks.models import Delivery, Endpoint


def is_wanted(kind: str) -> bool:
    """Whether any endpoint is sent events of this kind, for those that cost something to describe."""
    with event_log.transaction():
        return bool(Endpoint.objects.wanting(kind))


def add(kind: str, subject: str, data: dict[str, Any], author: str = "") -> None:
    """Has every endpoint told that wants events of this kind. `author` is the key of whoever's words are in it."""
    with event_log.transaction():
        endpoints = Endpoint.objects.wanting(kind)
        for delivery in Delivery.objects.make(endpoints, kind, subject, data, author) if endpoints else []:
            event_log.insert(delivery)
        if endpoints:
            transaction.on_commit(sending.wake_soon)
