"""Reactions between the moment they are shown and the moment they are counted."""

import asyncio
import uuid
from typing import Any

import pytest
from django.core.exceptions import ObjectDoesNotExist, ValidationError
from django.db import OperationalError

from realtime import database
from realtime.broker import publisher
from streams import reactions
from streams.models import ReactionTotal
from tests import sockets

pytestmark = pytest.mark.usefixtures("live_db")


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
        await reactions.react(show.stream.pk, kind)
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
        await reactions.react(uuid.uuid4(), "heart")
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


async def test_of_too_many_kinds_that_wait_some_are_only_shown(
    show: sockets.Show, published: list[Any], latest: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reactions, "MAX_KINDS", 2)
    await react(show, "heart", "fire", "clap", "heart")
    assert reactions._buffers().buffers[show.stream.pk].to_count == {"heart": 2, "fire": 1}
    assert '"clap"' in published[0].body
