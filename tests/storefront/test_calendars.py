"""A show can be taken into a calendar, and its page and the shop's front count down to it."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from storefront import calendars
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def unfolded(client: Client, path: str) -> dict[str, str]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    lines = answer.content.split(b"\r\n")
    assert max(map(len, lines)) <= calendars.LINE
    whole = re.sub("\r\n ", "", answer.content.decode())
    assert "\n" not in whole.replace("\r\n", "")
    return dict(line.split(":", 1) for line in reversed(whole.splitlines()))


def test_a_show_with_a_time_is_taken_into_a_calendar(client: Client, creator: User) -> None:
    show = factories.stream(
        creator,
        title="Tee; Kännchen, \\ " + "🫖" * 40,
        description="One\r\nEND:VEVENT\nTwo\x07",
        starts_at=datetime(2030, 7, 1, 18, tzinfo=UTC),
        time_zone="Europe/Berlin",
    )
    entry = unfolded(client, f"/watch/{show.pk}/show.ics")
    assert (entry["DTSTART"], entry["DTEND"]) == ("20300701T180000Z", "20300701T190000Z")
    assert entry["SUMMARY"] == "Tee\\; Kännchen\\, \\\\ " + "🫖" * 40
    assert entry["UID"].startswith(str(show.pk))
    assert entry["URL"] == f"http://testserver/watch/{show.pk}/"


def test_there_is_none_without_a_time_or_of_a_rehearsal(client: Client, creator: User) -> None:
    timeless = factories.stream(creator)
    hidden = factories.stream(creator, starts_at=timezone.now(), rehearsal=True)
    for show in (timeless, hidden):
        assert client.get(f"/watch/{show.pk}/show.ics").status_code == 404


def test_pages_say_when_the_next_show_begins_and_that_it_is_late(client: Client, creator: User) -> None:
    show = factories.stream(creator, starts_at=timezone.now() + timedelta(hours=2), cover="/static/tea.jpg")
    for path in ("/", f"/watch/{show.pk}/"):
        page = client.get(path).content.decode()
        assert f'data-countdown="{show.starts_at:%Y-%m-%dT%H:%M}' in page
        assert "Starts late" not in page
        assert '<img class="cover" src="/static/tea.jpg"' in page
    show.revise(starts_at=datetime(2030, 7, 1, 18, tzinfo=UTC), time_zone="Asia/Tokyo")
    assert "2 Jul 2030, 03:00 Asia/Tokyo" in client.get("/").content.decode()
    show.revise(starts_at=factories.ago(1))
    for path in ("/", f"/watch/{show.pk}/"):
        assert "Starts late" in client.get(path).content.decode()


def test_a_rehearsal_has_a_page_for_a_few_and_stands_on_no_other(client: Client, creator: User) -> None:
    show = factories.stream(creator, title="Tried out", rehearsal=True)
    assert client.get(f"/watch/{show.pk}/").status_code == 404
    assert "Tried out" not in client.get("/").content.decode()
    client.force_login(creator)
    page = client.get(f"/watch/{show.pk}/").content.decode()
    assert "Rehearsal" in page
    assert "data-remind" not in page
    assert "Tried out" not in client.get("/").content.decode()
    assert "Open to everybody" in client.get(f"/studio/{show.pk}/").content.decode()
