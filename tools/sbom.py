"""What `make sbom` prints: the libraries that the product is made of, as a CycloneDX 1.6 document.

Python's come from requirements.txt, with the hashes that installing holds them against, and a licence where they are
installed; browsers' from the VERSION that stands beside each vendored file.
"""

import base64
import datetime
import hashlib
import json
import re
import subprocess
import sys
import tomllib
import uuid
from importlib import metadata
from pathlib import Path
from typing import Any
from urllib.parse import quote

ROOT = Path(__file__).resolve().parent.parent
PINNED = re.compile(r"^([a-z0-9][a-z0-9.-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")
VENDORED = re.compile(r"(\S+) (\d\S*), ([\w.-]+):")  # name, release, licence


def locked(text: str) -> list[dict[str, Any]]:
    """The components of a requirements.txt, by name."""
    places = [*PINNED.finditer(text)]
    ends = [*(place.start() for place in places[1:]), len(text)]
    return [
        component(f"pkg:pypi/{quote(place[1])}@{quote(place[2])}", place[1], place[2])
        | licences(place[1])
        | {"hashes": [{"alg": "SHA-256", "content": each} for each in HASH.findall(text[place.end() : end])]}
        for place, end in zip(places, ends, strict=True)
    ]


def vendored(version: Path) -> dict[str, Any]:
    """The component that a VERSION beside vendored files describes; its hashes are those of the files."""
    found = VENDORED.match(version.read_text())
    if found is None:
        sys.exit(f"{version} does not begin with a name, a release and a licence")
    name, release, licence = found.groups()
    files = sorted(path for path in version.parent.iterdir() if path.suffix in (".js", ".css", ".mjs"))
    hashes = [{"alg": "SHA-256", "content": hashlib.sha256(path.read_bytes()).hexdigest()} for path in files]
    purl = f"pkg:npm/{quote(name, safe='/')}@{quote(release)}"
    return component(purl, name, release) | {"licenses": [{"license": {"id": licence}}], "hashes": hashes}


def component(purl: str, name: str, release: str) -> dict[str, Any]:
    return {"type": "library", "bom-ref": purl, "name": name, "version": release, "purl": purl}


def licences(name: str) -> dict[str, Any]:
    """What an installed distribution says of its licence, in its own words."""
    try:
        said = metadata.metadata(name).json
    except metadata.PackageNotFoundError:
        return {}
    words = str(said.get("license_expression") or said.get("license") or "")
    classified = [each.rpartition(" :: ")[2] for each in said.get("classifier", ()) if each.startswith("License")]
    short = words if 0 < len(words) < 60 else ", ".join(classified)
    return {"licenses": [{"license": {"name": short}}]} if short else {}


def document() -> dict[str, Any]:
    """The same for the same sources, but for its moment."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    tracked = subprocess.run(
        ["git", "ls-files", "*/vendor/*/VERSION"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    components = locked((ROOT / "requirements.txt").read_text()) + [vendored(ROOT / name) for name in tracked]
    sums = base64.b64encode(hashlib.sha256(json.dumps(components).encode()).digest()).decode()
    me = f"pkg:generic/{project['name']}@{project['version']}"
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, sums)}",
        "version": 1,
        "metadata": {
            "timestamp": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "component": component(me, project["name"], project["version"]) | {"type": "application"},
        },
        "components": components,
        "dependencies": [{"ref": me, "dependsOn": [each["bom-ref"] for each in components]}],
    }


if __name__ == "__main__":
    print(json.dumps(document(), indent=2))
