"""Matches and calls in the admin: to be read, by staff."""

import pytest
from django.test import Client

from signaling.models import Call, Match, Seat
from tests import factories

pytestmark = pytest.mark.django_db


def admin_of(role: str) -> Client:
    client = Client()
    client.force_login(factories.user(role))
    return client


@pytest.mark.parametrize("role", ["staff", "admin"])
def test_staff_reads_who_called_whom(role: str) -> None:
    match = Match.objects.create(name="tea-for-two")
    Seat.objects.create(match=match, number=0, handle="ann", connection="c")
    call = Call.objects.create(match=match, match_name=match.name, caller="ann", callee="ben")
    client = admin_of(role)
    for path in ("match/", f"match/{match.pk}/change/", "call/", f"call/{call.pk}/change/"):
        answer = client.get(f"/admin/signaling/{path}")
        assert answer.status_code == 200
        assert b"ann" in answer.content
    assert client.get("/admin/signaling/call/add/").status_code == 403
    assert client.post(f"/admin/signaling/call/{call.pk}/delete/").status_code == 403


def test_moderators_do_not() -> None:
    assert admin_of("moderator").get("/admin/signaling/call/").status_code == 403
