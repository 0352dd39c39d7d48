"""What happens in the apps becomes events, in the transactions of their verbs."""

import io
import json
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command

from analytics import rollups
from config.purchases import Purchases
from recordings.models import finishing
from streams.models import ChatMessage, Stream
from tests import factories
from tests.analytics.purchases import SECRET, Visitor, confirms, refunds
from tests.drops.dropping import announce, ask
from tests.recordings import visits
from tests.support.desk import agent, begun, said
from tests.webhooks.receiver import endpoint
from webhooks.models import Delivery

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def listening() -> None:
    endpoint("https://hooks.example/")


def events() -> list[tuple[str, dict[str, Any]]]:
    """The events in the outbox, by kind and data, in the order in which they are sent."""
    payloads = [json.loads(body) for body in Delivery.objects.order_by("pk").values_list("payload", flat=True)]
    return [(payload["type"], payload["data"]) for payload in payloads]


def subjects() -> set[str]:
    return set(Delivery.objects.values_list("subject", flat=True))


def test_a_show_starts_once_ends_and_is_counted_once() -> None:
    show = factories.stream(factories.user("creator"), "paused", title="Tea")
    show.change_status("live")
    show.end()
    for _ in range(2):
        rollups.roll_up(show)
    found = events()
    assert [kind for kind, _ in found] == ["show.started", "show.ended", "show.summary"]
    started, ended, summary = (about for _, about in found)
    assert (started["sessionId"], started["title"], started["endedAt"]) == (str(show.pk), "Tea", None)
    assert (ended["status"], ended["endedAt"]) == ("ended", summary["endedAt"])
    assert summary["viewers"]["total"] == 0
    assert subjects() == {f"show:{show.pk}"}


def test_a_show_that_is_removed_while_it_is_on_has_ended() -> None:
    show = factories.stream(factories.user("creator"), "live")
    show.remove()
    assert [kind for kind, _ in events()] == ["show.started", "show.ended"]


def test_a_line_that_is_held_is_told_with_why_and_one_that_is_said_is_not() -> None:
    show = factories.stream(factories.user("creator"), "live")
    Delivery.objects.all().delete()
    guest = factories.identity()
    ChatMessage.objects.post_or_hold(show.pk, guest, "Hello")
    Stream.objects.filter(pk=show.pk).update(hold_messages=True)
    held = ChatMessage.objects.post_or_hold(show.pk, guest, "Hello again", cause="hook")
    [(kind, about)] = events()
    assert (kind, about["messageId"], about["message"]) == ("message.held", str(held.pk), "Hello again")
    assert (about["sessionId"], about["author"]) == (str(show.pk), guest.key)
    assert about["cause"]


def test_a_conversation_opens_goes_on_and_is_closed_and_notes_stay_here() -> None:
    customer, staff = factories.user(), agent()
    conversation = begun(customer, "Is it washable?")
    said(staff, "Yes", conversation_id=conversation.pk)
    said(staff, "They ask often", conversation_id=conversation.pk, internal=True)
    conversation.refresh_from_db()
    for _ in range(2):
        conversation.set_status(staff, "resolved")
    found = events()
    assert [kind for kind, _ in found] == [
        "conversation.opened",
        "conversation.message",
        "conversation.message",
        "conversation.closed",
    ]
    assert [(about["by"], about["message"]) for kind, about in found if kind == "conversation.message"] == [
        ("customer", "Is it washable?"),
        ("staff", "Yes"),
    ]
    assert found[0][1]["name"] == customer.username
    assert (found[-1][1]["status"], found[-1][1]["resolvedAt"] is not None) == ("resolved", True)
    assert subjects() == {f"conversation:{conversation.pk}"}


def test_a_recording_that_is_finished_is_told(settings: Any) -> None:
    settings.REQUIRE_CONSENT, settings.RECORDINGS_MIN_FREE_BYTES = False, 0
    recording = visits.recording()
    visits.store(visits.batch(recording, visits.event()))
    recording.end()
    recording.refresh_from_db()
    finishing.settle(recording)
    [(kind, about)] = events()
    assert (kind, about["recordingId"]) == ("recording.finished", recording.pk)
    assert about["eventCount"] == 1


def test_looks_and_carts_are_facts_that_one_may_choose() -> None:
    creator = factories.user("creator")
    show, product = factories.stream(creator, "live"), factories.product(creator)
    factories.listing(show, product)
    Delivery.objects.all().delete()
    viewer = factories.identity()
    show.click(product.pk, viewer)
    [(kind, about)] = events()
    assert (kind, about["productId"], about["viewer"]) == ("product.clicked", str(product.pk), viewer.key)


def test_a_drop_and_its_claims_are_told() -> None:
    creator = factories.user("creator")
    show, product = factories.stream(creator, "live"), factories.product(creator)
    factories.listing(show, product)
    Delivery.objects.all().delete()
    claim = ask(announce(show, product, quantity=1))
    claim.give_back()
    assert [(kind, about.get("state") or about["status"]) for kind, about in events()] == [
        ("drop.announced", "announced"),
        ("drop.opened", "open"),
        ("drop.sold_out", "sold_out"),
        ("claim.changed", "held"),
        ("drop.opened", "open"),
        ("claim.changed", "returned"),
    ]
    assert subjects() == {f"drop:{claim.drop_id}", f"claim:{claim.pk}"}


def test_who_is_erased_is_in_no_payload_any_longer() -> None:
    customer, staff = factories.user(), agent()
    conversation = begun(customer, "My address is 1 Main Street")
    said(staff, f"Thank you {customer.username}", conversation_id=conversation.pk)
    begun(factories.user(), "Somebody else")
    call_command("erase", customer.username, stdout=io.StringIO())
    kept = [about["message"] for kind, about in events() if kind == "conversation.message"]
    assert kept == ["Somebody else"]


def test_a_purchase_is_reported_confirmed_and_refunded(settings: Any) -> None:
    settings.PURCHASES = Purchases([SECRET], timedelta(days=30))
    show = factories.stream(factories.user("creator"), "live")
    mug, visitor = factories.product(show.creator), Visitor()
    visitor.looks(show, mug)
    Delivery.objects.all().delete()
    visitor.reports("1001")
    for _ in range(2):
        confirms("1001")
        refunds("1001", "a", value=990)
    found = events()
    assert [kind for kind, _ in found] == ["purchase.reported", "purchase.confirmed", "purchase.refunded"]
    assert [about["confirmed"] for _, about in found] == [False, True, True]
    refunded = found[-1][1]
    assert (refunded["orderId"], refunded["sessionId"], refunded["productId"]) == ("1001", str(show.pk), str(mug.pk))
    assert (refunded["refundId"], refunded["refundValue"], refunded["refunded"]) == ("a", 990, 990)
    assert subjects() == {"order:1001"}
