"""Friends who watch a show together."""

import uuid
from typing import Any

import pytest

from accounts import identity as identities
from realtime.models import Restriction
from shopping.models import ShoppingSession
from shopping.rooms import state_of
from streams.models import Party, Stream
from tests import factories

pytestmark = pytest.mark.django_db


def test_a_guest_opens_a_party_in_a_show(live: Stream) -> None:
    answer = factories.client().post(f"/api/sessions/{live.pk}/parties", {"userName": "Ann"})
    assert answer.status_code == 200
    body = answer.json()
    assert list(body) == ["sessionId", "inviteLink", "expiresAt", "showId"]
    assert body["showId"] == str(live.pk)
    assert body["inviteLink"] == f"http://testserver/join/{body['sessionId']}"
    state = state_of(body["sessionId"])
    assert (state.show_id, state.metadata) == (str(live.pk), {})
    assert [person.user_name for person in state.participants] == ["Ann"]
    assert Party.objects.get(session=body["sessionId"]).stream == live


def test_the_name_may_be_left_out(stream: Stream) -> None:
    body = factories.client().post(f"/api/sessions/{stream.pk}/parties").json()
    assert [person.user_name for person in state_of(body["sessionId"]).participants] == ["Anonymous"]


def test_a_party_needs_a_show_that_is_not_over(creator: Any) -> None:
    ended = factories.stream(creator, "ended")
    answer = factories.client().post(f"/api/sessions/{ended.pk}/parties")
    assert (answer.status_code, answer.json()["error"]) == (400, "This session has ended")
    answer = factories.client().post(f"/api/sessions/{uuid.uuid4()}/parties")
    assert (answer.status_code, answer.json()["error"]) == (404, "Session not found")
    assert not ShoppingSession.objects.exists()


def test_who_is_banned_from_the_show_opens_no_party_in_it(live: Stream) -> None:
    banned = factories.user()
    Restriction.objects.ban(identities.Identity(banned, "").key, live.room_key)
    answer = factories.client(banned).post(f"/api/sessions/{live.pk}/parties")
    assert answer.status_code == 403


def test_a_show_that_goes_leaves_the_party_to_itself(live: Stream) -> None:
    body = factories.client().post(f"/api/sessions/{live.pk}/parties").json()
    live.remove()
    assert ShoppingSession.objects.find(body["sessionId"])


def test_opening_a_party_costs_a_fixed_number_of_queries(live: Stream, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(11):
        factories.client().post(f"/api/sessions/{live.pk}/parties", {"userName": "Ann"})


def test_the_shows_page_in_the_admin_lists_its_parties(live: Stream, client: Any) -> None:
    body = factories.client().post(f"/api/sessions/{live.pk}/parties", {"userName": "Ann of the party"}).json()
    client.force_login(factories.user("admin"))
    page = client.get(f"/admin/streams/stream/{live.pk}/change/").content.decode()
    assert body["sessionId"] in page
    assert "Ann of the party" in page
