"""The bill of materials is one that tools read, and it leaves nothing out."""

import json
import re

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.journeys.server import ROOT
from tools import sbom

REQUIREMENT = re.compile(r"^([a-z0-9][a-z0-9.-]*)", re.MULTILINE)


def test_it_is_cyclonedx() -> None:
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(json.dumps(sbom.document())) is None


def test_it_names_every_locked_library_with_its_hashes() -> None:
    components = {each["name"]: each for each in sbom.document()["components"]}
    locked = set(REQUIREMENT.findall((ROOT / "requirements.txt").read_text()))
    assert len(locked) > 50
    assert locked <= set(components)
    assert all(components[name]["hashes"] for name in locked)


def test_it_names_what_browsers_are_given() -> None:
    named = {each["purl"] for each in sbom.document()["components"] if each["purl"].startswith("pkg:npm/")}
    folders = {path.parent for path in ROOT.glob("*/static/*/vendor/*/*.js")}
    assert len(named) == len(folders) >= 4


def test_the_same_sources_have_the_same_number() -> None:
    assert sbom.document()["serialNumber"] == sbom.document()["serialNumber"]
