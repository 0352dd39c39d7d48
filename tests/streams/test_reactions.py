"""Reactions between the moment they are shown and the moment they are counted."""

import asyncio
import uuid
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.db import OperationalError

from realtime import database
from realtime.broker import publisher
from realtime.models import Restriction
from streams import reactions
from streams.models import ReactionTotal
from tests import factories, sockets

pytestmark = pytest.mark.usefixtures("live_db")

GUEST = factories.identity()


@pytest.fixture
async def buffers(live_db: None) -> reactions.ReactionBuffers:
    """Empties the buffers of other tests."""
    kept = reactions._buffers()
    kept.buffers.clear()
    return kept


@pytest.fixture
def show() -> sockets.Show:
    return sockets.make_show()


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[publisher.Notification]:
    """The notifications that were published at once."""
    notifications: list[publisher.Notification] = []
    monkeypatch.setattr(publisher, "publish", notifications.extend)
    return notifications


@pytest.fixture
def latest(monkeypatch: pytest.MonkeyPatch) -> dict[publisher.Topic, publisher.ReadLatest]:
    """The readings that were asked for, which the test takes when it wants to."""
    asked: dict[publisher.Topic, publisher.ReadLatest] = {}
    monkeypatch.setattr(publisher, "publish_latest", asked.update)
    return asked


async def react(show: sockets.Show, *kinds: str) -> None:
    for kind in kinds:
        await reactions.react(show.stream.pk, kind, GUEST)
    await asyncio.sleep(0)


async def totals(show: sockets.Show) -> dict[str, int]:
    return await database.in_db(ReactionTotal.objects.of, show.stream.pk)


async def test_those_of_one_turn_are_shown_together_and_counted_in_one_statement(
    show: sockets.Show, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    await react(show, "heart", "heart", "fire")
    assert ['"kinds":["heart","heart","fire"]' in notification.body for notification in published] == [True]
    [take] = latest.values()
    assert '"counts":{"fire":1,"heart":2}' in (await database.in_db(take)).body
    assert await totals(show) == {"heart": 2, "fire": 1}


async def test_what_the_database_did_not_take_is_counted_later(
    show: sockets.Show, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise OperationalError("the database is away")

    await react(show, "heart")
    [take] = latest.values()
    with monkeypatch.context() as away:
        away.setattr(type(ReactionTotal.objects.all()), "add", fail)
        with pytest.raises(OperationalError):
            await database.in_db(take)
    await react(show, "heart")
    await database.in_db(take)
    await database.in_db(take)
    assert await totals(show) == {"heart": 2}


async def test_a_show_that_was_deleted_takes_its_reactions_with_it(
    show: sockets.Show, published: list[Any], latest: Any
) -> None:
    await react(show, "heart")
    await database.in_db(show.stream.remove)
    [take] = latest.values()
    assert '"counts":{}' in (await database.in_db(take)).body


async def test_nobody_reacts_to_no_show(buffers: reactions.ReactionBuffers) -> None:
    with pytest.raises(ObjectDoesNotExist):
        await reactions.react(uuid.uuid4(), "heart", GUEST)
    assert not buffers.buffers


async def test_the_end_of_a_show_is_noticed(
    show: sockets.Show, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "RECHECK_AFTER", 0.0)
    await react(show, "heart")
    await database.in_db(show.stream.end)
    with pytest.raises(ValidationError, match="This session has ended"):
        await react(show, "heart")


async def test_a_show_is_asked_for_once_in_a_while_and_not_for_each_reaction(
    show: sockets.Show, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "RECHECK_AFTER", 60.0)
    await react(show, "heart")
    monkeypatch.setattr(database, "in_db", None)
    await react(show, "heart", "fire")
    assert reactions._buffers().buffers[show.stream.pk].to_count == {"heart": 2, "fire": 1}


async def test_shows_nobody_reacts_to_any_more_are_forgotten_once_counted(
    buffers: reactions.ReactionBuffers, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "MAX_BUFFERS", 1)
    first, second, third = [await database.in_db(sockets.make_show) for _ in range(3)]
    await react(first, "heart")
    await react(second, "heart")
    assert list(buffers.buffers) == [first.stream.pk, second.stream.pk]
    for take in list(latest.values()):
        await database.in_db(take)
    await react(third, "heart")
    assert list(buffers.buffers) == [second.stream.pk, third.stream.pk]


async def test_a_show_has_its_own_reactions_and_no_others(
    show: sockets.Show, published: list[Any], latest: Any
) -> None:
    for number in range(60):
        with pytest.raises(ValidationError, match="no such reaction"):
            await react(show, f"kind-{number}")
    await react(show, "heart")
    assert not published[1:]
    [take] = latest.values()
    assert '"counts":{"heart":1}' in (await database.in_db(take)).body


async def test_whoever_may_not_be_noticed_does_not_react(show: sockets.Show, published: list[Any], latest: Any) -> None:
    """What was remembered refuses nobody by itself: a restriction may have been lifted a moment ago."""
    guest, muted = factories.identity(), factories.identity()
    restriction = await database.in_db(Restriction.objects.mute, muted.key, show.key)
    with pytest.raises(PermissionDenied):
        await reactions.react(show.stream.pk, "heart", muted)
    await reactions.react(show.stream.pk, "heart", guest)
    await database.in_db(Restriction.objects.filter(pk=restriction.pk).delete)
    await reactions.react(show.stream.pk, "heart", muted)


@pytest.mark.parametrize("rule", [{"guest_chat": False}, {"account_minutes": 10}], ids=str)
async def test_a_show_that_is_closed_to_guests_shows_no_reaction_of_theirs(
    rule: dict[str, Any], published: list[Any], latest: Any
) -> None:
    show = await database.in_db(lambda: sockets.make_show(**rule))
    with pytest.raises(PermissionDenied):
        await react(show, "heart")
    await reactions.react(show.stream.pk, "heart", factories.identity(show.creator))
    shown = [note for note in published if isinstance(note, publisher.TransientEvent)]
    assert len(shown) == 1
