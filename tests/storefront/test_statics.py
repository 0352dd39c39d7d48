"""The files of the pages under the names that production gives them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client, override_settings

from storefront.templatetags import vitrine

NAMES = re.compile(r'"/static/(storefront/.*?)"')
IMPORTED = re.compile(r'^import .*? from "(\.\.?/.*?)";', re.MULTILINE)
VENDORED = Path(vitrine.__file__).resolve().parents[1] / "static/storefront/vendor"
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
    scripts = [path for path in (collected / "storefront").glob("*/*.js") if HASHED.search(path.name)]
    imported = {(script.parent / name).resolve() for script in scripts for name in IMPORTED.findall(script.read_text())}
    assert any(path.match("realtime/client.*.js") for path in imported)
    assert all(HASHED.search(path.name) and path.exists() for path in imported)


def test_the_sdk_brings_the_client_under_the_name_that_changes_with_its_content(collected: Path) -> None:
    (sdk,) = (path for path in (collected / "shopping").glob("sdk.*.js") if HASHED.search(path.name))
    imported = [
        collected / "shopping" / name for name in re.findall(r'^import .*? from "(.*?)";', sdk.read_text(), re.M)
    ]
    assert any(path.name.startswith("client.") for path in imported)
    assert all(HASHED.search(path.name) and path.exists() for path in imported)


@pytest.mark.parametrize("path", ["/", "/login/", "/party/", "/favicon.ico"])
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


def test_what_others_wrote_says_whose_and_which_it_is() -> None:
    folders = [path for path in VENDORED.iterdir() if path.is_dir()]
    assert {folder.name for folder in folders} == {"hls", "livekit-client", "uplot"}
    for folder in folders:
        name, words = ("MIT", "The MIT License") if folder.name == "uplot" else ("Apache-2.0", "Apache License")
        assert words in (folder / "LICENSE").read_text()
        assert re.match(rf"\S+ \d+\.\d+\.\d+, {name}: ", (folder / "VERSION").read_text())


def test_the_frames_script_loads_the_page_by_the_name_that_changes_with_its_content(collected: Path) -> None:
    (script,) = (path for path in (collected / "storefront/embed").glob("frame.*.js") if HASHED.search(path.name))
    later = re.findall(r'import\("(.*?)"\)', script.read_text())
    assert len(later) == 2
    assert all(HASHED.search(name) and (script.parent / name).exists() for name in later)
