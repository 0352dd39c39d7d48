"""A show says when it begins, in which language it is, and how it looks; and whether it is late."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import User
from streams.models import Stream
from tests import factories
from tests.streams.rest import refused, url

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def scheduled(by: User, **facts: Any) -> dict[str, Any]:
    answer = factories.client(by).post("/api/sessions", {"title": "Tea", **facts})
    assert answer.status_code == 201, answer.content
    return dict(answer.json()["data"])


def test_a_show_says_when_it_begins_how_it_looks_and_in_which_language_it_is(creator: User) -> None:
    facts = {"timeZone": "Europe/Berlin", "cover": "https://img.example/tea.jpg", "language": "de"}
    shown = scheduled(creator, startsAt="2030-07-01T20:00:00+02:00", **facts)
    assert shown == shown | facts | {"startsAt": "2030-07-01T18:00:00.000Z", "startsLate": False, "rehearsal": False}


def test_a_time_without_an_offset_is_one_of_the_shows_own_zone(creator: User) -> None:
    shown = scheduled(creator, startsAt="2030-01-01T20:00", timeZone="America/New_York")
    assert shown["startsAt"] == "2030-01-02T01:00:00.000Z"
    changed = factories.client(creator).patch(f"/api/sessions/{shown['id']}", {"startsAt": "2030-07-01T20:00"})
    assert changed.json()["data"]["startsAt"] == "2030-07-02T00:00:00.000Z"
    assert scheduled(creator, startsAt="2030-01-01T20:00")["startsAt"] == "2030-01-01T20:00:00.000Z"
    cleared = factories.client(creator).patch(f"/api/sessions/{shown['id']}", {"startsAt": "", "timeZone": ""})
    assert (cleared.json()["data"]["startsAt"], cleared.json()["data"]["timeZone"]) == (None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"startsAt": "soon"},
        {"startsAt": "1999-01-01T00:00Z"},
        {"startsAt": "9999-12-31T23:59:59-14:00"},
        {"startsAt": "0001-01-01T00:00"},
        {"startsAt": 10**30},
        {"timeZone": "Atlantis/Capital"},
        {"timeZone": "\0"},
        {"timeZone": "../../etc/passwd"},
        {"language": "d e"},
        {"cover": "javascript:alert(1)"},
        {"rehearsal": "perhaps"},
    ],
    ids=str,
)
def test_what_is_no_time_zone_language_or_picture_is_refused(creator: User, wrong: dict[str, Any]) -> None:
    answer = factories.client(creator).post("/api/sessions", {"title": "Tea", **wrong})
    assert answer.status_code == 400
    assert not Stream.objects.exists()


def test_a_show_that_has_not_begun_at_its_time_is_late(creator: User) -> None:
    late = factories.stream(creator, starts_at=timezone.now() - timedelta(seconds=1))
    early = factories.stream(creator, starts_at=timezone.now() + timedelta(hours=1))
    client = factories.client()
    assert [client.get(url(show)).json()["data"]["startsLate"] for show in (late, early)] == [True, False]
    late.change_status("live")
    assert client.get(url(late)).json()["data"]["startsLate"] is False


def test_the_next_show_comes_first_and_those_without_a_time_last(creator: User) -> None:
    now = timezone.now()
    some_day = factories.stream(creator)
    later, sooner = (factories.stream(creator, starts_at=now + timedelta(hours=hours)) for hours in (5, 1))
    late = factories.stream(creator, starts_at=now - timedelta(hours=1))
    forgotten = factories.stream(creator, starts_at=now - timedelta(days=3))
    assert list(Stream.objects.upcoming()) == [late, sooner, later, forgotten, some_day]


def test_those_who_watch_are_told_of_another_time(creator: User) -> None:
    show = factories.stream(creator)
    show.revise(starts_at=datetime(2030, 1, 1, 20, tzinfo=UTC), time_zone="Europe/Paris")
    told = factories.told(show.room_key)[-1]
    assert (told["starts_at"], told["time_zone"]) == ("2030-01-01T20:00:00.000Z", "Europe/Paris")


def test_a_show_stays_a_rehearsal_or_none(creator: User) -> None:
    show = factories.stream(creator)
    answer = factories.client(creator).patch(url(show), {"rehearsal": True})
    assert refused(answer)[0] == 400
    assert factories.client(creator).patch(url(show), {"rehearsal": False, "title": "Mugs"}).status_code == 200
