"""A show minute by minute, and how far its viewers went, equal a slow and obvious computation on random histories."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics import funnel, minutes
from analytics.models import CartAdd, Checkout, ProductClick, Purchase, ReactionMinute, ShowcaseChange, StreamView
from shopping.models import JoinRequest, Product, ShoppingSession
from shopping.models.cart import CartLine
from streams.models import ChatMessage, Party, Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

BEGIN = datetime(2030, 1, 31, 22, 59, 30, tzinfo=UTC)
LENGTH = 400  # seconds
MINUTE = timedelta(minutes=1)
PEOPLE = ["user:1", "visitor:a", "visitor:b"]

SECOND = st.integers(-90, LENGTH + 90)
WHO = st.sampled_from(PEOPLE)
VIEW = st.tuples(WHO, st.sampled_from(["subscriber", "subscriber", "publisher"]), SECOND, st.none() | SECOND)
ACT = st.tuples(WHO, SECOND)
CHANGE = st.tuples(st.sampled_from([None, 0, 1]), SECOND)
REACTION = st.tuples(st.sampled_from(["heart", "fire"]), st.integers(-2, 9), st.integers(1, 5))
HISTORY = st.fixed_dictionaries(
    {
        "views": st.lists(VIEW, max_size=15),
        "lines": st.lists(ACT, max_size=8),
        "clicks": st.lists(ACT, max_size=8),
        "carts": st.lists(ACT, max_size=8),
        "checkouts": st.lists(ACT, max_size=8),
        "purchases": st.lists(ACT, max_size=8),
        "changes": st.lists(CHANGE, max_size=8),
        "reactions": st.lists(REACTION, max_size=8, unique_by=lambda each: each[:2]),
    }
)


@pytest.fixture
def show() -> Stream:
    stream = factories.stream(factories.user("creator"), "ended")
    Stream.objects.filter(pk=stream.pk).update(started_at=BEGIN, ended_at=after(LENGTH))
    stream.refresh_from_db()
    return stream


@pytest.fixture
def products(show: Stream) -> list[Product]:
    return [factories.product(show.creator, name=f"Mug {n}") for n in range(2)]


def after(seconds: int) -> datetime:
    return BEGIN + timedelta(seconds=seconds)


def minute_of(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def store(stream: Stream, products: list[Product], history: dict[str, Any]) -> None:
    for model in (StreamView, ProductClick, CartAdd, Checkout, Purchase, ShowcaseChange, ReactionMinute, ChatMessage):
        model.objects.all().delete()
    for who, role, came, went in history["views"]:
        left = None if went is None else max(after(went), after(came))
        StreamView.objects.create(
            stream=stream, viewer=who, connection="c", role=role, joined_at=after(came), left_at=left
        )
    for number, (who, at) in enumerate(history["lines"], start=1):
        ChatMessage.objects.create(
            stream=stream, author=who, name="A", text="b", created_at=after(at), seq=number, deleted=number % 3 == 0
        )
    for who, at in history["clicks"]:
        ProductClick.objects.create(stream=stream, product=products[0], viewer=who, at=after(at))
    for who, at in history["carts"]:
        CartAdd.objects.create(stream=stream, product=products[0], viewer=who, at=after(at), quantity=2)
    for who, at in history["checkouts"]:
        Checkout.objects.create(stream=stream, viewer=who, at=after(at))
    for number, (who, at) in enumerate(history["purchases"]):
        Purchase.objects.create(stream=stream, order_id=str(number), viewer=who, at=after(at), currency="EUR", value=1)
    for product, at in history["changes"]:
        shown = None if product is None else products[product]
        ShowcaseChange.objects.create(stream=stream, product=shown, at=after(at))
    for kind, number, count in history["reactions"]:
        minute = minute_of(BEGIN) + number * MINUTE
        ReactionMinute.objects.create(stream=stream, minute=minute, kind=kind, count=count)


def seconds_on_screen(history: dict[str, Any], minute: datetime) -> Counter[int]:
    """How many of a minute's seconds each product was on screen, asking anew what was there in every one of them."""
    found: Counter[int] = Counter()
    changes = sorted(enumerate(history["changes"]), key=lambda each: (each[1][1], each[0]))
    for second in range(60):
        moment = minute + timedelta(seconds=second)
        before = [product for _, (product, at) in changes if after(at) <= moment < after(LENGTH)]
        if before and before[-1] is not None:
            found[before[-1]] += 1
    return found


def expected(products: list[Product], history: dict[str, Any], minute: datetime) -> dict[str, Any]:
    end = minute + MINUTE
    views = [(after(came), went) for _, role, came, went in history["views"] if role == "subscriber"]
    stays = [(came, None if went is None else max(came, after(went))) for came, went in views]

    def within(moments: list[datetime]) -> int:
        return sum(minute <= moment < end for moment in moments)

    reactions = [each for each in history["reactions"] if minute_of(BEGIN) + each[1] * MINUTE == minute]
    lines = [after(at) for number, (_, at) in enumerate(history["lines"], start=1) if number % 3]
    return {
        "minute": minute,
        "viewers": sum(came < end and (went is None or went >= end) for came, went in stays),
        "joins": within([came for came, _ in stays]),
        "leaves": within([went for _, went in stays if went is not None]),
        "lines": within(lines),
        "reactions": sum(count for _, _, count in reactions),
        "hearts": sum(count for kind, _, count in reactions if kind == "heart"),
        "clicks": within([after(at) for _, at in history["clicks"]]),
        "carts": within([after(at) for _, at in history["carts"]]),
    }


@given(history=HISTORY)
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_minutes_are_counted_as_documented(show: Stream, products: list[Product], history: dict[str, Any]) -> None:
    store(show, products, history)
    found = minutes.of(show)
    assert [row["minute"] for row in found] == [minute_of(BEGIN) + n * MINUTE for n in range(len(found))]
    assert found[-1]["minute"] == minute_of(after(LENGTH))
    for row in found:
        shown, name = row.pop("productId"), row.pop("productName")
        assert row == expected(products, history, row["minute"])
        seconds = seconds_on_screen(history, row["minute"])
        if not seconds:
            assert (shown, name) == (None, None)
            continue
        number = [product.pk for product in products].index(shown)
        assert (seconds[number], name) == (max(seconds.values()), products[number].name)


@given(history=HISTORY)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_funnel_is_counted_as_documented(show: Stream, products: list[Product], history: dict[str, Any]) -> None:
    store(show, products, history)
    saw = [who for who, role, *_ in history["views"] if role == "subscriber"]
    names = ("clicks", "carts", "checkouts", "purchases")
    looked, filled, went, bought = ([who for who, _ in history[name]] for name in names)
    everyone = len({*saw, *looked, *filled, *went, *bought})
    steps = [
        ("view_item_list", everyone, len(saw)),
        ("select_item", len({*looked, *filled, *went, *bought}), len(looked)),
        ("add_to_cart", len({*filled, *went, *bought}), len(filled)),
        ("begin_checkout", len({*went, *bought}), len(went)),
        ("purchase", len({*bought}), len(bought)),
    ]
    assert funnel.of(show) == [
        {
            "event": event,
            "people": people,
            "rate": round(100 * people / everyone, 2) if everyone else 0.0,
            "events": events,
        }
        for event, people, events in steps
    ]


def test_a_show_that_has_not_begun_has_no_minutes() -> None:
    assert minutes.of(factories.stream(factories.user("creator"))) == []


def test_of_a_long_show_the_last_minutes_are_read_and_who_was_there_before_is_counted(show: Stream) -> None:
    Stream.objects.filter(pk=show.pk).update(started_at=BEGIN - timedelta(days=3))
    show.refresh_from_db()
    facts = {"stream": show, "connection": "c", "role": "subscriber"}
    StreamView.objects.create(viewer="a", joined_at=BEGIN - timedelta(days=2), **facts)
    StreamView.objects.create(viewer="b", joined_at=BEGIN - timedelta(days=2), left_at=BEGIN, **facts)
    found = minutes.of(show)
    assert len(found) == minutes.MAX_MINUTES
    assert (found[0]["viewers"], found[-1]["viewers"]) == (2, 1)


# --- where the facts come from


def test_what_is_showcased_is_kept_with_its_time() -> None:
    stream = factories.stream(factories.user("creator"), "live")
    product = factories.listing(stream, factories.product(stream.creator)).product
    stream.showcase(product.pk)
    stream.showcase(None)
    changes = stream.showcase_changes.order_by("pk")
    assert [change.product for change in changes] == [product, None]
    product.delete()
    assert [change.product for change in changes.all()] == [None, None]


def test_reactions_are_kept_by_the_minute() -> None:
    stream = factories.stream(factories.user("creator"), "live")
    before = timezone.now().replace(second=0, microsecond=0)
    factories.reactions(stream, "heart", "heart", "fire")
    factories.reactions(stream, "heart")
    kept = stream.reaction_minutes.filter(minute__gte=before)
    totals = Counter[str]()
    for row in kept:
        assert row.minute == minute_of(row.minute)
        totals[row.kind] += row.count
    assert totals == {"heart": 3, "fire": 1} == stream.reaction_counts


def test_what_a_party_of_a_show_puts_into_its_cart_is_kept() -> None:
    stream = factories.stream(factories.user("creator"), "live")
    product = factories.listing(stream, factories.product(stream.creator)).product
    friend = factories.identity(factories.user())
    opener = Party.objects.open(stream, friend, "Ann")
    ann = ShoppingSession.objects.join(opener.session_id, JoinRequest(friend, "c", "u", "Ann")).participant
    for number, (op, qty) in enumerate([("add", 2), ("set", 5), ("set", 1), ("remove", 1)]):
        CartLine.objects.operate(ann, f"op{number}", op, str(product.pk), qty)
    adds = stream.cart_adds.order_by("pk")
    assert [(add.product, add.quantity, add.viewer, add.user_id) for add in adds] == [
        (product, 2, friend.key, friend.user_id),
        (product, 3, friend.key, friend.user_id),
    ]


def test_a_failing_count_of_a_minute_takes_the_total_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever called counts again what could not be counted."""

    def fail(*_: Any) -> None:
        raise RuntimeError("not today")

    stream = factories.stream(factories.user("creator"), "live")
    monkeypatch.setattr(type(ReactionMinute.objects.all()), "add", fail)
    with pytest.raises(RuntimeError):
        factories.reactions(stream, "heart")
    assert stream.reaction_counts == {}
