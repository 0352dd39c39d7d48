"""Generated REST calls, in everybody's name: whatever is asked, the answer is never a fault of the server."""

import asyncio
import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from accounts.models import Role
from realtime.runtime import threads
from tests import sockets
from tests.attack import report, target
from tests.attack.doors.http import OPENAPI
from tests.attack.target import Props, Target

CALLS = int(os.environ.get("ATTACK_CALLS", "2"))  # of each operation and role; `make attack` makes many more
PHASES = os.environ.get("ATTACK_PHASES", "fuzzing")
# They end the token that all other calls are made with, so they come last.
ENDS_THE_TOKEN = ["/api/auth/logout", "/api/auth/update", "/api/users/{id}"]
ROLES = ["guest", *target.ROLES] if CALLS > 2 else ["guest", Role.ADMIN.value]
SCHEMATHESIS = Path(sys.executable).with_name("schemathesis")

pytestmark = [pytest.mark.journey, pytest.mark.timeout(300 + 60 * CALLS)]


def with_ids(schema: dict[str, Any], props: Props) -> dict[str, Any]:
    """The document, with ids that there are among those which it allows: else most calls would find nothing."""

    def known(name: str, value: Any) -> Any:
        values = props.ids.get(name.lower())
        if not values or not isinstance(value, dict) or value.get("type") != "string":
            return value
        return {"anyOf": [{"type": "string", "enum": list(values)}, value]}

    def changed(value: Any) -> Any:
        if isinstance(value, list):
            return [changed(each) for each in value]
        if not isinstance(value, dict):
            return value
        made = {key: changed(each) for key, each in value.items()}
        if isinstance(made.get("properties"), dict):
            made["properties"] = {name: known(name, each) for name, each in made["properties"].items()}
        if "in" in made and "schema" in made:
            made["schema"] = known(str(made["name"]), made["schema"])
        return made

    found: dict[str, Any] = changed(schema)
    return found


@pytest.mark.parametrize("role", ROLES)
async def test_no_call_of_any_role_is_answered_by_a_fault(unlimited: Target, tmp_path: Path, role: str) -> None:
    props = await threads.in_db(target.make_props)
    token = props.tokens[role]
    document = tmp_path / "openapi.json"
    document.write_text(json.dumps(with_ids(OPENAPI, props)))
    excluded = [f"--exclude-path={path}" for path in ENDS_THE_TOKEN] if token else []
    said, faults = await _run(unlimited, document, token, *excluded)
    if token:
        if not await asyncio.to_thread(_is_good, unlimited.address, token):
            faults["token"] = "the token was ended by one of the calls: those behind it were a guest's"
        if CALLS > 2:
            faults |= (await _run(unlimited, document, token, *[f"--include-path={path}" for path in ENDS_THE_TOKEN]))[
                1
            ]
    counted = re.search(r"(\d[\d,]*) generated", said)
    report.note(f"REST as {role}", f"{counted[1] if counted else 0} calls, seed {target.SEED}", PHASES, faults)
    assert counted
    assert not faults, "\n".join(["", *faults.values()])


async def _run(attacked: Target, document: Path, token: str, *which: str) -> tuple[str, target.Faults]:
    command: list[str | Path] = [
        SCHEMATHESIS,
        *("--no-color", "run", str(document), f"--url={attacked.address.http}", *which),
        *("--checks=not_a_server_error", f"--max-examples={CALLS}", f"--phases={PHASES}", f"--seed={target.SEED}"),
        *("--generation-database=none", "--continue-on-failure", "--warnings=off", "--suppress-health-check=all"),
        *(f"--request-timeout={sockets.PATIENCE}", "--output-sanitize=false"),
        *([f"--header=Authorization: Bearer {token}"] if token else []),
    ]
    running = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT, cwd=document.parent
    )
    said = (await running.communicate())[0].decode()
    faults = await target.faults_of(attacked)
    if running.returncode:
        faults["schemathesis"] = said
    return said, faults


def _is_good(address: sockets.Address, token: str) -> bool:
    request = urllib.request.Request(f"{address.http}/api/auth/me", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=sockets.PATIENCE):
            return True
    except OSError:
        return False
