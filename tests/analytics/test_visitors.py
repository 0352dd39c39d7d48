"""What one visitor did, from every app: in order, whole over its pages, with consent, and noted."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from accounts.identity import user_key
from accounts.models import User
from analytics import visitors
from analytics.models import CartAdd, Checkout, ProductClick, Purchase, Refund, ReplayClick, StreamView
from recordings.models import Consent, Recording
from recordings.models import Participant as Recorded
from shopping.models import Participant, Product, ShoppingSession
from signaling.models import Call
from streams.models import ShopCall, Stream
from support.models import Conversation
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

KINDS = [
    *("declined_recording", "agreed_to_recording", "was_recorded", "wrote_to_support", "called", "called_shop"),
    *("shopped_together", "was_refunded", "reported_purchase", "bought", "began_checkout", "put_into_cart"),
    *("looked_in_replay", "looked", "watched"),
]


@pytest.fixture
def show() -> Stream:
    return factories.stream(factories.user("creator"), "live", title="Tea")


@pytest.fixture
def mug(show: Stream) -> Product:
    return factories.product(show.creator, name="Mug")


def happen(show: Stream, mug: Product, user: User, key: str) -> None:
    """One of everything, a minute after the other, as KINDS has them from its end on; the last decision is left out."""
    at = {kind: factories.ago(number) for number, kind in enumerate(KINDS)}
    who = {"stream": show, "viewer": key}
    StreamView.objects.create(**who, connection="c", role="subscriber", joined_at=at["watched"], watch_duration=60)
    StreamView.objects.create(**who, connection="p", role="publisher", joined_at=at["watched"])
    ProductClick.objects.create(**who, product=mug, at=at["looked"])
    ReplayClick.objects.create(**who, product=mug, at=at["looked_in_replay"])
    CartAdd.objects.create(**who, product=mug, quantity=1, at=at["put_into_cart"])
    Checkout.objects.create(**who, at=at["began_checkout"])
    facts: dict[str, Any] = {**who, "currency": "EUR", "value": 1990}
    bought = Purchase.objects.create(
        order_id=f"o{user.pk}-1", at=at["bought"], confirmed_at=at["bought"], refunded=500, **facts
    )
    Purchase.objects.create(order_id=f"o{user.pk}-2", at=at["reported_purchase"], **facts)
    Refund.objects.create(purchase=bought, refund_id="r1", value=500, at=at["was_refunded"])
    session = ShoppingSession.objects.create(expires_at=timezone.now())
    Participant.objects.create(session=session, identity=key, user_id="x", name="A", left_at=at["shopped_together"])
    ShopCall.objects.create(
        caller=key, about="Mug", placed_at=at["called_shop"], ended_at=at["called_shop"], outcome="unanswered"
    )
    Call.objects.create(match_name="m", caller="a", callee="b", caller_user=user, rung_at=at["called"])
    Conversation.objects.create(customer=key, session="s", created_at=at["wrote_to_support"], excerpt="Hello")
    recorded = Recorded.objects.create(pk=f"r{user.pk}", identity=key)
    Recording.objects.create(participant=recorded, url="https://shop.example/", created_at=at["was_recorded"])
    Consent.objects.create(identity=key, version="1", at=timezone.now(), stored_at=at["agreed_to_recording"])


def read(key: str, by: User | None = None, before: str = "") -> Any:
    query = {"before": before} if before else {}
    return factories.client(by or factories.user("admin")).get(f"/api/analytics/visitors/{key}", query)


def test_everything_somebody_did_is_there_the_latest_first(show: Stream, mug: Product) -> None:
    user, other = factories.user(), factories.user()
    happen(show, mug, user, user_key(user.pk))
    found = read(user_key(user.pk)).json()
    assert [event["kind"] for event in found["events"]] == KINDS[1:]
    about, order = {event["kind"]: event for event in found["events"]}, f"o{user.pk}-1"
    assert (about["watched"]["what"], about["watched"]["seconds"]) == ("Tea", 60)
    assert (about["bought"]["what"], about["was_refunded"]["what"]) == (f"{order}: 19.90 EUR", f"{order}: 5.00 EUR")
    assert (about["looked"]["what"], about["looked"]["sessionId"]) == ("Mug", str(show.pk))
    assert (found["username"], found["before"], found["declinedRecording"]) == (user.username, None, False)
    assert read(user_key(other.pk)).json()["events"] == []


def test_recordings_of_who_has_declined_are_left_out(show: Stream, mug: Product) -> None:
    user = factories.user()
    key = user_key(user.pk)
    happen(show, mug, user, key)
    Consent.objects.create(identity=key, version="1", at=timezone.now(), declined=True)
    found = read(key).json()
    assert [event["kind"] for event in found["events"]] == [kind for kind in KINDS if kind != "was_recorded"]
    assert found["declinedRecording"]


def test_its_pages_have_everything_once_also_where_much_is_of_one_moment(show: Stream, mug: Product) -> None:
    key, moment = f"visitor:{'a' * 32}", timezone.now()
    for number in range(130):
        at = moment - timedelta(seconds=0 if number < 60 else number)
        ProductClick.objects.create(stream=show, product=mug, viewer=key, at=at)
        if number % 3 == 0:
            CartAdd.objects.create(stream=show, product=mug, viewer=key, quantity=1, at=at)
    seen: list[tuple[str, str]] = []
    before = ""
    for _ in range(9):
        page = read(key, before=before).json()
        seen += [(event["kind"], event["id"]) for event in page["events"]]
        if not (before := page["before"]):
            break
    assert len(seen) == len(set(seen)) == 130 + 44


def test_each_reading_is_noted_with_who_it_was(show: Stream) -> None:
    staff, user = factories.user("staff"), factories.user()
    for key, pk in ((user_key(user.pk), str(user.pk)), (f"visitor:{'b' * 32}", f"visitor:{'b' * 32}")):
        found = read(key, staff).json()
        assert [each["name"] for each in found["readers"]] == [staff.username]
        noted = LogEntry.objects.get(object_id=pk)
        assert (noted.user, noted.change_message) == (staff, visitors.READ)
        read(key, staff, before="2030-01-31T22:59:30Z")
        assert LogEntry.objects.filter(object_id=pk).count() == 1  # a later page is the same reading


def test_it_is_for_staff_and_of_each_kind_what_they_may_see(
    show: Stream, mug: Product, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = factories.user()
    key = user_key(user.pk)
    happen(show, mug, user, key)
    assert factories.client().get(f"/api/analytics/visitors/{key}").status_code == 401
    for role in ("viewer", "creator", "moderator"):
        assert read(key, factories.user(role)).status_code == 403, role
    assert not LogEntry.objects.exists()
    staff = factories.user("staff")
    assert [event["kind"] for event in read(key, staff).json()["events"]] == KINDS[1:]
    monkeypatch.setattr(User, "has_perm", lambda self, right, obj=None: right == "analytics.view_streamview")
    assert [event["kind"] for event in read(key, staff).json()["events"]] == ["watched"]


@pytest.mark.parametrize("key", ["user:0", "visitor:x", "nobody", "user:1%0A", "user:" + "9" * 30])
def test_there_is_nobody_by_another_key(key: str) -> None:
    assert read(key).status_code == 404


@pytest.mark.parametrize(
    "before", ["yesterday", "2030-01-31", "2030-01-31T22:59:30", "9999-12-31T23:59:59Z", "x" * 400]
)
def test_what_is_no_moment_is_refused(before: str) -> None:
    assert read("user:1", before=before).status_code == 400
