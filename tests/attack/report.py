"""What an attack has shown, for people: a table in var/attack.md, and lines that pytest shows with a failure."""

from collections.abc import Sized
from pathlib import Path

FILE = Path(__file__).parents[2] / "var/attack.md"
HEAD = ["| attack | of | figures | faults |", "| --- | --- | --- | --- |"]


def note(attack: str, of: str, figures: str, faults: Sized) -> None:
    """Adds a row, or replaces the one of an earlier run."""
    row = f"| {attack} | {of} | {figures} | {len(faults) or 'none'} |"
    print(row)  # noqa: T201
    FILE.parent.mkdir(exist_ok=True)
    rows = FILE.read_text().splitlines()[2:] if FILE.exists() else []
    kept = [other for other in rows if other.split("|")[1].strip() != attack]
    FILE.write_text("\n".join([*HEAD, *sorted([*kept, row])]) + "\n")
