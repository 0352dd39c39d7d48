"""The pages for developers."""

import re
import uuid

import pytest
from django.test import Client

from accounts.models import User
from config import developers, limit_tables
from config.errors import STATUSES
from tests import factories
from tests.journeys import server
from tests.storefront.test_pages import INLINE

pytestmark = pytest.mark.django_db

GUIDE = (server.ROOT / "docs" / "embed.md").read_text()


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


def test_the_page_and_the_guide_have_the_same_ten_lines_at_most() -> None:
    served = developers.PAGE_LINES.format(server="http://127.0.0.1:8000")
    assert re.findall(r"```sh\n(.*?)\n```", GUIDE, re.DOTALL) == [developers.SERVER_LINES, served]
    assert len(f"{developers.SERVER_LINES}\n{served}".splitlines()) <= 10


def test_the_page_leads_to_every_description_and_offers_shows(client: Client, creator: User) -> None:
    show = factories.stream(creator, title=f"<b>{uuid.uuid4()}")
    html = client.get("/developers/").content.decode()
    assert [
        path for path in ("/api/docs/", "/api/events/", "/developers/limits/") if f'href="{path}"' not in html
    ] == []
    assert f'<option value="{show.pk}">&lt;b&gt;' in html
    assert 'src="http://testserver/embed.js"' in html.replace("&quot;", '"')
    assert INLINE.findall(html) == []


def test_a_server_without_shows_has_the_page_too(client: Client) -> None:
    assert "There is no show yet" in client.get("/developers/").content.decode()


def test_every_code_that_has_a_status_of_its_own_is_explained() -> None:
    explained = {each.code for each in developers.ERRORS}
    assert set(STATUSES) <= explained
    assert len(explained) == len(developers.ERRORS)


@pytest.mark.everywhere
def test_the_limits_are_those_of_the_document(client: Client) -> None:
    html = client.get("/developers/limits/").content.decode()
    for section in limit_tables.sections():
        assert f"<td>{limit_tables.cell(section.rows[-1][0])}</td>".replace("'", "&#x27;") in html
    assert INLINE.findall(html) == []


@pytest.mark.parametrize("path", ["/developers/", "/developers/limits/", "/api/docs/", "/api/events/"])
def test_what_developers_read_comes_from_this_server_alone(client: Client, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    loaded = re.findall(r'<(?:script|link rel="stylesheet"|img)[^>]*(?:src|href)="(.*?)"', answer.content.decode())
    assert [address for address in loaded if not address.startswith(("/", "data:"))] == []
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]
