"""What JavaScript clients read."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.test import Client

from rest import times
from rest.rendering import JSONRenderer
from tests import factories


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


@pytest.mark.everywhere
@pytest.mark.django_db
@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", "9223372036854775808", "-" + "9" * 400])
@pytest.mark.parametrize("path", ["/api/auth/register", "/api/sessions", "/api/products", "/api/sessions/create"])
def test_a_number_that_cannot_be_stored_is_refused_at_every_door(client: Client, path: str, number: str) -> None:
    for body in (f'{{"price":{number}}}', f'{{"metadata":{{"deep":[{number}]}}}}', number):
        answer = client.post(path, body, content_type="application/json")
        assert answer.status_code in (400, 401), answer.content
        if answer.status_code == 401:  # Nobody reads the body of someone who may not come in.
            assert path in ("/api/sessions", "/api/products")


@pytest.mark.everywhere
@pytest.mark.django_db
@pytest.mark.parametrize("number", ["1e400", "9223372036854775808"])
@pytest.mark.parametrize("path", ["/api/sessions", "/api/products"])
def test_a_creators_number_is_refused_too(path: str, number: str) -> None:
    creator = factories.client(factories.user("creator"))
    body = f'{{"name":"A","title":"A","price":{number},"slowMode":{number}}}'
    answer = creator.generic("POST", path, body, content_type="application/json")
    assert answer.status_code == 400, answer.content
