"""How a moment is written on the wire, everywhere."""

from datetime import UTC, datetime


def iso(moment: datetime) -> str:
    """As JavaScript's toISOString writes it: UTC, milliseconds, Z."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"
