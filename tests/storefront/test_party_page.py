"""The page of a party as the server draws it, before anyone has said a name, and what the SDK's types promise."""

import re
from pathlib import Path

import pytest
import segno
from django.test import Client, override_settings

from accounts.models import User
from shopping import views as shopping_views
from shopping.models import JoinRequest, ShoppingSession
from storefront import parties
from streams.models import Party
from tests import factories
from tests.storefront.conftest import Browse
from tests.storefront.test_pages import INLINE, facts, page

pytestmark = pytest.mark.django_db

SDK = Path(shopping_views.__file__).parent / "static/shopping"
METHODS = re.compile(r"^  (?:async |get )?([a-z]\w*)\(.*\{$", re.MULTILINE)
DECLARED = re.compile(r"^  (?:get )?(\w+)(?:<.*?>)?\(", re.MULTILINE)


@pytest.fixture
def party() -> ShoppingSession:
    return ShoppingSession.objects.open(JoinRequest(factories.identity(), "", "u", "Mia")).participant.session


def product_names(html: str) -> list[str]:
    return [product["name"] for product in facts(html)["product"]]


def test_whoever_opens_a_party_says_a_name_first(client: Client, creator: User) -> None:
    factories.product(creator, name="Speckled mug")
    html = page(client, "/party/")
    assert "Open a party" in html
    assert facts(html)["party"]["sessionId"] is None
    assert product_names(html) == ["Speckled mug"]


def test_whoever_is_invited_finds_the_party_and_may_invite_others(client: Client, party: ShoppingSession) -> None:
    html = page(client, f"/party/{party.pk}/?join={party.pk}")
    known = facts(html)["party"]
    assert "Join the party" in html
    assert known["sessionId"] == party.pk
    assert known["inviteLink"] == f"http://testserver/join/{party.pk}"
    assert known["digits"] == 2


def test_a_name_that_is_known_need_not_be_said(creator: User, browse: Browse) -> None:
    assert f'value="{creator.username}"' in page(browse(creator), "/party/")


@pytest.mark.parametrize("path", ["/party/sess_0000000000/", "/party/nothing/"])
def test_a_party_that_is_over_is_said_to_be(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "This party is over" in answer.content.decode()


def test_an_ended_party_has_no_page_and_no_invitation(client: Client, party: ShoppingSession) -> None:
    party.end()
    assert client.get(f"/party/{party.pk}/").status_code == 404
    assert client.get(f"/party/{party.pk}/invitation.svg").status_code == 404


def test_whoever_was_removed_is_told_so_at_the_door(
    client: Client, creator: User, browse: Browse, party: ShoppingSession
) -> None:
    removed = {"identity": factories.identity(creator).address, "user_id": "away", "name": "Tom", "removed": True}
    party.participants.create(**removed)
    answer = browse(creator).get(f"/party/{party.pk}/")
    assert answer.status_code == 403
    assert "The host has removed you from it" in answer.content.decode()
    assert "Join the party" in page(client, f"/party/{party.pk}/")


def test_the_invitation_is_a_picture_of_the_link(client: Client, party: ShoppingSession) -> None:
    with override_settings(APP_URL="https://shop.example"):
        answer = client.get(f"/party/{party.pk}/invitation.svg")
    drawn = segno.make_qr(f"https://shop.example/join/{party.pk}").svg_inline(border=parties.BORDER, omitsize=True)
    assert answer.headers["Content-Type"] == "image/svg+xml"
    assert re.findall(' d="(.*?)"', answer.content.decode()) == re.findall(' d="(.*?)"', drawn)


def test_a_party_in_a_show_has_its_stage_and_its_goods_first(client: Client, creator: User) -> None:
    mug = factories.product(creator, name="Mug of the show")
    factories.product(creator, name="Newer lamp")
    show = factories.stream(creator, "live", title="An evening at the pottery", product_ids=[mug.pk])
    session = Party.objects.open(show, factories.identity(), "Mia").session
    html = page(client, f"/party/{session.pk}/")
    assert "An evening at the pottery" in html
    assert facts(html)["show"]["id"] == str(show.pk)
    assert product_names(html) == ["Mug of the show", "Newer lamp"]


def test_the_page_has_no_inline_script_or_style(client: Client, creator: User, party: ShoppingSession) -> None:
    factories.product(creator)
    assert [INLINE.findall(page(client, path)) for path in ("/party/", f"/party/{party.pk}/")] == [[], []]


def test_what_sellers_write_stays_text(client: Client, creator: User) -> None:
    factories.product(creator, name="</script><script>alert(1)</script>")
    assert "<script>alert" not in page(client, "/party/")


@pytest.mark.parametrize("path", ["/party", "/party/sess_0123456789"])
def test_an_address_typed_without_its_slash_leads_to_the_page(client: Client, path: str) -> None:
    assert client.get(path).headers["Location"] == f"{path}/"


def test_the_shop_front_and_the_page_of_a_show_lead_to_a_party(client: Client, creator: User) -> None:
    show = factories.stream(creator, product_ids=[factories.product(creator).pk])
    assert 'href="/party/"' in page(client, "/")
    assert "Watch with " in page(client, f"/watch/{show.pk}/")


def test_the_sdk_declares_all_that_it_offers() -> None:
    declared = (SDK / "sdk.d.ts").read_text()
    together, voice = declared.split("export interface Voice", 1)
    offered = {name: set(METHODS.findall((SDK / name).read_text())) for name in ("sdk.js", "voice.js")}
    assert offered["sdk.js"] - {"constructor"} == set(DECLARED.findall(together)) - {"constructor"}
    assert offered["voice.js"] - {"constructor"} == set(DECLARED.findall(voice)) | {"state"}


def test_every_kind_of_reaction_is_drawn() -> None:
    icons = (Path(parties.__file__).parent / "static/storefront/icons.svg").read_text()
    assert [drawn for _, _, drawn in parties.REACTIONS if f'id="{drawn}"' not in icons] == []


@pytest.mark.parametrize("id", ["sess_%00", "sess_" + "a" * 60_000, "sess_no such", "sess_0123456789"])
def test_an_id_that_no_party_has_is_not_found(client: Client, id: str) -> None:
    for path in (f"/party/{id}/", f"/party/{id}/invitation.svg", f"/join/{id}", f"/api/sessions/{id}"):
        assert client.get(path).status_code in (302, 400, 404), path
