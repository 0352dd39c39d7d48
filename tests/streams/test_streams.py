"""The course of a show, and who hears of each step."""

import contextlib
import itertools
import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, connection, connections, transaction

from accounts import identity as identities
from accounts.models import User
from realtime.models import Restriction, Room, RoomEvent
from shopping.models import Product
from streams.models import ChatMessage, Stream
from tests import factories
from tests.realtime import room_log

STATUSES = ["scheduled", "live", "paused", "ended"]
FACTS = {
    ("scheduled", "live"): "started",
    ("live", "paused"): "paused",
    ("live", "ended"): "ended",
    ("paused", "live"): "resumed",
    ("paused", "ended"): "ended",
}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(STATUSES, [*STATUSES, "over", ""])))
def test_a_show_takes_only_these_steps(creator: User, before: str, after: str) -> None:
    stream = factories.stream(creator, before)
    heard = factories.facts(stream.room_key)
    if (before, after) in FACTS:
        stream.change_status(after)
        assert factories.facts(stream.room_key) == [*heard, FACTS[before, after]]
    else:
        with pytest.raises(ValidationError, match=f"Cannot change status from {before} to {after}"):
            stream.change_status(after)
        assert factories.facts(stream.room_key) == heard
    assert Stream.objects.get(pk=stream.pk).status == (after if (before, after) in FACTS else before)


def test_a_show_starts_once_and_keeps_its_beginning(stream: Stream) -> None:
    stream.start()
    began = stream.started_at
    stream.change_status("paused")
    stream.start()
    stored = Stream.objects.get(pk=stream.pk)
    assert (stored.started_at, stored.channel_name, stored.ended_at) == (began, str(stream.pk), None)
    assert factories.facts(stream.room_key) == ["started", "paused", "resumed"]


@pytest.mark.parametrize("status", ["live", "paused"])
def test_a_show_that_is_on_can_end(creator: User, status: str) -> None:
    stream = factories.stream(creator, status)
    stream.end()
    stored = Stream.objects.get(pk=stream.pk)
    assert stored.status == "ended"
    assert stored.ended_at is not None


def test_a_live_show_does_not_start_again(live: Stream) -> None:
    with pytest.raises(ValidationError, match="Stream is already live"):
        live.start()


@pytest.mark.parametrize("status", ["scheduled", "ended"])
def test_a_show_that_is_not_on_cannot_end(creator: User, status: str) -> None:
    with pytest.raises(ValidationError, match="Stream is not currently live"):
        factories.stream(creator, status).end()


def test_an_old_copy_does_not_undo_a_step(stream: Stream) -> None:
    copy = Stream.objects.get(pk=stream.pk)
    stream.start()
    with pytest.raises(ValidationError, match="Stream is already live"):
        copy.start()
    copy.revise(title="Coffee time")
    stored = Stream.objects.get(pk=stream.pk)
    assert (stored.status, stored.title) == ("live", "Coffee time")


def test_a_step_is_undone_if_it_cannot_be_told(stream: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any, **__: Any) -> None:
        raise RuntimeError("the log could not be written")

    monkeypatch.setattr(Room, "advance", fail)
    with pytest.raises(RuntimeError), transaction.atomic():
        stream.start()
    assert Stream.objects.get(pk=stream.pk).status == "scheduled"
    assert factories.facts(stream.room_key) == []


@pytest.mark.parametrize("wrong", [{"status": "over"}, {"slow_mode": 121}], ids=str)
def test_the_database_knows_the_bounds(stream: Stream, wrong: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Stream.objects.filter(pk=stream.pk).update(**wrong)


# --- whose it is


@pytest.mark.parametrize(
    ("role", "controls", "moderates"),
    [
        ("viewer", False, False),
        ("creator", False, False),
        ("moderator", False, True),
        ("staff", False, True),
        ("admin", True, True),
    ],
)
def test_what_others_may_do_depends_on_their_role(stream: Stream, role: str, controls: bool, moderates: bool) -> None:
    identity = factories.identity(factories.user(role))
    assert (stream.is_controlled_by(identity), stream.is_moderated_by(identity)) == (controls, moderates)


def test_a_show_is_its_creators(stream: Stream, creator: User) -> None:
    assert Stream.objects.find_controlled(stream.pk, factories.identity(creator)) == stream
    with pytest.raises(PermissionDenied, match="not yours"):
        Stream.objects.find_controlled(stream.pk, factories.identity(), "not yours")


def test_whoever_only_claims_to_be_the_creator_is_not(stream: Stream, creator: User) -> None:
    claimed = identities.Identity(creator, "v", declared=True)
    assert not stream.is_controlled_by(claimed)
    assert not stream.is_moderated_by(claimed)


def test_someone_banned_sees_no_picture(live: Stream, viewer: User) -> None:
    identity = factories.identity(viewer)
    live.check_may_watch(identity)
    Restriction.objects.ban(identity.key, live.room_key)
    with pytest.raises(PermissionDenied, match="You have been removed from this room"):
        live.check_may_watch(identity)


# --- its products


def test_a_show_is_scheduled_with_products_in_their_order(creator: User) -> None:
    products = [factories.product(creator) for _ in range(3)]
    ids = [products[i].pk for i in (2, 0, 1, 0)]
    stream = Stream.objects.schedule(creator, ids, title="Tea time")
    assert [product.pk for product in Stream.objects.complete().get(pk=stream.pk).products] == ids[:3]


def test_a_show_with_an_unknown_product_is_not_stored(creator: User, product: Product) -> None:
    for foreign in (uuid.uuid4(), factories.product(factories.user("creator")).pk):
        with pytest.raises(ValidationError, match="Product not found"), transaction.atomic():
            Stream.objects.schedule(creator, [product.pk, foreign], title="Tea time")
    assert not Stream.objects.exists()


def test_viewers_are_shown_a_product_and_then_none(live: Stream, product: Product) -> None:
    factories.listing(live, product)
    assert live.showcase(product.pk) == product
    assert Stream.objects.get(pk=live.pk).active_product == product
    assert live.showcase(None) is None
    assert Stream.objects.get(pk=live.pk).active_product is None
    assert factories.facts(live.room_key) == ["started", "lineup-changed", "showcased", "cleared"]


@pytest.mark.parametrize("status", ["scheduled", "ended"])
def test_nothing_is_shown_in_a_show_that_is_not_on(creator: User, product: Product, status: str) -> None:
    stream = factories.stream(creator, status)
    factories.listing(stream, product)
    with pytest.raises(ValidationError) as caught:
        stream.showcase(product.pk)
    assert caught.value.messages == ["Can only showcase products during live or paused sessions"]
    assert caught.value.params == {"currentStatus": status}


def test_only_what_is_on_the_show_is_shown(live: Stream, product: Product) -> None:
    with pytest.raises(ValidationError, match="Product not found in this session's product list"):
        live.showcase(product.pk)


def test_a_product_taken_off_the_show_leaves_the_screen(live: Stream, product: Product) -> None:
    listing = factories.listing(live, product)
    Stream.objects.get(pk=live.pk).showcase(product.pk)  # while the listing's own copy of the show knows of none
    listing.withdraw()
    assert Stream.objects.get(pk=live.pk).active_product is None
    assert factories.facts(live.room_key)[-2:] == ["lineup-changed", "cleared"]


def test_taking_off_another_product_leaves_the_screen_alone(live: Stream, creator: User, product: Product) -> None:
    other = factories.listing(live, factories.product(creator))
    factories.listing(live, product)
    live.showcase(product.pk)
    other.withdraw()
    assert Stream.objects.get(pk=live.pk).active_product == product


# --- its end


@pytest.mark.parametrize("status", STATUSES)
def test_a_deleted_show_has_ended(creator: User, status: str) -> None:
    stream = factories.stream(creator, status)
    room = stream.room_key
    stream.remove()
    assert not Stream.objects.exists()
    assert factories.facts(room) == (["ended"] if status in ("live", "paused") else [])


def test_nothing_that_was_said_outlives_a_deleted_show(live: Stream, viewer: User) -> None:
    ChatMessage.objects.post(live.pk, factories.identity(viewer), "my secret")
    room = live.room_key
    live.remove()
    events = RoomEvent.objects.filter(room__key=room).order_by("seq")
    assert [event.seq for event in events] == [1, 2, 3]
    assert not any("my secret" in event.body for event in events)
    assert not ChatMessage.objects.exists()


# --- its audience


def test_reactions_are_counted_by_kind(live: Stream) -> None:
    factories.reactions(live, "heart", "fire")
    factories.reactions(live, "heart")
    assert Stream.objects.get(pk=live.pk).reaction_counts == {"heart": 2, "fire": 1}


def test_a_show_counts_a_bounded_number_of_kinds(live: Stream) -> None:
    for number in range(110):
        factories.reactions(live, f"kind-{number}")
    assert len(live.reaction_counts) == 100
    factories.reactions(live, "kind-0")
    assert live.reaction_counts["kind-0"] == 2


def test_nobody_reacts_to_what_is_over(creator: User) -> None:
    with pytest.raises(ValidationError, match="This session has ended"):
        factories.stream(creator, "ended").check_is_open()


# --- where two come at once

RIVALS = 6


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time anyway")
def test_the_log_of_verbs_at_once_has_no_hole_and_tells_what_is_stored(live_db: None) -> None:
    creator = factories.user("creator")
    stream = factories.stream(creator, "live")
    products = [factories.product(creator) for _ in range(RIVALS)]
    for product in products:
        factories.listing(stream, product)

    def act(product: Product) -> None:
        try:
            mine = Stream.objects.get(pk=stream.pk)
            for step in ("paused", "live"):
                mine.showcase(product.pk)
                with contextlib.suppress(ValidationError):  # a rival was first
                    mine.change_status(step)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(RIVALS) as pool:
        list(pool.map(act, products))
    events = list(RoomEvent.objects.filter(room__key=stream.room_key).order_by("seq"))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    told = factories.told(stream.room_key)
    steps = [fact["fact"] for fact in told if fact["fact"] in ("paused", "resumed")]
    assert steps == ["paused", "resumed"] * (len(steps) // 2) + ["paused"] * (len(steps) % 2)
    stored = Stream.objects.get(pk=stream.pk)
    shown = [fact["product"]["id"] for fact in told if fact["fact"] == "showcased"]
    assert len(shown) == 2 * RIVALS
    assert str(stored.active_product_id) == shown[-1]
    assert stored.status == ("paused" if steps[-1] == "paused" else "live")


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time anyway")
@pytest.mark.parametrize("status", ["scheduled", "live"])
def test_a_show_goes_with_what_is_being_said_in_it_just_then(live_db: None, status: str) -> None:
    stream, someone = factories.stream(factories.user("creator"), status), factories.identity()

    def remove() -> None:
        try:
            Stream.objects.get(pk=stream.pk).remove()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            ChatMessage.objects.post(stream.pk, someone, "Hello")
            removing = pool.submit(remove)
            while not room_log.is_waited_for():
                assert not removing.done()
        removing.result()
    assert not Stream.objects.filter(pk=stream.pk).exists()
    assert not ChatMessage.objects.filter(stream=stream.pk).exists()
