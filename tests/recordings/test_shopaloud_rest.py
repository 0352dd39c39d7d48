"""ShopAloud's dashboards read what they know: /sessions, /sessions/:id and /users."""

from typing import Any

import msgspec
import pytest

from recordings import newest
from recordings.newest import Budget, Newest
from tests import factories
from tests.conftest import Commits
from tests.recordings import sounds, visits
from tests.recordings.test_finishing import finish, said

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def staff() -> Any:
    return factories.client(factories.user("staff"))


def test_a_session_has_the_documented_shape(commits: Commits, settings: Any) -> None:
    settings.APP_URL = "https://shop.example/"
    recording = said(sounds.webm(1))
    recording.connect()
    kinds = ("mouse:position", "scroll:position", "click:event", "dom:mutation", "videoStream:start", "rrweb")
    visits.store(visits.batch(recording, *(visits.event(kind, f"<{kind}>", at=5) for kind in kinds)))
    finish(recording, commits)
    (session,) = staff().get("/sessions").json()["sessions"]
    row = {"timestamp": visits.START + 5}
    assert session["events"] == {
        "mousePositions": [{"data": "<mouse:position>", **row}],
        "scrollPositions": [{"data": "<scroll:position>", **row}],
        "clickEvents": [{"data": "<click:event>", **row}],
        "domMutations": [{"data": "<dom:mutation>", **row}],
        "videoStream": [{"data": "<videoStream:start>", **row}],
        "other": [{"event": "rrweb", "data": "<rrweb>", **row}],
        "connectionCount": 1,
    }
    assert session["audioPaths"] == [f"https://shop.example/api/recordings/{recording.pk}/audio/0.webm"]
    assert (session["userId"], session["eventsTruncated"]) == (recording.participant_id, False)
    whole = staff().get(f"/sessions/{recording.pk}").json()["session"]
    assert whole.pop("videoPaths") == []
    assert whole.pop("updatedAt")
    assert whole == session


def test_an_unknown_session_is_null() -> None:
    answer = staff().get("/sessions/none")
    assert (answer.status_code, answer.json()) == (200, {"session": None})


def test_sessions_are_paged_the_newest_first() -> None:
    first, second = visits.recording(), visits.recording()
    first.created_at = factories.ago(5)
    first.save()
    ids = [session["id"] for session in staff().get("/sessions").json()["sessions"]]
    assert ids == [second.pk, first.pk]
    page = staff().get("/sessions", {"limit": 1, "offset": 1}).json()["sessions"]
    assert [session["id"] for session in page] == [first.pk]
    assert "mousePositions" not in page[0]["events"]


def test_a_user_has_their_recordings_counted_and_their_newest_events() -> None:
    person = visits.participant()
    for n in range(2):
        recording = visits.recording(person)
        visits.store(visits.batch(recording, visits.event(data=str(n))))
    (user,) = staff().get("/users").json()["users"]
    assert (user["id"], user["email"], user["name"], user["numSessions"]) == (person.pk, None, None, 2)
    assert {event["data"] for event in user["events"]["mousePositions"]} == {"0", "1"}


@pytest.mark.parametrize("path", ["/sessions", "/sessions/x", "/users"])
def test_it_is_for_staff_or_for_everyone_where_old_clients_are_trusted(settings: Any, path: str) -> None:
    assert factories.client().get(path).status_code == 401
    assert factories.client(factories.user("viewer")).get(path).status_code == 403
    settings.TRUST_DECLARED_IDENTITY = True
    assert factories.client().get(path).status_code == 200


def test_of_each_kind_only_the_newest_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(newest, "MAX_EVENTS", 3)
    monkeypatch.setattr(newest, "PAGE", 2)
    recording = visits.recording()
    for number in range(6):
        visits.store(visits.batch(recording, visits.event(data=number), number=number))
    visits.store(visits.batch(recording, visits.event("click:event", "one"), number=6))
    session = staff().get(f"/sessions/{recording.pk}").json()["session"]
    assert [event["data"] for event in session["events"]["mousePositions"]] == [3, 4, 5]
    assert len(session["events"]["clickEvents"]) == 1
    assert session["eventsTruncated"] is True


def test_one_answer_reads_no_more_than_its_budget() -> None:
    recording = visits.recording()
    for number in range(3):
        visits.store(visits.batch(recording, visits.event(data=number), number=number))
    found = Newest(Budget(1))
    found.read(recording)
    assert found.truncated
    assert [event["data"] for event in found.as_events()["mousePositions"]] == [2]


def test_a_number_that_is_none_spoils_no_list() -> None:
    recording = visits.recording()
    batch = visits.batch(recording, visits.event(data="1"), visits.event("click:event", {"token": "x"}), number=0)
    data = batch.data.replace(b'"1"', b"1e999").replace(b'"x"', b"1e999")
    assert visits.store(msgspec.structs.replace(batch, data=data)) == ["stored"]
    session = staff().get(f"/sessions/{recording.pk}").json()["session"]
    assert [event["data"] for event in session["events"]["mousePositions"]] == [None]
    assert [event["data"] for event in session["events"]["clickEvents"]] == [None]
