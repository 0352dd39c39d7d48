"""Lines of past shows: found once the show is over, at their moment, and never what not everybody may read."""

from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import User
from search import lines
from search.models import IndexedShow, Line
from streams.models import ChatMessage, Stream
from tests import factories

pytestmark = pytest.mark.django_db

ALL = slice(0, 100)


def said(show: Stream, text: str, **facts: object) -> ChatMessage:
    """A line as if somebody had said it while the show was on."""
    usual = {"author": "visitor:x", "name": "Noa", "seq": show.messages.count() + 1, "created_at": show.started_at}
    return ChatMessage.objects.create(stream=show, text=text, **(usual | facts))


def found(text: str) -> list[str]:
    return [line.text for line in lines.find(text, ALL).rows]


@pytest.fixture
def show(creator: User) -> Stream:
    return factories.stream(creator, "live", title="An evening at the pottery")


def end(show: Stream) -> None:
    show.end()
    lines.index_ended()


@pytest.mark.everywhere
def test_a_line_leads_to_its_moment_once_the_show_is_over(show: Stream) -> None:
    moment = (show.started_at or show.created_at) + timedelta(seconds=125)
    said(show, "Is the teapot dishwasher-safe?", created_at=moment)
    assert found("teapot") == []
    end(show)
    (line,) = factories.client().get("/api/search/lines?q=teapot").json()["data"]
    assert line["message"] == "Is the teapot dishwasher-safe?"
    assert (line["at"], line["url"]) == (125, f"/watch/{show.pk}/#t=125")
    assert line["sessionTitle"] == show.title
    assert factories.client().get("/api/search?q=teapot").json()["counts"]["lines"] == 1


@pytest.mark.everywhere
def test_what_not_everybody_may_read_is_not_found(show: Stream) -> None:
    removed, erased = said(show, "Vile teapot"), said(show, "Secret teapot")
    said(show, "Spam teapot", shadowed=True)
    said(show, "Nice teapot")
    removed.hide()
    end(show)
    assert sorted(found("teapot")) == ["Nice teapot", "Secret teapot"]
    erased.erase()
    assert found("teapot") == ["Nice teapot"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL alone has an index")
class TestIndex:
    def test_nothing_of_what_is_erased_or_removed_stays_in_it(self, show: Stream) -> None:
        erased, removed, kept = said(show, "Secret"), said(show, "Vile"), said(show, "Nice")
        end(show)
        assert Line.objects.count() == 3
        erased.erase()
        removed.hide()
        assert [line.message_id for line in Line.objects.all()] == [kept.pk]
        ChatMessage.objects.filter(pk=removed.pk).update(deleted=False)  # the removal is undone
        assert found("vile") == ["Vile"]
        ChatMessage.objects.filter(pk=kept.pk).update(shadowed=True)
        assert found("nice") == []

    def test_a_long_show_is_taken_in_by_parts(self, show: Stream, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(lines, "LINES_AT_ONCE", 2)
        for number in range(5):
            said(show, f"Line {number}")
        end(show)
        assert Line.objects.count() == 5
        assert IndexedShow.objects.get().upto == 5

    def test_what_came_late_is_settled_later(self, show: Stream) -> None:
        early = said(show, "Early")
        end(show)
        said(show, "Late")
        Line.objects.create(message=said(show, "Gone", deleted=True, seq=1), words="gone:1")
        lines.settle()
        assert sorted(found("late") + found("early")) == ["Early", "Late"]
        assert Line.objects.count() == 2
        show.remove()
        assert not Line.objects.filter(message=early.pk).exists()

    def test_writing_costs_chat_no_query_more(self, show: Stream, django_assert_num_queries: object) -> None:
        with django_assert_num_queries(2):  # type: ignore[operator]  # the helper counts lines by the first
            said(show, "Hello")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT tgtype::int & 4 FROM pg_trigger WHERE tgrelid = 'streams_chatmessage'::regclass "
                "AND NOT tgisinternal"
            )
            assert all(on_insert == 0 for (on_insert,) in cursor.fetchall())
