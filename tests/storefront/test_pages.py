"""The shop front, the page of a show and the studio, as the server draws them."""

import json
import re
import uuid
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from replays.models import Replay
from tests import factories
from tests.storefront.conftest import Browse

FACTS = re.compile(r'<script id="([a-z]+)-facts" type="application/json">(.*?)</script>')
INLINE = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]* src=)(?![^>]*application/json)", re.IGNORECASE)

pytestmark = pytest.mark.django_db


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def facts(html: str) -> dict[str, Any]:
    return {name: json.loads(text) for name, text in FACTS.findall(html)}


def test_the_shop_front_shows_what_is_on_coming_and_past_and_what_is_sold(client: Client, creator: User) -> None:
    mug = factories.product(creator, name="Speckled mug")
    for status, title in [("live", "Now"), ("paused", "Break"), ("scheduled", "Soon"), ("ended", "Then")]:
        factories.stream(creator, status, title=title, product_ids=[mug.pk])
    html = page(client, "/")
    places = [html.index(words) for words in (">Now<", ">Break<", ">Soon<", "In the shop", ">Then<")]
    assert places == sorted(places)
    assert facts(html)["product"][0]["price"] == "9.50"


def test_the_front_says_first_what_this_is_and_links_what_can_be_done(client: Client, settings: Any) -> None:
    html = client.get("/").content.decode()
    assert html.index("Live shopping: watch shows") < html.index("data-shelves")
    assert [path for path in ("/party/", "/call/", "/api/docs/", "/api/events/") if f'href="{path}"' not in html] == []
    settings.OPEN_MATCHES = False
    assert 'href="/call/"' not in client.get("/").content.decode()


def test_an_empty_shop_has_a_front_too(client: Client) -> None:
    assert "No show is live" in page(client, "/")


def test_the_front_takes_as_many_queries_for_many_shows_as_for_one(
    client: Client, creator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(5):
        for status in ("live", "scheduled", "ended"):
            factories.stream(creator, status, product_ids=[factories.product(creator).pk])
    with django_assert_max_num_queries(12):
        page(client, "/")


def test_whoever_sees_a_show_end_is_led_to_its_replay_unless_there_is_none(client: Client, creator: User) -> None:
    show = factories.stream(creator, "live")
    assert "Watch it again" in page(client, f"/watch/{show.pk}/")
    Replay.objects.of(show).revise(enabled=False)
    assert "Watch it again" not in page(client, f"/watch/{show.pk}/")
    show.end()
    assert "data-player" not in page(client, f"/watch/{show.pk}/")
    Replay.objects.of(show).revise(enabled=True)
    html = page(client, f"/watch/{show.pk}/")
    assert "data-player" in html
    assert INLINE.findall(html) == []


def test_what_creators_write_stays_text(client: Client, creator: User) -> None:
    mug = factories.product(creator, name="</script><script>alert(1)</script>")
    show = factories.stream(creator, title="<b>Tea</b>", product_ids=[mug.pk])
    html = page(client, f"/watch/{show.pk}/")
    assert "<b>Tea" not in html
    assert "<script>alert" not in html
    assert facts(html)["product"][0]["name"] == mug.name


def test_no_page_has_inline_script_or_style(client: Client, creator: User, browse: Browse) -> None:
    show = factories.stream(creator, "live", product_ids=[factories.product(creator).pk])
    pages = [page(client, path) for path in ("/", f"/watch/{show.pk}/", "/login/", "/register/")]
    pages += [page(browse(creator), path) for path in ("/studio/", f"/studio/{show.pk}/")]
    assert [INLINE.findall(html) for html in pages] == [[]] * 6


def test_guests_get_a_composer_only_where_the_show_lets_them_write(client: Client, creator: User) -> None:
    open_to_all = factories.stream(creator)
    for_users = factories.stream(creator, guest_chat=False)
    shown, hidden = (
        '<form class="composer" data-composer data-when="scheduled live paused" autocomplete="off"{}>',
        " hidden",
    )
    assert shown.format("") in page(client, f"/watch/{open_to_all.pk}/")
    assert shown.format(hidden) in page(client, f"/watch/{for_users.pk}/")


def test_only_who_runs_or_moderates_a_show_is_offered_to_delete_messages(creator: User, browse: Browse) -> None:
    show = factories.stream(creator)
    readers = [creator, factories.user("moderator"), factories.user("viewer"), factories.user("creator")]
    moderates = [facts(page(browse(reader), f"/watch/{show.pk}/"))["reader"]["moderates"] for reader in readers]
    assert moderates == [True, True, False, False]


def test_a_show_nobody_made_is_not_found(client: Client) -> None:
    assert client.get(f"/watch/{uuid.uuid4()}/").status_code == 404


@pytest.mark.parametrize("path", ["/studio/", f"/studio/{uuid.UUID(int=1)}/"])
def test_the_studio_asks_guests_to_log_in_and_brings_them_back(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"/login/?next={path}"


def test_the_studio_is_closed_to_those_who_only_watch(browse: Browse) -> None:
    answer = browse(factories.user("viewer")).get("/studio/")
    assert answer.status_code == 403
    assert "for those who present shows" in answer.content.decode()


def test_the_studio_has_ones_own_shows_and_products_only(creator: User, browse: Browse) -> None:
    mine = factories.stream(creator, title="Mine")
    other = factories.user("creator")
    factories.product(other, name="Her lamp")
    theirs = factories.stream(other, title="Hers")
    html = page(browse(creator), "/studio/")
    assert f"/studio/{mine.pk}/" in html
    assert "Hers" not in html
    assert facts(html)["product"] == []
    assert browse(creator).get(f"/studio/{theirs.pk}/").status_code == 404


def test_the_desk_knows_the_stored_places_and_the_link_for_viewers(creator: User, browse: Browse) -> None:
    lamp, mug = factories.product(creator, name="Lamp"), factories.product(creator, name="Mug")
    show = factories.stream(creator, slow_mode=15)
    factories.listing(show, mug, display_order=3)
    factories.listing(show, lamp, display_order=7)
    html = page(browse(creator), f"/studio/{show.pk}/")
    assert facts(html)["lineup"] == [{"id": str(mug.pk), "place": 3}, {"id": str(lamp.pk), "place": 7}]
    assert f'value="http://testserver/watch/{show.pk}/"' in html
    assert '<option value="15" selected>' in html


@pytest.mark.parametrize("path", ["/login", "/register", "/studio", f"/watch/{uuid.UUID(int=7)}"])
def test_an_address_typed_without_its_slash_leads_to_the_page(client: Client, path: str) -> None:
    assert client.get(f"{path}?next=/").headers["Location"] == f"{path}/?next=/"


def test_missing_pages_look_like_the_shop(client: Client) -> None:
    answer = client.get("/nothing/here")
    assert answer.status_code == 404
    assert "Nothing in this window" in answer.content.decode()
