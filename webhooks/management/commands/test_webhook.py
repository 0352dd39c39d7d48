"""Sends an endpoint a test event now, and says what it answered."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from webhooks import sending
from webhooks.models import Delivery, Endpoint


class Command(BaseCommand):
    help = "Sends a test event to an endpoint of the admin, and says what it answered."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("endpoint", help="its id, or its address")

    def handle(self, endpoint: str, **_: Any) -> None:
        found = _find(endpoint)
        if found is None:
            raise CommandError("There is no such endpoint; make one in the admin.")
        if not found.is_active:
            raise CommandError("The endpoint is switched off.")
        test = found.send_test()
        while Delivery.objects.waiting().filter(pk=test.pk, tries=0).exists() and sending.send_all(found.pk):
            pass
        test.refresh_from_db()
        if test.status != Delivery.Status.DELIVERED:
            raise CommandError(f"It was not delivered: {test.last_error or 'other events are on their way before it'}")
        self.stdout.write(f"It answered {test.answer_status}.")


def _find(named: str) -> Endpoint | None:
    try:
        return Endpoint.objects.filter(pk=named).first()
    except ValidationError:
        return Endpoint.objects.filter(url=named).first()
