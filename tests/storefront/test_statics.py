"""The files of the pages under the names that production gives them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

NAMES = re.compile(r'"/static/(storefront/.*?)"')
IMPORTED = re.compile(r'^import .*? from "\./(.*?)";', re.MULTILINE)
HASHED = re.compile(r"\.[0-9a-f]{12}\.\w+$")

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def collected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where production's files are; while this is in use, templates name them."""
    root = tmp_path_factory.mktemp("statics")
    storages: dict[str, Any] = {
        "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
        "staticfiles": {"BACKEND": "config.statics.Storage"},
    }
    with override_settings(STATIC_ROOT=root, STORAGES=storages):
        call_command("collectstatic", verbosity=0, interactive=False)
        yield root


def test_scripts_import_each_other_by_names_that_change_with_the_content(collected: Path) -> None:
    scripts = [path for path in (collected / "storefront").glob("*.js") if HASHED.search(path.name)]
    imported = {name for script in scripts for name in IMPORTED.findall(script.read_text())}
    assert any(name.startswith("client.") for name in imported)
    assert imported <= {script.name for script in scripts}


@pytest.mark.parametrize("path", ["/", "/login/", "/favicon.ico"])
def test_pages_name_only_files_that_are_there(client: Client, collected: Path, path: str) -> None:
    answer = client.get(path)
    html = answer.content.decode() or f'"{answer.headers["Location"]}"'
    names = {name.partition("#")[0] for name in NAMES.findall(html)}
    assert names
    assert [name for name in names if not HASHED.search(name) or not (collected / name).exists()] == []


def test_the_admin_wears_the_mark_of_the_house(client: Client) -> None:
    html = client.get("/admin/login/").content.decode()
    assert 'rel="icon" href="/favicon.ico"' in html
    assert "Vitrine" in html
