"""Staff look after endpoints in the admin, and after what could not be delivered."""

from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from tests import factories
from tests.webhooks.receiver import Receiver, endpoint
from webhooks import outbox, sending
from webhooks.kinds import Kind
from webhooks.models import Delivery, Endpoint
from webhooks.models import endpoint as endpoints

pytestmark = pytest.mark.django_db

ENDPOINTS, DELIVERIES = "/admin/webhooks/endpoint/", "/admin/webhooks/delivery/"
FORM = {"url": "https://hooks.example/a?b=c", "description": "Ours", "kinds": ["show.started"], "is_active": "on"}


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def admin() -> Client:
    return entering("admin")


def entering(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def act(client: Client, page: str, action: str, *rows: Any) -> str:
    chosen = {"action": action, "_selected_action": [row.pk for row in rows]}
    return client.post(page, chosen, follow=True).content.decode()


def test_an_endpoint_is_made_with_a_secret_of_its_own(admin: Client) -> None:
    assert admin.post(ENDPOINTS + "add/", FORM).status_code == 302
    made = Endpoint.objects.get()
    assert (made.url, made.kinds, made.is_active) == (FORM["url"], ["show.started"], True)
    page = admin.get(f"{ENDPOINTS}{made.pk}/change/").content.decode()
    assert made.secret in page
    assert made.secret.startswith("whsec_")


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example/",
        "ftp://hooks.example/",
        "https://",
        "https://user:secret@hooks.example/",
        "https://hooks.example/#a",
        "https://hooks.example/a b",
        "https://hooks.example/\u00e4",
        "https://hooks.example/?\u00e4",
        "https://[hooks.example/",
        "https://hooks.example:x/",
        "javascript:alert(1)",
    ],
)
def test_an_address_that_is_none_is_refused(admin: Client, settings: Any, url: str) -> None:
    settings.DEBUG = False
    assert admin.post(ENDPOINTS + "add/", FORM | {"url": url}).status_code == 200
    assert not Endpoint.objects.exists()


def test_there_are_not_too_many_and_only_for_events_that_there_are(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert admin.post(ENDPOINTS + "add/", FORM | {"kinds": ["no.such"]}).status_code == 200
    monkeypatch.setattr(endpoints, "MAX_ENDPOINTS", 1)
    for _ in range(2):
        admin.post(ENDPOINTS + "add/", FORM)
    assert Endpoint.objects.count() == 1
    assert admin.post(f"{ENDPOINTS}{Endpoint.objects.get().pk}/change/", FORM).status_code == 302


def test_a_test_event_and_a_new_secret_are_had_by_actions(admin: Client, receiver: Receiver) -> None:
    to = endpoint(receiver, Kind.SHOW_ENDED)
    assert "1 test event will be sent" in act(admin, ENDPOINTS, "send_test", to)
    sending.send_all(to.pk)
    assert receiver.verified(to)[0]["type"] == "webhook.test"
    act(admin, ENDPOINTS, "renew_secret", to)
    assert Endpoint.objects.get().secret != to.secret


def test_a_dead_letter_is_sent_again_by_an_action(admin: Client) -> None:
    endpoint("https://hooks.example/")
    outbox.add(Kind.SHOW_STARTED, "show:1", {"title": "<b>Tea</b>"})
    Delivery.objects.update(status="dead", tries=10, last_error="it answered 500")
    dead = Delivery.objects.get()
    assert "it answered 500" in admin.get(DELIVERIES).content.decode()
    assert "&lt;b&gt;Tea" in admin.get(f"{DELIVERIES}{dead.pk}/change/").content.decode()
    assert "1 event will be sent again" in act(admin, DELIVERIES, "send_again", dead)
    assert Delivery.objects.get().status == "waiting"


def test_what_was_switched_off_says_so_on_the_front_page_and_begins_anew_when_it_is_on(admin: Client) -> None:
    to = endpoint("https://hooks.example/")
    to.switch_off("it answered that it is gone (410)")
    for page in ("/admin/", ENDPOINTS):
        assert "it answered that it is gone (410)" in admin.get(page).content.decode()
    admin.post(f"{ENDPOINTS}{to.pk}/change/", FORM)
    assert "(410)" not in admin.get("/admin/").content.decode()


def test_staff_read_what_was_sent_and_see_no_secret() -> None:
    to = endpoint("https://hooks.example/")
    to.switch_off("a test")
    outbox.add(Kind.SHOW_STARTED, "show:1", {})
    staff = entering("staff")
    assert staff.get(DELIVERIES).status_code == 200
    assert staff.get(ENDPOINTS).status_code == 403
    assert "a test" not in staff.get("/admin/").content.decode()
    assert staff.post(DELIVERIES, {"action": "send_again", "_selected_action": [1]}).status_code in (200, 302, 403)
    assert not Delivery.objects.filter(tries=0, settled_at=None).exclude(status="waiting").exists()


def test_a_command_sends_a_test_event_and_says_what_became_of_it(receiver: Receiver, capsys: Any) -> None:
    to = endpoint(receiver)
    call_command("test_webhook", str(to.pk))
    assert "answered 200" in capsys.readouterr().out
    receiver.answer = lambda came: 500
    with pytest.raises(CommandError, match="it answered 500"):
        call_command("test_webhook", to.url)
    with pytest.raises(CommandError, match="no such endpoint"):
        call_command("test_webhook", "https://elsewhere.example/")
