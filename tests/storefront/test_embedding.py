"""What other sites may have of ours: the player's frame, the script that brings it, and what links to a show say."""

import gzip
import json
import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts import guests
from accounts import identity as identities
from accounts.models import User
from config import checks
from realtime.models import Restriction
from rest import times
from storefront import embedding
from streams.chat_broadcasts import pseudonym
from tests import factories
from tests.storefront.conftest import Browse
from tests.storefront.test_pages import INLINE, facts

pytestmark = pytest.mark.django_db

SHOP = "https://shop.example"
BUDGET = 15_000  # bytes of embed.js, compressed


@pytest.fixture
def embedders(settings: Any) -> list[str]:
    settings.EMBED_ORIGINS = [SHOP, "https://*.brand.example"]
    return list(settings.EMBED_ORIGINS)


def policy(answer: Any) -> str:
    return str(re.search("frame-ancestors ([^;]*)", answer.headers["Content-Security-Policy"])[1])  # type: ignore[index]


@pytest.mark.everywhere
def test_only_the_player_may_be_framed_and_only_by_those_who_are_named(
    client: Client, creator: User, embedders: list[str]
) -> None:
    show = factories.stream(creator, "live")
    answer = client.get(f"/embed/{show.pk}/")
    assert policy(answer) == " ".join(embedders)
    assert "X-Frame-Options" not in answer.headers
    for path in ("/", f"/watch/{show.pk}/", "/login/", "/api/docs/"):
        assert policy(client.get(path)) == "'none'", path


def test_by_default_nobody_may_frame_it(client: Client, creator: User) -> None:
    assert policy(client.get(f"/embed/{factories.stream(creator).pk}/")) == "'none'"


def test_the_frame_neither_knows_its_reader_nor_marks_them(browse: Browse, creator: User, embedders: list[str]) -> None:
    show = factories.stream(creator, "live")
    browser = browse(creator)
    browser.cookies.pop(identities.COOKIE, None)
    answer = browser.get(f"/embed/{show.pk}/")
    html = answer.content.decode()
    assert identities.COOKIE not in answer.cookies
    assert facts(html)["reader"] == {
        "id": None,
        "name": "",
        "author": facts(html)["reader"]["author"],
        "moderates": False,
        "answers": False,
        "owns": False,
        "since": None,
    }
    assert creator.username not in html.replace(f"<bdi>{creator.username}</bdi>", "")  # but as whose show it is
    assert INLINE.findall(html) == []


def test_a_past_show_is_framed_as_its_replay(client: Client, creator: User, embedders: list[str]) -> None:
    show = factories.stream(creator, "ended")
    html = client.get(f"/embed/{show.pk}/").content.decode()
    assert "data-player" in html
    assert "embed/frame" in html
    assert client.get(f"/embed/{uuid.uuid4()}/").status_code == 404


def test_a_guests_token_says_which_lines_are_theirs_and_whether_they_are_muted(client: Client, creator: User) -> None:
    show = factories.stream(creator, "live")
    visitor = identities.new_visitor()[0]
    token, _ = guests.issue(visitor)
    path = f"/embed/{show.pk}/reader"
    said = client.get(path, headers={"Vitrine-Guest": token}).json()
    assert said == {"author": pseudonym(identities.visitor_key(visitor)), "muted": False, "until": None}
    Restriction.objects.mute(identities.visitor_key(visitor), show.room_key)
    assert client.get(path, headers={"Vitrine-Guest": token}).json()["muted"] is True
    assert "no-store" in client.get(path).headers["Cache-Control"]


# --- the script


def test_the_script_is_small(client: Client) -> None:
    assert len(gzip.compress(embedding.joined())) < BUDGET
    answer = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
    assert answer.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.content) == embedding.joined()


def test_every_page_may_load_the_script_and_keeps_it_while_it_is_the_same(client: Client) -> None:
    answer = client.get("/embed.js")
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["Cache-Control"] == "public, max-age=300"
    assert client.get("/embed.js", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
    named = client.get(f"/embed.js?v={embedding.version()}")
    assert named.headers["Cache-Control"] == "public, max-age=31536000"
    assert client.get("/embed.js?v=other").headers["Cache-Control"] == "public, max-age=300"


@pytest.mark.everywhere
def test_a_teaser_hears_what_is_on_what_comes_and_the_show_that_it_asks_for(client: Client, creator: User) -> None:
    soon, on = factories.stream(creator, title="Soon"), factories.stream(creator, "live", title="Now")
    past = factories.stream(creator, "ended", title="Then")
    answer = client.get(f"/embed/shows?show={past.pk}")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    said = answer.json()
    assert str(on.pk) in [show["id"] for show in said["live"]]
    assert str(soon.pk) in [show["id"] for show in said["upcoming"]]
    assert said["show"] == {
        "id": str(past.pk),
        "title": "Then",
        "status": "ended",
        "startsAt": None,
        "url": f"http://testserver/watch/{past.pk}/",
    }
    for nonsense in ("", "none", "%F0%9F%A6%86", str(uuid.uuid4()), "9" * 5000):
        assert client.get(f"/embed/shows?show={nonsense}").json()["show"] is None


def test_the_next_show_is_the_one_that_begins_first(client: Client, creator: User) -> None:
    later, sooner = (timezone.now() + timedelta(minutes=minutes) for minutes in (2, 1))
    second, first = (factories.stream(creator, starts_at=at) for at in (later, sooner))
    said = client.get("/embed/shows").json()["upcoming"][:2]
    assert [(show["id"], show["startsAt"]) for show in said] == [
        (str(first.pk), times.iso(sooner)),
        (str(second.pk), times.iso(later)),
    ]


@pytest.mark.everywhere
def test_a_rehearsal_is_on_no_page_of_others(client: Client, browse: Browse, creator: User, settings: Any) -> None:
    settings.EMBED_ORIGINS = ["*"]
    mug = factories.product(creator)
    show = factories.stream(creator, "live", title="Behind the curtain", rehearsal=True, product_ids=[mug.pk])
    for browser in (client, browse(creator)):
        for path in ("", "reader", f"goods?product={mug.pk}"):
            assert browser.get(f"/embed/{show.pk}/{path}").status_code == 404
        assert browser.get(f"/oembed?url=http://testserver/watch/{show.pk}/").status_code == 404
        assert str(show.pk) not in browser.get(f"/embed/shows?show={show.pk}").content.decode()
        assert "Behind the curtain" not in browser.get("/developers/").content.decode()


# --- links to a show


def test_a_show_says_what_links_to_it_look_like(client: Client, creator: User) -> None:
    mug = factories.product(creator, image_url="https://pictures.example/mug.jpg")
    show = factories.stream(creator, "live", title='Tea & "more"', description="All of it", product_ids=[mug.pk])
    html = client.get(f"/watch/{show.pk}/").content.decode()
    address = f"http://testserver/watch/{show.pk}/"
    assert f'<link rel="canonical" href="{address}">' in html
    assert f'<meta property="og:url" content="{address}">' in html
    assert '<meta property="og:title" content="Tea &amp; &quot;more&quot;">' in html
    assert '<meta property="og:image" content="https://pictures.example/mug.jpg">' in html
    assert '<meta name="twitter:card" content="summary_large_image">' in html
    covered = factories.stream(creator, cover="https://pictures.example/cover.jpg", product_ids=[mug.pk])
    assert (
        'og:image" content="https://pictures.example/cover.jpg"' in client.get(f"/watch/{covered.pk}/").content.decode()
    )
    found = re.search(r'type="application/json\+oembed" href="http://testserver(.*?)"', html)
    assert found is not None
    assert client.get(found[1]).json()["title"] == 'Tea & "more"'


def test_oembed_gives_the_frame_where_it_may_be_framed_and_else_a_link(
    client: Client, creator: User, settings: Any
) -> None:
    show = factories.stream(creator, title='"><script>')
    path = f"/oembed?url=http://testserver/watch/{show.pk}/"
    assert client.get(path).json() == {
        "version": "1.0",
        "type": "link",
        "title": '"><script>',
        "author_name": creator.username,
        "provider_name": "Vitrine",
        "provider_url": "http://testserver/",
        "cache_age": 3600,
    }
    settings.EMBED_ORIGINS = [SHOP]
    said = client.get(path).json()
    assert (said["type"], said["width"], said["height"]) == ("video", 960, 600)
    assert f'src="http://testserver/embed/{show.pk}/" width="960" height="600"' in said["html"]
    assert "<script>" not in said["html"]
    narrow = client.get(f"{path}&maxwidth=360&maxheight=500").json()
    assert (narrow["width"], narrow["height"]) == (360, 500)


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("", 404, "not the address of a show"),
        ("url=http://testserver/", 404, "not the address of a show"),
        ("url=http://elsewhere.example/watch/{id}/", 404, "not the address of a show"),
        ("url=http://[/watch/{id}/", 404, "not the address of a show"),
        ("url=javascript:/watch/{id}/", 404, "not the address of a show"),
        ("url=http://testserver/watch/00000000-0000-0000-0000-000000000000/", 404, "not the address of a show"),
        ("url=http://testserver/watch/{id}/&maxwidth=lots", 400, "numbers of pixels"),
        ("url=http://testserver/watch/{id}/&maxwidth=99999999999999999999", 400, "numbers of pixels"),
        ("url=http://testserver/watch/{id}/&format=xml", 501, "format=json"),
    ],
)
def test_oembed_says_what_is_wrong(client: Client, creator: User, query: str, status: int, words: str) -> None:
    show = factories.stream(creator)
    answer = client.get(f"/oembed?{query.format(id=show.pk)}")
    assert answer.status_code == status
    assert words in json.loads(answer.content)["error"]


# --- the setting


@pytest.mark.parametrize(
    ("origins", "found"),
    [
        (["https://shop.example", "https://*.shop.example", "https://shop.example:8443"], []),
        (["http://127.0.0.1:*", "http://localhost:9000"], []),
        (["https://shop.example/path"], ["config.E060"]),
        (["shop.example"], ["config.E060"]),
        (["https://shop.example; script-src *"], ["config.E060"]),
        (["https://shop.*"], ["config.E060"]),
        (["'self'"], ["config.E060"]),
        (["*"], ["config.W060"]),
        (["http://shop.example"], ["config.W061"]),
    ],
)
def test_nonsense_among_those_who_may_frame_is_said(settings: Any, origins: list[str], found: list[str]) -> None:
    settings.DEBUG, settings.EMBED_ORIGINS = False, origins
    assert [message.id for message in checks.embedders()] == found


def test_the_frames_script_knows_the_same_origins(client: Client, creator: User, embedders: list[str]) -> None:
    html = client.get(f"/embed/{factories.stream(creator).pk}/").content.decode()
    allowed = facts(html)["embedder"]
    for origin, is_in in [(SHOP, True), ("https://a.brand.example", True), ("https://shop.example.evil", False)]:
        assert any(re.fullmatch(pattern, origin) for pattern in allowed) is is_in, origin
