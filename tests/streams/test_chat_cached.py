"""Chat takes the show's row from a cache, and the transaction that stores a message checks its version."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext

from realtime import event_log
from realtime.adapters import postgres
from realtime.models import Restriction, Room
from streams.models import ChatMessage, Stream
from tests import factories
from tests.realtime import room_log

post = ChatMessage.objects.post
versioned = pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite's rows have no versions")


@pytest.fixture
def live(live_db: None) -> Iterator[Stream]:
    """It is committed, because no version is kept of a row that the reading transaction may have written itself."""
    stream = factories.stream(factories.user("creator"), "live")
    post(stream.pk, factories.identity(), "First")
    yield stream
    change(stream, status="ended", featured=False)


def change(stream: Stream, **facts: object) -> None:
    """As another process would: this one is not told."""
    Stream.objects.filter(pk=stream.pk).update(**facts)


@pytest.mark.skipif(not isinstance(postgres.executor(), postgres.OneMessage), reason="takes the plain road")
def test_a_message_is_one_statement(live: Stream) -> None:
    with CaptureQueriesContext(connection) as asked:
        post(live.pk, factories.identity(), "Second")
    statements = [query["sql"] for query in asked if "SAVEPOINT" not in query["sql"]]
    assert len([sql for sql in statements if "realtime_restriction" not in sql]) == 1
    assert live.messages.count() == 2


def test_a_message_is_refused_that_the_show_does_not_take_any_more(live: Stream) -> None:
    change(live, status="ended")
    with pytest.raises(ValidationError, match="ended"):
        post(live.pk, factories.identity(), "Late")
    assert live.messages.count() == 1


def test_a_message_is_taken_that_was_refused_before(live: Stream) -> None:
    change(live, guest_chat=False)
    with pytest.raises(PermissionDenied):
        post(live.pk, factories.identity(), "Too soon")
    change(live, guest_chat=True)
    post(live.pk, factories.identity(), "Now")


def test_a_show_that_was_deleted_is_not_served_from_the_cache(live: Stream) -> None:
    Stream.objects.filter(pk=live.pk).delete()
    with pytest.raises(Stream.DoesNotExist):
        post(live.pk, factories.identity(), "Anybody?")


def test_a_message_goes_to_the_lobby_from_the_moment_its_show_is_the_current_one(live: Stream) -> None:
    Stream.objects.filter(featured=True).update(featured=False)  # another test's, for there is only one
    assert not post(live.pk, factories.identity(), "Not yet").lobby_seq
    change(live, featured=True)
    assert post(live.pk, factories.identity(), "Now").lobby_seq


def test_of_two_messages_in_a_transaction_both_hear_of_a_change(live: Stream) -> None:
    """One relies on what is remembered, the other looks again: the first must not be refused by what was."""
    post(live.pk, factories.identity(), "Remembered")
    change(live, guest_chat=False)
    refused: list[str] = []

    @event_log.verb
    def both() -> None:
        refused.clear()
        for who in (factories.identity(), factories.identity(factories.user())):
            try:
                post(live.pk, who, who.name)
            except PermissionDenied:
                refused.append(who.name)

    both()
    assert len(refused) == 1
    assert live.messages.filter(user=None).count() == 2  # the first and the remembered


def test_outside_of_a_verb_no_cached_row_is_relied_on(live: Stream) -> None:
    """For nothing would run it again."""
    change(live, status="ended")
    with pytest.raises(ValidationError, match="ended"), event_log.transaction():
        post(live.pk, factories.identity(), "Late")


def in_the_meantime(live: Stream, act: Callable[[], None]) -> None:
    """Another connection says something in the show; `act` is done when it waits for the room, and then it goes on."""
    said = threading.Event()

    def speak() -> None:
        try:
            said.set()
            post(live.pk, factories.identity(), "In between")
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            Room.objects.lock(live.room_key)
            speaking = pool.submit(speak)
            assert said.wait()
            while not room_log.is_waited_for():
                assert not speaking.done()
            act()
        speaking.result()


@versioned
def test_a_message_that_waits_while_its_show_ends_is_refused(live: Stream) -> None:
    """It has passed every check, by a version of the show that is over when it gets its number."""
    with pytest.raises(ValidationError, match="ended"):
        in_the_meantime(live, live.end)
    facts = [fact["fact"] for fact in factories.told(live.room_key)]
    assert (facts[-1], facts.count("chatted")) == ("ended", 1)
    assert Room.objects.get(key=live.room_key).seq == len(facts)


@versioned
def test_a_message_that_waits_while_its_show_changes_is_posted(live: Stream) -> None:
    in_the_meantime(live, lambda: change(live, title="Another"))
    assert [message.text for message in live.messages.order_by("seq")] == ["First", "In between"]


def test_someone_restricted_is_refused_while_the_show_is_cached(live: Stream) -> None:
    who = factories.identity()
    post(live.pk, who, "Hello")
    Restriction.objects.mute(who.key, live.room_key)
    with pytest.raises(PermissionDenied):
        post(live.pk, who, "Hello again")
