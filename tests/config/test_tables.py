"""No table grows without a bound, and what can be pruned is."""

from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.utils import timezone

from analytics.models import CartAdd, ProductClick, ReactionMinute, ReplayClick, ShowcaseChange, StreamView
from config import jobs, rate_limits, tables
from realtime import event_log, periodic, rooms
from realtime.models import Room, RoomEvent
from realtime.storage import pruning
from shopping.models import CartOperation, ShoppingSession
from signaling.models import Call
from streams.events import shows
from streams.models.like import Like, LikeOperation
from tests import factories
from tests.shopping.test_sessions import opened

FILLED_BY_ANYONE = [label for label, table in tables.TABLES.items() if table.by == tables.ANYONE]


def test_every_table_is_listed() -> None:
    assert {model._meta.label for model in apps.get_models() if "tests" not in model.__module__} == {*tables.TABLES}


@pytest.mark.parametrize("label", FILLED_BY_ANYONE)
def test_what_anyone_can_fill_is_bounded_by_address(label: str) -> None:
    bounds = tables.TABLES[label].bounds
    assert bounds
    for bound in bounds:
        kind, _, name = bound.rpartition(" ")
        assert name in rate_limits.REST if kind else {"address", "room-address"} & {*rate_limits.LIMITS[name]}, bound


def test_what_is_listed_exists() -> None:
    for table in tables.TABLES.values():
        assert {job for job in table.job.split(", ") if job} <= {*periodic._jobs}
        quotas = {bound.removeprefix("quota ") for bound in table.bounds if bound.startswith("quota ")}
        assert quotas <= {*rate_limits.QUOTAS}


# --- the jobs that prune


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pruning, "CHUNK", 2)


def backdate(rows: Any, field: str, **ago: float) -> None:
    rows.update(**{field: timezone.now() - timedelta(**ago)})


@pytest.mark.usefixtures("db", "small_chunks")
def test_old_figures_are_forgotten_and_newer_ones_are_not() -> None:
    creator = factories.user("creator")
    stream, product = factories.stream(creator, "live"), factories.product(creator)
    kept = int(settings.HISTORY_KEPT.days)
    for days in [kept + 1] * 5 + [kept - 1, 0]:
        moment = timezone.now() - timedelta(days=days)
        StreamView.objects.create(stream=stream, viewer="v", connection="c", role="subscriber", left_at=moment)
        ProductClick.objects.create(stream=stream, product=product, viewer="v", at=moment)
        ReplayClick.objects.create(stream=stream, product=product, viewer="v", at=moment)
        CartAdd.objects.create(stream=stream, product=product, viewer="v", at=moment, quantity=1)
        ReactionMinute.objects.create(stream=stream, minute=moment, kind="heart", count=1)
        ShowcaseChange.objects.create(stream=stream, product=product, at=moment)
        Call.objects.create(match_name="m", caller="a", callee="b", ended_at=moment, ending="user_hangup")
    StreamView.objects.create(stream=stream, viewer="v", connection="c", role="subscriber")  # is still watching
    jobs.prune_history()
    facts = (ProductClick, ReplayClick, CartAdd, ReactionMinute, ShowcaseChange, Call)
    assert [model.objects.count() for model in (StreamView, *facts)] == [3, 2, 2, 2, 2, 2, 2]


@pytest.mark.usefixtures("db")
def test_figures_are_kept_for_ever_where_the_operator_says_so(settings: Any) -> None:
    settings.HISTORY_KEPT = timedelta(0)
    Call.objects.create(match_name="m", caller="a", callee="b", ended_at=factories.ago(10**6), ending="user_hangup")
    jobs.prune_history()
    assert Call.objects.exists()


@pytest.mark.usefixtures("db", "small_chunks")
def test_operations_are_kept_as_long_as_they_may_be_sent_again() -> None:
    stream = factories.stream(factories.user("creator"), "live")
    for op in range(6):
        Like.objects.toggle(stream, "visitor:1", str(op))
    backdate(LikeOperation.objects.exclude(op="5"), "at", hours=25)
    (ann,) = opened("Ann")
    for seq in range(1, 7):
        CartOperation.objects.create(session=ann.session, op_id=str(seq), seq=seq)
    backdate(CartOperation.objects.all(), "at", hours=2)
    jobs.prune_operations()
    assert LikeOperation.objects.get().op == "5"
    assert CartOperation.objects.get().seq == 6  # which event told the cart last


@pytest.mark.usefixtures("db", "small_chunks")
def test_a_party_keeps_only_what_can_be_resumed(settings: Any) -> None:
    settings.RECOVERY_EVENTS = 5
    (ann,) = opened("Ann")
    show = factories.stream(factories.user("creator"), "live")
    for n in range(12):
        ann.sync({"eventType": "NAVIGATE", "n": n})
        with event_log.transaction():
            rooms.find(show.room_key).tell(shows.Paused(stream_id=str(n)))
    stored: models.QuerySet[RoomEvent] = RoomEvent.objects.filter(room__key=ann.room_key)
    rooms.trim()
    assert stored.count() == 12  # a process may not have delivered them yet
    backdate(RoomEvent.objects.all(), "at", minutes=2)
    rooms.trim()
    assert [event.seq for event in stored.order_by("seq")] == [8, 9, 10, 11, 12]
    assert Room.objects.get(key=ann.room_key).seq == 12
    assert RoomEvent.objects.filter(room__key=show.room_key).count() > 12


@pytest.mark.usefixtures("db")
def test_an_ended_session_leaves_nothing_of_what_its_creator_said() -> None:
    (ann,) = opened("Ann")
    ShoppingSession.objects.update(metadata={"note": "x"})
    session = ShoppingSession.objects.get(pk=ann.session_id)
    session.end()
    session.refresh_from_db()
    assert session.metadata == {}
