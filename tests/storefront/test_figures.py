"""The pages of figures: whom they are for, and where they are found."""

import uuid

import pytest
from django.test import Client

from accounts.models import User
from tests import factories
from tests.storefront.conftest import Browse
from tests.storefront.test_pages import INLINE, facts, page

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def test_a_report_is_for_the_owner_and_for_staff(browse: Browse, creator: User, client: Client) -> None:
    show = factories.stream(creator, "live", title="<b>Tea</b>")
    address = f"/studio/{show.pk}/report/"
    html = page(browse(creator), address)
    assert (facts(html)["report"], INLINE.findall(html)) == ({"id": str(show.pk), "title": "<b>Tea</b>"}, [])
    assert "<b>Tea" not in html
    assert f"/studio/{show.pk}/" in html
    for role, status in (("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200)):
        assert browse(factories.user(role)).get(address).status_code == status, role
    assert client.get(address).headers["Location"].startswith("/login/")
    assert browse(creator).get(f"/studio/{uuid.uuid4()}/report/").status_code == 404
    assert browse(creator).get(address.rstrip("/")).headers["Location"] == address


def test_the_desk_of_a_show_leads_to_its_report(browse: Browse, creator: User) -> None:
    show = factories.stream(creator, "live")
    assert f'href="/studio/{show.pk}/report/"' in page(browse(creator), f"/studio/{show.pk}/")


def test_the_studio_leads_to_all_shows_in_figures(browse: Browse, creator: User) -> None:
    assert 'href="/studio/figures/"' in page(browse(creator), "/studio/")
    html = page(browse(creator), "/studio/figures/")
    assert (facts(html)["overview"], INLINE.findall(html)) == ({"creator": creator.pk}, [])
    assert browse(factories.user()).get("/studio/figures/").status_code == 403
    assert browse(creator).get("/studio/figures").headers["Location"] == "/studio/figures/"
