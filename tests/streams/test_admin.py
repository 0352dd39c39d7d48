"""The admin changes shows, chat, goods and restrictions by the same verbs as the API, and reads the rest."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts import identity as identities
from accounts.models import User
from analytics.models import ProductClick, StreamView
from realtime.models import Presence, Restriction, Worker
from shopping.models import Product
from streams.models import ChatMessage, Listing, Stream
from tests import factories
from tests.streams import desks

pytestmark = pytest.mark.django_db

STREAMS, CHAT, PRODUCTS = "/admin/streams/stream/", "/admin/streams/chatmessage/", "/admin/shopping/product/"
RESTRICTIONS = "/admin/realtime/restriction/"
GUEST = identities.Identity(None, "a" * 32, label="Ada")


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


def entering(role: str = "admin") -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


def act(client: Client, path: str, action: str, *rows: Any) -> Any:
    return client.post(path, {"action": action, "_selected_action": [str(row.pk) for row in rows]})


@pytest.fixture
def one_of_each(live: Stream, product: Product, viewer: User) -> None:
    factories.listing(live, product)
    factories.reactions(live, "heart")
    ChatMessage.objects.post(live.pk, GUEST, "Hello")
    Restriction.objects.mute(GUEST.key, live.room_key)
    Worker.objects.create(id="w", alive_until=factories.ago(0))
    Presence.objects.create(room=live.room_key, worker="w", connection="c", identity=GUEST.key, role="subscriber")
    StreamView.objects.create(stream=live, user=viewer, viewer=f"user:{viewer.pk}", connection="c", role="subscriber")
    ProductClick.objects.create(stream=live, product=product, user=viewer, viewer=f"user:{viewer.pk}")


PAGES = [
    "streams/stream",
    "streams/chatmessage",
    "shopping/product",
    "realtime/restriction",
    "realtime/room",
    "realtime/roomevent",
    "realtime/presence",
    "realtime/worker",
    "analytics/streamview",
    "analytics/productclick",
]


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("page", PAGES)
def test_every_list_and_every_row_can_be_looked_at(page: str) -> None:
    client = entering()
    answer = client.get(f"/admin/{page}/?q=a")
    assert answer.status_code == 200
    rows = client.get(f"/admin/{page}/").context["cl"].result_list
    assert rows
    assert client.get(f"/admin/{page}/{rows[0].pk}/change/").status_code == 200


READ_ONLY = [
    page
    for page in PAGES
    if page.startswith("analytics") or page.split("/")[1] in {"room", "roomevent", "presence", "worker"}
]


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("page", READ_ONLY)
def test_what_the_server_writes_is_only_read(page: str) -> None:
    client = entering()
    pk = client.get(f"/admin/{page}/").context["cl"].result_list[0].pk
    assert client.get(f"/admin/{page}/add/").status_code == 403
    assert client.post(f"/admin/{page}/{pk}/change/", {}).status_code == 403
    assert client.post(f"/admin/{page}/{pk}/delete/", {"post": "yes"}).status_code == 403


@pytest.mark.parametrize(
    ("role", "pages"),
    [
        ("moderator", {"streams/stream", "streams/chatmessage", "realtime/restriction"}),
        ("staff", {*PAGES[:4], "analytics/streamview", "analytics/productclick"}),
    ],
)
def test_who_works_there_sees_what_the_role_is_for(role: str, pages: set[str]) -> None:
    client = entering(role)
    assert {page for page in PAGES if client.get(f"/admin/{page}/").status_code == 200} == pages


# --- the front page


@pytest.mark.usefixtures("one_of_each")
def test_technical_tables_stand_last_and_by_themselves() -> None:
    groups = {app["name"]: [model["object_name"] for model in app["models"]] for app in index("admin")}
    assert list(groups)[-1] == "Technical tables"
    technical = {"Room", "RoomEvent", "Presence", "Worker", "JobRun", "RefreshFamily", "Ticket", "DBTaskResult"}
    assert set(groups["Technical tables"]) == technical
    assert [app["name"] for app in index("moderator")] == ["Shows", "Shop", "People"]


def index(role: str) -> Any:
    return entering(role).get("/admin/").context["app_list"]


# --- names, and what becomes of rows that others lead to


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_lists_name_people_and_places_and_lead_to_them(live: Stream, viewer: User, role: str) -> None:
    Restriction.objects.ban(identities.user_key(viewer.pk))
    client = entering(role)
    restrictions = client.get(RESTRICTIONS).content.decode()
    assert f'href="{STREAMS}{live.pk}/change/">{live.title}</a>' in restrictions
    assert "guest aaaaaa" in restrictions
    assert "everywhere" in restrictions
    assert (f'href="/admin/accounts/user/{viewer.pk}/change/"' in restrictions) == (role != "moderator")
    assert viewer.username in restrictions
    chat = client.get(CHAT).content.decode()
    assert "Ada (guest aaaaaa)" in chat
    assert live.room_key not in restrictions.replace(f"{STREAMS}{live.pk}", "")


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("page", ["realtime/restriction", "streams/chatmessage", "analytics/streamview"])
def test_a_list_takes_as_many_queries_for_many_people_as_for_one(live: Stream, page: str) -> None:
    client = entering()
    with CaptureQueriesContext(connection) as few:
        client.get(f"/admin/{page}/")
    for user in [factories.user() for _ in range(5)]:
        key = identities.user_key(user.pk)
        ChatMessage.objects.post(live.pk, identities.Identity(user, ""), "Hello")
        Restriction.objects.mute(key, live.room_key)
        StreamView.objects.create(stream=live, user=user, viewer=key, connection="d", role="subscriber")
    with CaptureQueriesContext(connection) as many:
        client.get(f"/admin/{page}/")
    assert len(many) <= len(few) + 1  # the first of them has no account


@pytest.mark.usefixtures("one_of_each")
@pytest.mark.parametrize("role", ["staff", "admin"])
@pytest.mark.parametrize("way", ["page", "action"])
def test_what_was_watched_and_looked_at_can_be_deleted(live: Stream, product: Product, role: str, way: str) -> None:
    client = entering(role)
    for path, row in ((PRODUCTS, product), (STREAMS, live)):
        if way == "page":
            asked = client.get(f"{path}{row.pk}/delete/")
            answer = client.post(f"{path}{row.pk}/delete/", {"post": "yes"})
        else:
            data = {"action": "delete_selected", "_selected_action": [str(row.pk)]}
            asked, answer = client.post(path, data), client.post(path, data | {"post": "yes"})
        assert asked.context["perms_lacking"] == set()
        if row == product:
            assert dict(asked.context["model_count"])["product clicks"] == 1
        assert answer.status_code == 302
    assert not Stream.objects.exists()
    assert not Product.objects.exists()


def test_moderators_delete_neither(live: Stream, product: Product) -> None:
    client = entering("moderator")
    assert client.post(f"{STREAMS}{live.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.post(f"{PRODUCTS}{product.pk}/delete/", {"post": "yes"}).status_code == 403


def said(client: Client, path: str, action: str, *rows: Any) -> list[str]:
    """What the list says after an action."""
    data = {"action": action, "_selected_action": [str(row.pk) for row in rows]}
    return [str(message) for message in client.post(path, data, follow=True).context["messages"]]


def test_actions_say_what_they_did(creator: User, live: Stream) -> None:
    client, scheduled = entering(), factories.stream(creator, title="Later")
    lines = [ChatMessage.objects.post(live.pk, GUEST, text) for text in ("Buy", "Buy now")]
    assert said(client, CHAT, "mute_authors", *lines) == ["1 author muted."]
    assert said(client, CHAT, "remove_messages", *lines) == ["2 messages removed."]
    assert said(client, CHAT, "remove_messages", *lines) == []
    assert said(client, STREAMS, "mute_guests", live, scheduled) == ["2 shows closed to guests' messages."]
    assert set(said(client, STREAMS, "end", live, scheduled)) == {
        "1 show ended.",
        "Later: Stream is not currently live",
    }


def test_nobody_restricts_themselves(live: Stream) -> None:
    admin = factories.user("admin")
    client = Client()
    client.force_login(admin)
    refused = client.post(f"{RESTRICTIONS}add/", RESTRICTION | {"identity": admin.username})
    assert f"You may not restrict {admin.username}." in str(refused.context["adminform"].form.errors)
    own = ChatMessage.objects.post(live.pk, factories.identity(admin), "Hello")
    assert said(client, CHAT, "ban_authors", own) == [f"You may not restrict {admin.username}."]
    assert not Restriction.objects.exists()


@pytest.mark.parametrize(
    "room", ["nowhere", "show:", "show:abc", "planet:1", f"show:{'0' * 8}-{'0' * 4}-4000-8000-{'0' * 12}", "shopping:x"]
)
def test_a_restriction_in_a_room_that_cannot_be_is_refused_where_it_is_typed(viewer: User, room: str) -> None:
    refused = entering().post(f"{RESTRICTIONS}add/", RESTRICTION | {"identity": viewer.username, "room": room})
    (words,) = refused.context["adminform"].form.errors["room"]
    assert words.startswith("There is no")
    assert not Restriction.objects.exists()


def test_the_room_on_a_shows_page_is_one_that_a_restriction_takes(live: Stream, viewer: User) -> None:
    client = entering()
    assert live.room_key in client.get(f"{STREAMS}{live.pk}/change/").content.decode()
    given = RESTRICTION | {"identity": viewer.username, "room": live.room_key}
    assert client.post(f"{RESTRICTIONS}add/", given).status_code == 302
    assert Restriction.objects.get().room == live.room_key


# --- shows


def test_an_action_ends_the_shows_that_are_on(creator: User, live: Stream) -> None:
    scheduled = factories.stream(creator)
    answer = act(entering(), STREAMS, "end", live, scheduled)
    assert answer.status_code == 302
    live.refresh_from_db()
    scheduled.refresh_from_db()
    assert (live.status, scheduled.status) == ("ended", "scheduled")
    assert factories.facts(live.room_key) == ["started", "ended"]


def test_guests_are_muted_and_let_speak(live: Stream) -> None:
    client = entering("staff")
    for action, may in (("mute_guests", False), ("unmute_guests", True)):
        act(client, STREAMS, action, live)
        live.refresh_from_db()
        assert live.guest_chat is may


def form_of(client: Client, path: str) -> dict[str, Any]:
    """What a browser would send back from a change page that nobody touched."""
    context = client.get(path).context
    forms = [context["adminform"].form]
    for inline in context["inline_admin_formsets"]:
        forms += [inline.formset.management_form, *inline.formset.forms]
    data: dict[str, Any] = {}
    for form in forms:
        for field in form:
            value = field.value()
            if value is not None and value is not False:
                data[field.html_name] = value
    return data


def test_a_show_is_changed_and_its_course_is_not(live: Stream) -> None:
    client, page = entering(), f"{STREAMS}{live.pk}/change/"
    answer = client.post(page, form_of(client, page) | {"title": "Coffee", "slow_mode": 10, "status": "ended"})
    assert answer.status_code == 302
    live.refresh_from_db()
    assert (live.title, live.slow_mode, live.status) == ("Coffee", 10, "live")


def test_a_product_taken_off_a_show_leaves_the_screen(live: Stream, product: Product) -> None:
    factories.listing(live, product)
    live.showcase(product.pk)
    client, page = entering(), f"{STREAMS}{live.pk}/change/"
    answer = client.post(page, form_of(client, page) | {"listings-0-DELETE": "on"})
    assert answer.status_code == 302
    assert not Listing.objects.exists()
    assert factories.facts(live.room_key)[-2:] == ["lineup-changed", "cleared"]


@pytest.mark.parametrize("bulk", [True, False])
def test_a_deleted_show_ends_first(live: Stream, bulk: bool) -> None:
    room = live.room_key
    if bulk:
        data = {"action": "delete_selected", "_selected_action": [str(live.pk)], "post": "yes"}
        entering().post(STREAMS, data)
    else:
        entering().post(f"{STREAMS}{live.pk}/delete/", {"post": "yes"})
    assert not Stream.objects.exists()
    assert factories.facts(room) == ["ended"]


# --- chat


@pytest.mark.parametrize("way", ["action", "delete"])
def test_a_removed_message_is_told_to_the_room(live: Stream, way: str) -> None:
    message = desks.said(live, "my secret", GUEST)
    client = entering("moderator")
    if way == "action":
        act(client, CHAT, "remove_messages", message)
    else:
        client.post(f"{CHAT}{message.pk}/delete/", {"post": "yes"})
    message.refresh_from_db()
    assert (message.deleted, message.text) == (True, "my secret")
    assert "my secret" in client.get(CHAT).content.decode()
    assert factories.facts(live.room_key) == ["started", "chat-deleted"]


@pytest.mark.parametrize(("action", "kind"), [("mute_authors", "mute"), ("ban_authors", "ban")])
def test_the_authors_of_messages_are_restricted_once(live: Stream, action: str, kind: str) -> None:
    messages = [ChatMessage.objects.post(live.pk, GUEST, text) for text in ("one", "two")]
    act(entering("moderator"), CHAT, action, *messages)
    restriction = Restriction.objects.get()
    assert (restriction.kind, restriction.identity, restriction.room) == (kind, GUEST.key, live.room_key)
    assert factories.facts("control:all") == (["access-revoked"] if kind == "ban" else [])


def test_nobody_rewrites_what_was_said(live: Stream) -> None:
    message = ChatMessage.objects.post(live.pk, GUEST, "Hello")
    assert entering().post(f"{CHAT}{message.pk}/change/", {"text": "Goodbye"}).status_code == 403


# --- restrictions

RESTRICTION = {"kind": "ban", "room": "", "reason": "spam", "until_0": "", "until_1": ""}


@pytest.mark.parametrize("who", ["name", "key"])
def test_a_ban_is_made_by_name_or_key_and_closes_sockets(viewer: User, who: str) -> None:
    said = viewer.username.upper() if who == "name" else f"user:{viewer.pk}"
    entering("moderator").post(f"{RESTRICTIONS}add/", RESTRICTION | {"identity": said})
    assert Restriction.objects.get().identity == f"user:{viewer.pk}"
    assert factories.told("control:all")[0]["identity"] == f"user:{viewer.pk}"


@pytest.mark.parametrize(
    "wrong", [{"identity": "nobody"}, {"identity": "visitor:x"}, {"room": "nowhere:1"}, {"room": "show"}], ids=str
)
def test_a_restriction_of_nobody_or_nowhere_is_refused(viewer: User, wrong: dict[str, str]) -> None:
    answer = entering().post(f"{RESTRICTIONS}add/", RESTRICTION | {"identity": viewer.username} | wrong)
    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not Restriction.objects.exists()


@pytest.mark.parametrize("role", ["moderator", "staff", "admin"])
def test_a_moderator_restricts_nobody_of_their_rank_or_above(live: Stream, role: str) -> None:
    other, moderator = factories.user(role), entering("moderator")
    refused = moderator.post(f"{RESTRICTIONS}add/", RESTRICTION | {"identity": other.username})
    assert f"You may not restrict {other.username}." in str(refused.context["adminform"].form.errors)
    said = ChatMessage.objects.post(live.pk, factories.identity(other), "Hello")
    spam = ChatMessage.objects.post(live.pk, GUEST, "Buy")
    act(moderator, CHAT, "ban_authors", said, spam)
    assert [found.identity for found in Restriction.objects.all()] == [GUEST.key]


def test_a_moderator_changes_and_lifts_no_restriction_of_those_above(live: Stream) -> None:
    restriction = Restriction.objects.mute(identities.user_key(factories.user("staff").pk))
    moderator, page = entering("moderator"), f"{RESTRICTIONS}{restriction.pk}"
    assert moderator.post(f"{page}/change/", RESTRICTION | {"identity": GUEST.key}).status_code == 403
    assert moderator.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    data = {"action": "delete_selected", "_selected_action": [str(restriction.pk)], "post": "yes"}
    moderator.post(RESTRICTIONS, data)
    assert Restriction.objects.get().identity == restriction.identity
    assert entering("admin").post(f"{page}/delete/", {"post": "yes"}).status_code == 302


# --- goods

FORMS = {"variants-TOTAL_FORMS": "0", "variants-INITIAL_FORMS": "0"}  # of the variants, which there are none of
MUG = FORMS | {"name": "Mug", "description": "Holds tea.", "category": "Kitchen", "in_stock": "on", "image_url": ""}


def test_prices_are_written_as_people_write_them(creator: User, live: Stream) -> None:
    client = entering()
    made = client.post(f"{PRODUCTS}add/", MUG | {"seller": creator.pk, "price": "9.50", "original_price": "12"})
    assert made.status_code == 302
    product = Product.objects.get()
    assert (product.price, product.original_price) == (Decimal("9.50"), Decimal("12.00"))
    factories.listing(live, product)
    live.showcase(product.pk)
    page = f"{PRODUCTS}{product.pk}/change/"
    assert 'value="9.50"' in client.get(page).content.decode()
    client.post(page, MUG | {"seller": creator.pk, "price": "8.00", "original_price": ""})
    product.refresh_from_db()
    assert (product.price, product.original_price) == (Decimal("8.00"), None)
    shown = [fact["product"]["price"] for fact in factories.told(live.room_key) if fact["fact"] == "showcased"]
    assert shown == ["9.50", "8.00"]


@pytest.mark.parametrize("price", ["-1", "", "NaN", "1" * 13])
def test_a_price_is_an_amount(creator: User, price: str) -> None:
    answer = entering().post(f"{PRODUCTS}add/", MUG | {"seller": creator.pk, "price": price})
    assert answer.status_code == 200
    assert "price" in answer.context["adminform"].form.errors
    assert not Product.objects.exists()


def test_a_deleted_product_leaves_the_screen(live: Stream, product: Product) -> None:
    factories.listing(live, product)
    live.showcase(product.pk)
    data = {"action": "delete_selected", "_selected_action": [str(product.pk)], "post": "yes"}
    entering().post(PRODUCTS, data)
    assert factories.facts(live.room_key)[-2:] == ["lineup-changed", "cleared"]
