"""Who wants to be reminded of a show is mailed once before it begins, and no more if they say so."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone

from accounts.models import User
from streams import mail, tasks
from streams.models import Reminder, Stream, reminder
from tests import factories
from tests.mailbox import Mailbox, serving
from tests.streams.rest import refused, url

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def mailbox(settings: Any) -> Iterator[Mailbox]:
    with serving(settings) as found:
        yield found


@pytest.fixture(autouse=True)
def unlimited(settings: Any) -> None:
    settings.REST_RATES = settings.REST_RATES | {"reminder": ""}


def coming(creator: User, minutes: float = 10, **facts: Any) -> Stream:
    return factories.stream(creator, starts_at=timezone.now() + timedelta(minutes=minutes), **facts)


def ask(stream: Stream, by: User | None = None, **body: Any) -> Any:
    return factories.client(by).post(url(stream, "/reminder"), body)


def test_who_asked_is_mailed_once_shortly_before_it_begins(creator: User, mailbox: Mailbox) -> None:
    soon = coming(creator, title="Tea\r\nBcc: everybody@example.com", time_zone="Europe/Berlin")
    later = coming(creator, minutes=60)
    user, unconfirmed = factories.user(), factories.user()
    user.confirm_address()
    ask(soon, unconfirmed)
    for show in (soon, later):
        for _ in range(2):
            assert ask(show, email="Ann@example.com").status_code == 201
            assert ask(show, user).status_code == 201
    assert ask(soon, email="ann@EXAMPLE.com").status_code == 201
    assert tasks.remind() == 2
    assert tasks.remind() == 0
    assert sorted(sent["To"] for sent in mailbox.mails) == sorted(["Ann@example.com", user.email])
    sent = mailbox.mails[0]
    assert sent["Bcc"] is None
    assert sent["Subject"] == "Tea Bcc: everybody@example.com begins soon"
    assert f"https://shop.example/watch/{soon.pk}/" in sent.get_content()
    assert "(Europe/Berlin)" in sent.get_content()


def test_a_show_that_begins_before_its_time_is_told_of_at_once(creator: User, mailbox: Mailbox) -> None:
    show = coming(creator, minutes=600)
    ask(show, email="ann@example.com")
    assert tasks.remind() == 0
    show.change_status("live")
    assert tasks.remind() == 1
    assert mailbox.mails[0]["Subject"].endswith("has begun")


def test_nobody_is_reminded_of_what_is_over_or_long_late(creator: User, mailbox: Mailbox) -> None:
    over, late = coming(creator), coming(creator)
    for show in (over, late):
        ask(show, email="ann@example.com")
    over.change_status("live")
    over.end()
    late.revise(starts_at=factories.ago(61))
    assert tasks.remind() == 0


def test_a_mail_that_could_not_be_sent_is_tried_again_and_not_for_ever(
    creator: User, mailbox: Mailbox, settings: Any
) -> None:
    ask(coming(creator), email="ann@example.com")
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    tasks.remind()
    assert Reminder.objects.get().sent_at is None
    settings.EMAIL_PORT = port
    assert tasks.remind() == 1
    assert len(mailbox.mails) == 1
    Reminder.objects.update(sent_at=None, tries=reminder.MAX_TRIES)
    assert tasks.remind() == 0


def test_two_who_send_at_once_send_one(creator: User) -> None:
    ask(coming(creator), email="ann@example.com")
    first, second = (Reminder.objects.get() for _ in range(2))
    assert [first.claim(), second.claim()] == [True, False]


def test_the_link_in_the_mail_ends_all_reminders_of_the_address(
    creator: User, mailbox: Mailbox, client: Client
) -> None:
    soon, later = coming(creator), coming(creator, minutes=60)
    for show in (soon, later):
        ask(show, email="ann@example.com")
        ask(show, email="bob@example.com")
    tasks.remind()
    sent = next(each for each in mailbox.mails if each["To"] == "ann@example.com")
    link = re.search(r"https://shop\.example(/reminders/[^\s]+)", sent.get_content())
    assert link is not None
    assert client.get(link[1]).status_code == 200
    assert Reminder.objects.filter(email="ann@example.com").count() == 2
    assert "No more reminders" in client.post(link[1]).content.decode()
    assert set(Reminder.objects.values_list("email", flat=True)) == {"bob@example.com"}
    assert client.get(link[1]).status_code == 404


def test_a_mail_program_unsubscribes_by_one_click(creator: User, mailbox: Mailbox) -> None:
    ask(coming(creator), email="ann@example.com")
    tasks.remind()
    header = mailbox.mails[0]["List-Unsubscribe"]
    path = header.strip().strip("<>").removeprefix("https://shop.example")
    body = "List-Unsubscribe=One-Click"
    answer = Client(enforce_csrf_checks=True).post(path, body, content_type="application/x-www-form-urlencoded")
    assert answer.status_code == 200
    assert not Reminder.objects.exists()
    for wrong in (path, "/api/reminders/1/unsubscribe", f"/api/reminders/1.{'x' * 43}/unsubscribe"):
        assert factories.client().post(wrong).status_code == 404


def test_who_is_logged_in_changes_their_mind_on_the_page(creator: User) -> None:
    show, user = coming(creator), factories.user()
    ask(show, user)
    assert factories.client(user).delete(url(show, "/reminder")).status_code == 200
    assert not Reminder.objects.exists()
    assert factories.client().delete(url(show, "/reminder")).status_code == 403


@pytest.mark.parametrize("email", ["", "ann", "ann@", "a@b.c\n", "\0@example.com", "a" * 250 + "@example.com", 7, None])
def test_a_guest_needs_an_address(creator: User, email: Any) -> None:
    assert ask(coming(creator), email=email).status_code == 400
    assert not Reminder.objects.exists()


def test_a_show_that_has_begun_reminds_nobody_more(creator: User) -> None:
    assert refused(ask(factories.stream(creator, "live"), email="ann@example.com"))[0] == 400


def test_how_many_are_reminded_is_bounded_per_show_and_per_address(
    creator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reminder, "MAX_REMINDERS", 2)
    monkeypatch.setattr(reminder, "MAX_OF_ADDRESS", 1)
    show, other = coming(creator), coming(creator)
    assert ask(show, email="ann@example.com").status_code == 201
    assert refused(ask(other, email="ann@example.com"))[0] == 400
    assert ask(show, email="bob@example.com").status_code == 201
    assert refused(ask(show, email="eve@example.com"))[0] == 400


def test_requests_are_limited_by_address(creator: User, settings: Any) -> None:
    settings.REST_RATES = settings.REST_RATES | {"reminder": "1/hour"}
    cache.clear()
    show = coming(creator)
    assert [ask(show, email="ann@example.com").status_code for _ in range(2)] == [201, 429]


def test_old_reminders_are_forgotten(creator: User) -> None:
    show = coming(creator)
    for name in ("ann", "bob"):
        ask(show, email=f"{name}@example.com")
    Reminder.objects.filter(email="ann@example.com").update(sent_at=timezone.now() - timedelta(days=8))
    assert Reminder.objects.forget() == 1
    assert Reminder.objects.get().email == "bob@example.com"


def test_when_a_show_begins_is_said_by_its_hosts_clock(creator: User) -> None:
    show = factories.stream(creator, starts_at=datetime.fromisoformat("2030-01-01T19:00:00+00:00"))
    assert mail.when(show) == "1 January 2030, 19:00 (UTC)"
    show.time_zone = "Asia/Kathmandu"
    assert mail.when(show) == "2 January 2030, 00:45 (Asia/Kathmandu)"
