"""The admin shows what waits in all shows and what was done, and does and undoes it by the same verbs."""

from typing import Any

import pytest
from django.test import Client

from streams.models import Stream
from streams.models.desk_lines import report
from tests import factories
from tests.streams.desks import desk, held, said

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def client(db: None) -> Client:
    client = Client()
    client.force_login(factories.user("moderator"))
    return client


def act(client: Client, page: str, action: str, row: Any) -> Any:
    path = f"/admin/streams/{page}/"
    assert client.get(f"{path}{row.pk}/change/").status_code == 200
    return client.post(path, {"action": action, "_selected_action": [str(row.pk)]}, follow=True)


def test_held_messages_are_allowed_and_refused(live: Stream, client: Client) -> None:
    one, other = held(live, "one"), held(live, "other")
    act(client, "heldmessage", "allow", one)
    act(client, "heldmessage", "refuse", other)
    assert [message.text for message in live.messages.visible()] == ["one"]
    answer = act(client, "heldmessage", "allow", other)
    assert b"Message not found" in answer.content


def test_reported_messages_are_removed_or_reports_dismissed(live: Stream, client: Client) -> None:
    one, other = said(live, "one"), said(live, "other")
    first, second = report(one, factories.identity()), report(other, factories.identity())
    act(client, "report", "remove_reported", first)
    act(client, "report", "dismiss", second)
    assert [message.text for message in live.messages.visible()] == ["other"]
    assert not live.reports.open().exists()


def test_acts_are_read_and_taken_back(live: Stream, client: Client) -> None:
    done = desk(live).set_rules(frozen=True)
    answer = act(client, "moderationact", "undo", done)
    assert b"1 act undone" in answer.content
    live.refresh_from_db()
    assert not live.frozen


def test_rules_that_are_changed_in_the_admin_are_acts(live: Stream) -> None:
    admin = Client()
    admin.force_login(factories.user("admin"))
    path = f"/admin/streams/stream/{live.pk}/change/"
    page = admin.get(path)
    initial = page.context["adminform"].form.initial
    fields = {name: value for name, value in initial.items() if value is not None and value is not False}
    inlines = {
        f"{inline.formset.prefix}-{name}": "0"
        for inline in page.context["inline_admin_formsets"]
        for name in ("TOTAL_FORMS", "INITIAL_FORMS", "MIN_NUM_FORMS", "MAX_NUM_FORMS")
    }
    answer = admin.post(path, fields | inlines | {"frozen": "on"})
    assert answer.status_code == 302, answer.context["errors"]
    live.refresh_from_db()
    assert live.frozen
    assert live.acts.get().details["after"]["frozen"] is True
