"""`manage.py doctor`: what is wrong with this installation, in sentences."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from config.doctor import (
    FAILURES,
    SECONDS,
    Examination,
    Finding,
    Level,
    dependencies,
    examine,
    installation,
    outside,
    relay,
)

EXAMINATIONS = [
    Examination("settings", installation.configuration),
    Examination("origins", installation.origins),
    Examination("database", dependencies.database),
    Examination("schema", installation.migrations, asks_database=True),
    Examination("duties", installation.duties, asks_database=True),
    Examination("redis", dependencies.redis),
    Examination("storage", dependencies.storage),
    Examination("files", installation.files),
    Examination("relay", relay.turn),
    Examination("mail", dependencies.mail),
    Examination("proxies", outside.proxies),
    Examination("address", outside.address),
]


class Command(BaseCommand):
    help = (
        "Says what is missing, unsafe or slow in this installation. It asks the database, Redis, the storage, the"
        " relay, the mail server and APP_URL, each for some seconds at most, and changes nothing. The exit status is 1"
        " where something is missing or unsafe."
    )
    requires_system_checks: list[str] = []  # They are one of the examinations.

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="for programs: {ok, findings: [{about, level, says}]}")
        parser.add_argument("--seconds", type=float, default=SECONDS, help="that each may take (%(default)s)")

    def handle(self, *, seconds: float, **options: Any) -> None:
        findings = []
        for about, finding in examine(EXAMINATIONS, seconds):
            findings.append((about, finding))
            if not options["json"]:
                self._say(about, finding)
        bad = sum(finding.level in FAILURES for _, finding in findings)
        if options["json"]:
            self.stdout.write(as_json(findings, not bad))
        else:
            self.stdout.write(
                f"\n{bad} things are missing or unsafe." if bad else "\nThis installation is fit to be used."
            )
        if bad:
            sys.exit(1)

    def _say(self, about: str, finding: Finding) -> None:
        level = f"{finding.level:<8}"
        if finding.level in FAILURES:
            level = self.style.ERROR(level)
        elif finding.level is Level.SLOW:
            level = self.style.WARNING(level)
        self.stdout.write(f"{level}{about:<10}{finding.says}")


def as_json(findings: list[tuple[str, Finding]], is_ok: bool) -> str:
    rows = [{"about": about, "level": finding.level, "says": finding.says} for about, finding in findings]
    return json.dumps({"ok": is_ok, "findings": rows}, ensure_ascii=False, indent=2)
