"""Defaults that depend on other settings, as a process of its own reads them."""

import os
import subprocess
import sys

import pytest

from tests.journeys import server

ASK = "from config import settings; print(settings.OPEN_REGISTRATION_AS_CREATOR)"


@pytest.mark.parametrize(
    ("given", "is_open"),
    [
        ({"DEBUG": "1"}, True),
        ({"DEBUG": "0"}, False),
        ({"DEBUG": "0", "TRUST_DECLARED_IDENTITY": "1"}, True),
        ({"DEBUG": "0", "OPEN_REGISTRATION_AS_CREATOR": "1"}, True),
        ({"DEBUG": "1", "OPEN_REGISTRATION_AS_CREATOR": "0"}, False),
    ],
    ids=str,
)
def test_whoever_registers_presents_at_once_only_in_development_or_where_declared_identities_are_trusted(
    given: dict[str, str], is_open: bool
) -> None:
    asked = subprocess.run(
        [sys.executable, "-c", ASK], cwd=server.ROOT, env=os.environ | given, capture_output=True, text=True, check=True
    )
    assert asked.stdout.split() == [str(is_open)]
