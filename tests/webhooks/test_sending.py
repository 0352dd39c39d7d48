"""What stands in the outbox arrives signed, in order and at least once, and never where it must not."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from tests.conftest import Commits
from tests.webhooks.receiver import Receiver, endpoint, receiving
from webhooks import outbox, sending
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint
from webhooks.models import delivery as deliveries
from webhooks.models import endpoint as endpoints

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

MOMENT = timedelta(milliseconds=10)  # SQLite's clock has milliseconds


def happen(number: int, subject: str = "show:1", kind: Kind = Kind.SHOW_STARTED) -> None:
    outbox.add(kind, subject, {"number": number})


def numbers(of: Receiver) -> list[int]:
    return [payload["data"]["number"] for payload in of.payloads]


def come_due() -> None:
    """As if the pauses were over."""
    Delivery.objects.waiting().update(due_at=Now())


def statuses() -> list[str]:
    return list(Delivery.objects.order_by("pk").values_list("status", flat=True))


def test_an_event_arrives_as_standard_webhooks_say(receiver: Receiver) -> None:
    to = endpoint(receiver)
    happen(1)
    assert sending.send_all(to.pk) == 1
    [told] = receiver.verified(to)
    assert (told["type"], told["data"]) == ("show.started", {"number": 1})
    assert told["timestamp"].endswith("Z")
    headers, _ = receiver.came[0]
    sent = Delivery.objects.get()
    assert headers["webhook-id"] == sent.message_id
    assert headers["content-type"] == "application/json"
    assert (sent.status, sent.answer_status, sent.tries) == ("delivered", 200, 1)
    assert sending.send_all(to.pk) == 0


def test_a_new_secret_signs_beside_the_old_one_for_a_day(receiver: Receiver) -> None:
    to = endpoint(receiver)
    before = Endpoint.objects.get(pk=to.pk)
    to.renew_secret()
    happen(1)
    sending.send_all(to.pk)
    assert to.secret != before.secret
    assert receiver.verified(to) == receiver.verified(before)
    Endpoint.objects.update(secret_changed_at=Now() - endpoints.OLD_SECRET)
    to.refresh_from_db()
    assert len(to.keys) == 1


def test_only_those_are_told_that_want_it_and_are_on(receiver: Receiver) -> None:
    wanted, other, off = endpoint(receiver, Kind.SHOW_STARTED), endpoint(receiver, Kind.SHOW_ENDED), endpoint(receiver)
    off.switch_off("a test")
    happen(1)
    assert list(Delivery.objects.values_list("endpoint", flat=True)) == [wanted.pk]
    assert sending.send_all(other.pk) == sending.send_all(off.pk) == 0


def test_what_is_rolled_back_is_told_nobody(receiver: Receiver) -> None:
    to = endpoint(receiver)
    with transaction.atomic():
        happen(1)
        transaction.set_rollback(True)
    assert sending.send_all(to.pk) == 0


def test_the_commit_has_it_sent_soon(receiver: Receiver, commits: Commits, monkeypatch: pytest.MonkeyPatch) -> None:
    woken: list[bool] = []
    monkeypatch.setattr(sending, "wake_soon", lambda: woken.append(True))
    endpoint(receiver)
    with commits():
        happen(1)
        assert woken == []
    assert woken == [True]


def test_a_later_event_of_a_subject_waits_for_the_earlier_one_and_others_do_not(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: 500 if came["data"]["number"] == 1 else 200
    for number, subject in enumerate(["show:1", "show:1", "show:2"], start=1):
        happen(number, subject)
    sending.send_all(to.pk)
    assert numbers(receiver) == [1, 3]
    receiver.answer = lambda came: 200
    come_due()
    sending.send_all(to.pk)
    assert numbers(receiver) == [1, 3, 1, 2]
    assert set(statuses()) == {"delivered"}


def test_it_is_tried_for_a_day_and_then_given_up_for_the_next_one(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: 500 if came["data"]["number"] == 1 else 200
    happen(1)
    happen(2)
    happen(3, "show:2")
    pauses: list[float] = []
    while sending.send_all(to.pk) and statuses()[0] == "waiting":
        waits = Delivery.objects.annotate(pause=F("due_at") - Now()).order_by("pk").first()
        assert waits is not None
        pauses.append(waits.pause.total_seconds())  # type: ignore[attr-defined]
        come_due()
    assert statuses() == ["dead", "delivered", "delivered"]
    assert numbers(receiver).count(1) == deliveries.MAX_TRIES == len(pauses) + 1
    for pause, least in zip(pauses, deliveries.PAUSES, strict=True):
        assert least - 1 < pause < least * (1 + deliveries.JITTER) + 1
    assert 0.95 < sum(pauses) / timedelta(days=1).total_seconds() < 1.25
    to.refresh_from_db()
    assert (to.is_active, to.failures) == (True, 0)


def test_one_event_that_is_never_taken_switches_nothing_off(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: 500
    happen(1)
    while sending.send_all(to.pk):
        come_due()
    to.refresh_from_db()
    assert (to.is_active, statuses()) == (True, ["dead"])


def test_an_endpoint_that_takes_nothing_for_a_day_is_switched_off_and_keeps_what_waits(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: 503
    happen(1)
    happen(2, "show:2")
    happen(3)
    while sending.send_all(to.pk):
        come_due()
    to.refresh_from_db()
    assert (to.is_active, to.failures) == (False, deliveries.MAX_FAILURES)
    assert "it took nothing since" in to.notice
    assert statuses() == ["dead", "dead", "waiting"]
    receiver.answer = lambda came: 200
    to.is_active = True
    to.save()
    sending.send_all(to.pk)
    assert (statuses(), to.notice) == (["dead", "dead", "delivered"], "")


def test_one_that_is_gone_is_switched_off_at_once(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: 410
    happen(1)
    sending.send_all(to.pk)
    to.refresh_from_db()
    assert (to.is_active, statuses()) == (False, ["dead"])
    assert "410" in to.notice


def test_one_that_asks_for_patience_is_given_it(receiver: Receiver) -> None:
    to = endpoint(receiver)
    receiver.answer = lambda came: (429, {"Retry-After": "900"})
    happen(1)
    sending.send_all(to.pk)
    assert not Delivery.objects.filter(due_at__lt=Now() + timedelta(seconds=890)).exists()


def test_a_dead_letter_is_sent_again_with_its_id(receiver: Receiver) -> None:
    to = endpoint(receiver)
    happen(1)
    Delivery.objects.update(status="dead", tries=deliveries.MAX_TRIES, settled_at=Now())
    assert sending.send_all(to.pk) == 0
    assert Delivery.objects.all().send_again() == 1
    assert sending.send_all(to.pk) == 1
    sent = Delivery.objects.get()
    assert (sent.status, sent.tries) == ("delivered", 1)
    assert receiver.came[0][0]["webhook-id"] == sent.message_id


def test_a_redirect_is_not_followed(receiver: Receiver) -> None:
    with receiving() as elsewhere:
        to = endpoint(receiver)
        receiver.answer = lambda came: (307, {"Location": elsewhere.url})
        happen(1)
        sending.send_all(to.pk)
        assert (elsewhere.came, statuses()) == ([], ["waiting"])
    assert Delivery.objects.get().last_error == "it answered 307"


def test_nothing_is_sent_to_a_private_address(receiver: Receiver, settings: Any) -> None:
    to = endpoint(receiver)
    settings.WEBHOOK_PRIVATE_NETWORKS = []
    happen(1)
    sending.send_all(to.pk)
    assert (receiver.came, statuses()) == ([], ["waiting"])
    assert "no address that may be sent to" in Delivery.objects.get().last_error


def test_what_a_process_that_died_had_begun_is_sent_by_another_and_the_first_decides_nothing(
    receiver: Receiver,
) -> None:
    to = endpoint(receiver)
    happen(1)
    late = Delivery.objects.claim(to.pk)
    assert late is not None
    assert sending.send_all(to.pk) == 0
    Delivery.objects.update(leased_until=Now() - timedelta(seconds=1))
    assert sending.send_all(to.pk) == 1
    late.settle(None, "too late")
    assert (statuses(), receiver.kinds) == (["delivered"], ["show.started"])


def test_of_one_endpoint_so_many_are_on_their_way_at_once(receiver: Receiver) -> None:
    to = endpoint(receiver)
    for number in range(deliveries.PER_ENDPOINT + 1):
        happen(number, f"show:{number}")
    claimed = [Delivery.objects.claim(to.pk) for _ in range(deliveries.PER_ENDPOINT + 1)]
    assert [each is not None for each in claimed] == [True] * deliveries.PER_ENDPOINT + [False]


def test_more_than_may_wait_switches_an_endpoint_off(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoints, "MAX_WAITING", 2)
    to = endpoint(receiver)
    happen(1)
    happen(2)
    assert Endpoint.objects.switch_off_full() == 0
    happen(3)
    assert Endpoint.objects.switch_off_full() == 1
    to.refresh_from_db()
    assert "more than 2 events" in to.notice
    happen(4)
    assert len(statuses()) == 3


def test_rows_are_kept_for_a_while_and_not_too_many(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    endpoint(receiver)
    for number in range(6):
        happen(number, f"show:{number}")
    old, older, dead, *_ = Delivery.objects.order_by("pk")
    Delivery.objects.exclude(pk__in=[dead.pk]).update(status="delivered", settled_at=Now())
    Delivery.objects.filter(pk=old.pk).update(settled_at=Now() - deliveries.DELIVERED_KEPT - MOMENT)
    Delivery.objects.filter(pk=older.pk).update(created_at=Now() - deliveries.KEPT - MOMENT)
    assert Delivery.objects.forget() == 2
    monkeypatch.setattr(deliveries, "MAX_KEPT", 2)
    assert Delivery.objects.forget() == 1
    assert Delivery.objects.count() == 3


def test_of_a_payload_that_is_too_long_the_short_fields_are_left(receiver: Receiver) -> None:
    to = endpoint(receiver)
    outbox.add(Kind.MESSAGE_HELD, "show:1", {"messageId": "m", "message": "x" * deliveries.MAX_PAYLOAD, "tags": ["a"]})
    sending.send_all(to.pk)
    assert receiver.payloads[0]["data"] == {"messageId": "m", "truncated": True}
