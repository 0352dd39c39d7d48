"""The replay's pages in the admin: for staff, with a frame that reaches nothing."""

from typing import Any

import pytest

from recordings.models import Note, Recording, searching
from tests import factories
from tests.recordings import replays, sounds, visits

pytestmark = pytest.mark.django_db

LIST = "/admin/recordings/recording/"


@pytest.fixture(autouse=True)
def plain_static_files(settings: Any) -> None:
    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": files}


@pytest.fixture
def recording() -> Recording:
    return replays.stored(replays.page(0, "https://shop.example/"))


@pytest.fixture
def staff(client: Any) -> Any:
    client.force_login(factories.user("staff"))
    return client


def test_the_replay_is_linked_from_the_list_and_the_recording(staff: Any, recording: Recording) -> None:
    address = f"{LIST}{recording.pk}/replay/"
    assert address in staff.get(LIST).content.decode()
    page = staff.get(f"{LIST}{recording.pk}/change/").content.decode()
    lead = f"{LIST}{recording.pk}/open-replay/"
    assert lead in page
    assert staff.get(lead).url == address
    shown = staff.get(address)
    assert shown.status_code == 200
    assert f'data-path="/api/recordings/{recording.pk}/"' in shown.content.decode()


@pytest.mark.parametrize("page", ["replay/", "replay/stage/"])
def test_nobody_else_sees_it(client: Any, recording: Recording, page: str) -> None:
    address = f"{LIST}{recording.pk}/{page}"
    assert client.get(address).url.startswith("/admin/login/")
    client.force_login(factories.user("moderator"))
    assert client.get(address).status_code == 403
    client.force_login(factories.user("staff"))
    assert client.get(address).status_code == 200
    recording.remove()
    assert client.get(address).status_code == 404


def test_the_frame_lets_only_our_scripts_run_and_nothing_reach_a_network(staff: Any, recording: Recording) -> None:
    answer = staff.get(f"{LIST}{recording.pk}/replay/stage/")
    rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert rules["default-src"] == "'none'"
    assert rules["script-src"] == "http://testserver/static/recordings/"
    assert rules["img-src"] == rules["font-src"] == "data:"
    assert rules["frame-ancestors"] == "'self'"
    assert not {"connect-src", "frame-src", "media-src"} & rules.keys()
    assert answer.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert recording.pk not in answer.content.decode()


def test_the_list_is_searched_for_what_was_said_and_noted(staff: Any) -> None:
    said = replays.finished(replays.stored(replays.page(0, "https://shop.example/"), sounds=((sounds.webm(1.0), 0),)))
    visits.transcribed(said.tracks.get(), (0, 900, "Where is the kettle?"), (900, 1800, "That kettle is too dear."))
    noted = replays.stored(replays.page(0, "https://shop.example/"))
    Note.objects.write(noted, factories.user("staff"), 0, "They never saw a kettle")
    neither = replays.stored(replays.page(0, "https://shop.example/"))
    found = staff.get(LIST, {"q": "kettle"}).content.decode()
    assert found.count(f"{LIST}{said.pk}/replay/?q=kettle") == 1
    assert f"{LIST}{noted.pk}/replay/?q=kettle" in found
    assert neither.pk not in found


def test_a_search_that_reaches_its_bounds_says_so(staff: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        noted = replays.stored(replays.page(0, "https://shop.example/"))
        Note.objects.write(noted, factories.user("staff"), 0, "They never saw a kettle")
    assert "were not looked through" not in staff.get(LIST, {"q": "kettle"}).content.decode()
    monkeypatch.setattr(searching, "MAX_RECORDINGS", 1)
    assert "were not looked through" in staff.get(LIST, {"q": "kettle"}).content.decode()
    assert "were not looked through" not in staff.get(LIST).content.decode()


def test_a_transcript_is_asked_for_anew(staff: Any, settings: Any) -> None:
    settings.TRANSCRIBE = "true"
    said = replays.finished(replays.stored(replays.page(0, "https://shop.example/"), sounds=((sounds.webm(1.0), 0),)))
    said.transcript.fail("no road to it")
    assert "no road to it" in staff.get(f"{LIST}{said.pk}/change/").content.decode()
    staff.post(LIST, {"action": "write_down", "_selected_action": [said.pk]})
    said.transcript.refresh_from_db()
    assert (said.transcript.status, said.transcript.error) == ("waiting", "")
