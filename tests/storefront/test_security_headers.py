"""What browsers are told about where the pages' parts may come from."""

import posixpath
import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, RequestFactory

from config import middleware
from storefront.templatetags import vitrine

APP = Path(vitrine.__file__).resolve().parent.parent
SCRIPTS = sorted(APP.parent.glob("*/static/*/*.js"))


def policy(path: str, **extra: Any) -> dict[str, str]:
    rules = middleware.content_security_policy(RequestFactory().get(path, **extra)).split("; ")
    return dict(rule.split(" ", 1) for rule in rules)


def test_pages_take_scripts_and_styles_from_this_server_alone() -> None:
    rules = policy("/watch/1/")
    assert rules["script-src"] == rules["style-src"] == "'self'"
    assert rules["frame-ancestors"] == rules["object-src"] == "'none'"


def test_only_the_admin_may_evaluate_scripts() -> None:
    assert "unsafe-eval" in policy("/admin/")["script-src"]
    assert policy("/api/docs/")["script-src"] == policy("/administration")["script-src"] == "'self'"


@pytest.mark.parametrize(
    ("request_of", "sources"),
    [
        ({"headers": {"Host": "localhost:8000"}}, "'self' ws://localhost:8000"),
        ({"headers": {"Host": "localhost"}, "secure": True}, "'self' wss://localhost"),
        ({"headers": {"Host": "evil.example; script-src *"}}, "'self'"),
    ],
)
def test_connections_go_to_this_host_only(request_of: dict[str, Any], sources: str) -> None:
    assert policy("/", **request_of)["connect-src"] == sources


def test_an_address_without_a_slash_has_the_policy_of_pages() -> None:
    """`OPTIONS * HTTP/1.1` is right, and asks about the server as a whole."""
    request = RequestFactory().options("/")
    request.path_info = "*"
    assert "script-src 'self';" in middleware.content_security_policy(request)


@pytest.mark.django_db
def test_every_answer_carries_them_refusals_and_files_too(client: Client) -> None:
    for path in ("/", "/nothing", "/api/nothing", "/static/realtime/client.js", "/?q=%00"):
        answer = client.get(path)
        answer.close()  # a file's is open until somebody has sent it
        assert {*middleware.HEADERS, "Content-Security-Policy"} <= {*answer.headers}, path


@pytest.mark.django_db
async def test_they_are_the_same_on_the_asynchronous_road(async_client: Any) -> None:
    answer = await async_client.get("/login/")
    assert answer.headers["Permissions-Policy"] == middleware.HEADERS["Permissions-Policy"]
    assert "script-src 'self';" in answer.headers["Content-Security-Policy"]


def test_scripts_never_write_html() -> None:
    writes = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function")
    assert [script.name for script in SCRIPTS if writes.search(script.read_text())] == []


def imported(script: Path) -> set[str]:
    """The scripts that this one imports, as `app/name.js`."""
    names = re.findall(r'^import .*? from "(.*?)"', script.read_text(), re.M)
    return {posixpath.normpath(posixpath.join(script.parent.name, name)) for name in names}


def test_scripts_import_only_each_other() -> None:
    roots = {script.parent.name: script.parent.parent for script in SCRIPTS}
    named = {name for script in SCRIPTS for name in imported(script)}
    assert [name for name in named if not (roots[name.partition("/")[0]] / name).exists()] == []


def test_scripts_stand_on_the_floors_of_their_apps() -> None:
    """As import-linter has it for Python."""
    below = {
        "storefront": {"shopping", "signaling", "realtime"},
        "shopping": {"realtime"},
        "signaling": {"realtime"},
        "recordings": {"realtime"},
        "support": {"realtime"},
        "config": {"realtime"},
    }
    strange = [
        (script.name, name)
        for script in SCRIPTS
        for name in imported(script)
        if name.partition("/")[0] not in {script.parent.name, *below.get(script.parent.name, ())}
    ]
    assert strange == []


def test_every_icon_that_a_template_names_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="(.*?)"', (APP / "static/storefront/icons.svg").read_text()))
    templates = "".join(template.read_text() for template in (APP / "templates").rglob("*.html"))
    assert {*re.findall(r'{% icon "(.*?)" %}', templates), "mark"} <= drawn


def test_script_and_server_have_as_many_tints_as_the_style_sheet() -> None:
    styles = (APP / "static/storefront/common/tokens.css").read_text()
    assert {f"tint-{n}" for n in range(vitrine.TINTS)} == set(re.findall(r"tint-\d", styles))
    assert f"% {vitrine.TINTS}n" in (APP / "static/storefront/common/dom.js").read_text()
