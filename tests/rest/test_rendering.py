"""What JavaScript clients read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from rest import times
from rest.rendering import JSONRenderer


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 9, 50, 0, 123456, UTC), "2026-11-21T09:50:00.123Z"),
        (datetime(2026, 11, 21, 9, 50, tzinfo=UTC), "2026-11-21T09:50:00.000Z"),
        (datetime(2026, 11, 21, 1, 20, tzinfo=timezone(timedelta(hours=5, minutes=30))), "2026-11-20T19:50:00.000Z"),
    ],
)
def test_moments_are_written_as_javascript_writes_them(moment: datetime, text: str) -> None:
    assert times.iso(moment) == text
    assert JSONRenderer().render({"at": moment}) == f'{{"at":"{text}"}}'.encode()
