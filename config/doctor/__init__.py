"""What `manage.py doctor` looks at: each examination yields what it has found, in sentences, and has a time limit."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from django.db import connections

SECONDS = 10.0  # that one examination may take

Look = Callable[[], Iterator["Finding"]]


class Level(StrEnum):
    """How bad a finding is. With the last two the installation is not fit to be used."""

    OK = "ok"
    NOTE = "note"
    SLOW = "slow"
    UNSAFE = "unsafe"
    MISSING = "missing"


FAILURES = (Level.UNSAFE, Level.MISSING)


class Finding(NamedTuple):
    level: Level
    says: str


def ok(says: str) -> Finding:
    return Finding(Level.OK, says)


def note(says: str) -> Finding:
    return Finding(Level.NOTE, says)


def slow(says: str) -> Finding:
    return Finding(Level.SLOW, says)


def unsafe(says: str) -> Finding:
    return Finding(Level.UNSAFE, says)


def missing(says: str) -> Finding:
    return Finding(Level.MISSING, says)


@dataclass(frozen=True)
class Examination:
    """One thing that is looked at; `asks_database` leaves it out where the database does not answer."""

    about: str
    look: Look
    asks_database: bool = False

    def run(self, seconds: float = SECONDS) -> list[Finding]:
        """What it finds within `seconds`. A look that hangs is left alone: its thread ends with the process."""
        found: list[Finding] = []
        ended = threading.Event()
        threading.Thread(target=self._look, args=(found, ended), daemon=True, name=f"doctor-{self.about}").start()
        if not ended.wait(seconds):
            return [*found, missing(f"This took more than {seconds:g} seconds and was given up.")]
        return found

    def _look(self, found: list[Finding], ended: threading.Event) -> None:
        try:
            for finding in self.look():
                found.append(finding)  # noqa: PERF402 - what was found before a failure counts
        except Exception as error:
            found.append(missing(f"This could not be looked at: {cause(error)}."))
        finally:
            with contextlib.suppress(Exception):
                connections.close_all()
            ended.set()


def cause(error: BaseException) -> str:
    """An error as a part of a sentence: its kind, and the first line of what it says."""
    first = next(iter(str(error).strip().splitlines()), "").rstrip(".")
    return f"{type(error).__name__}: {first}" if first else type(error).__name__


def examine(examinations: list[Examination], seconds: float = SECONDS) -> Iterator[tuple[str, Finding]]:
    """Every finding with what it is about, in order, as they are made."""
    has_database = True
    for examination in examinations:
        if examination.asks_database and not has_database:
            continue
        findings = examination.run(seconds)
        if examination.about == "database" and all(each.level is Level.MISSING for each in findings):
            has_database = False
        for finding in findings:
            yield examination.about, finding
