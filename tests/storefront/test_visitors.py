"""The admin's pages about one visitor: how they are found, and whom they are for."""

import re

import pytest

from accounts.identity import user_key
from accounts.models import User
from analytics.models import Purchase, StreamView
from tests import factories
from tests.analytics.test_visitors import happen
from tests.storefront.conftest import Browse
from tests.storefront.test_pages import page

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def test_staff_find_a_visitor_by_name_or_key(browse: Browse) -> None:
    user, staff = factories.user(), browse(factories.user("staff"))
    assert 'href="/admin/visitors/"' in page(staff, "/admin/")
    for who in (user.username, user_key(user.pk), f" {user.username} "):
        assert staff.get("/admin/visitors/", {"who": who}).headers["Location"] == f"/admin/visitors/user:{user.pk}/"
    assert "There is no such account" in page(staff, "/admin/visitors/?who=nobody")
    assert "There is no such account" in page(staff, f"/admin/visitors/?who={'x' * 300}")


def test_the_lists_of_facts_lead_to_who_did_them(browse: Browse, creator: User) -> None:
    show, user = factories.stream(creator, "live"), factories.user()
    happen(show, factories.product(creator), user, user_key(user.pk))
    Purchase.objects.create(order_id="of nobody known", currency="EUR", value=1)
    for table in ("streamview", "productclick", "purchase"):
        html = page(browse(factories.user("staff")), f"/admin/analytics/{table}/")
        assert f'href="/admin/visitors/user:{user.pk}/">Timeline' in html, table


def test_each_fact_leads_to_its_page(browse: Browse, creator: User) -> None:
    show = factories.stream(creator, "live", title="<b>Tea</b>")
    user, admin = factories.user(), browse(factories.user("admin"))
    happen(show, factories.product(creator, name="Mug"), user, user_key(user.pk))
    html = page(admin, f"/admin/visitors/user:{user.pk}/")
    assert "&lt;b&gt;Tea" in html
    table = html[html.index("data-visitor") : html.index("readers-heading")]
    links = set(re.findall(r'<a href="([^"#?]+)', table))
    assert len(links) >= 8
    for link in links:
        assert admin.get(link).status_code == 200, link


def test_long_lives_have_pages(browse: Browse, creator: User) -> None:
    show, key, admin = factories.stream(creator, "live"), f"visitor:{'c' * 32}", browse(factories.user("admin"))
    for minutes in range(60):
        StreamView.objects.create(
            stream=show, viewer=key, connection="c", role="subscriber", joined_at=factories.ago(minutes)
        )
    html = page(admin, f"/admin/visitors/{key}/")
    older = re.search(r'href="(\?before=[^"]+)">Older', html)
    assert older
    assert page(admin, f"/admin/visitors/{key}/{older[1]}").count("<time") == 10 + 1  # and who has read it
    assert admin.get(f"/admin/visitors/{key}/?before=x").status_code == 404


@pytest.mark.parametrize(("role", "status"), [("viewer", 302), ("moderator", 403), ("staff", 200), ("admin", 200)])
def test_they_are_for_staff(browse: Browse, role: str, status: int) -> None:
    reader = browse(factories.user(role))
    for path in ("/admin/visitors/", "/admin/visitors/user:1/"):
        assert reader.get(path).status_code == status, path
    assert ('href="/admin/visitors/"' in reader.get("/admin/").content.decode()) == (status == 200)


def test_there_is_nobody_by_another_key(browse: Browse) -> None:
    assert browse(factories.user("staff")).get("/admin/visitors/nobody/").status_code == 404
