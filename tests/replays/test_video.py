"""The video of a show: slices are stored once and sealed, become a file that ranges are answered of, and are cut."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from config import jobs
from recordings import remuxing, storage
from recordings.models import finishing
from replays.models import PartStatus, Replay, VideoPart, video_part
from streams.models import Stream
from tests import factories
from tests.conftest import Commits
from tests.recordings.test_commands import command
from tests.replays import films

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

SECONDS = 8


@pytest.fixture(autouse=True)
def kept(settings: Any, tmp_path: Path) -> Path:
    """Where recordings are kept, with a key to seal them."""
    settings.RECORDINGS_FOLDER, settings.RECORDINGS_MIN_FREE_BYTES = tmp_path, 0
    settings.RECORDINGS_KEY, settings.RECORDINGS_ENCRYPTION = ["A" * 43 + "="], True
    local = {"BACKEND": "recordings.storage.LocalFiles", "OPTIONS": {"location": str(tmp_path)}}
    settings.STORAGES = {**settings.STORAGES, storage.ALIAS: local}
    return tmp_path


@pytest.fixture(scope="module")
def film() -> bytes:
    return films.webm(SECONDS)


@pytest.fixture
def show() -> Stream:
    stream = factories.stream(factories.user("creator"), "live")
    Stream.objects.filter(pk=stream.pk).update(started_at=timezone.now() - timedelta(seconds=20))
    stream.refresh_from_db()
    return stream


def path(show: Stream, rest: str = "") -> str:
    return f"/api/sessions/{show.pk}/video{rest}"


def put(show: Stream, number: int, data: bytes, by: Any = "owner", part: int = 0, query: str = "") -> Any:
    client = factories.client(show.creator if by == "owner" else by)
    return client.put(path(show, f"/{part}/slices/{number}{query}"), data, content_type="video/webm")


def upload(show: Stream, film: bytes, t: int = 5_000) -> VideoPart:
    """A part that begins so long after the show, in three slices."""
    begun = factories.client(show.creator).post(path(show))
    assert begun.status_code == 201, begun.json()
    number = begun.json()["data"]["part"]
    for at, piece in enumerate(films.slices(film, 3)):
        answer = put(show, at, piece, part=number, query=f"?t={t}" if at == 0 else "")
        assert answer.status_code == 200, answer.json()
    return show.video_parts.get(number=number)


def finish(show: Stream, part: VideoPart, commits: Commits) -> None:
    with commits():
        assert factories.client(show.creator).post(path(show, f"/{part.number}/end")).status_code == 200
    part.refresh_from_db()


def over(show: Stream, seconds: int = 60) -> None:
    """Ends the show, as one of so many seconds."""
    show.end()
    Stream.objects.filter(pk=show.pk).update(ended_at=show.started_at + timedelta(seconds=seconds))  # type: ignore[operator]
    show.refresh_from_db()


def replay(show: Stream, by: Any = None) -> dict[str, Any]:
    data: dict[str, Any] = factories.client(by).get(f"/api/sessions/{show.pk}/replay").json()["data"]
    return data


def content(answer: Any) -> bytes:
    return b"".join(answer.streaming_content)


def files(kept: Path) -> list[Path]:
    return [each for each in kept.rglob("*") if each.is_file()]


def test_slices_become_a_film_that_has_a_duration_and_answers_ranges(
    show: Stream, film: bytes, commits: Commits, kept: Path
) -> None:
    assert films.duration(film) is None
    part = upload(show, film)
    assert (part.at_ms, part.byte_count) == (5_000, len(film))
    assert all(film[:100] not in each.read_bytes() for each in files(kept))
    assert replay(show, show.creator)["videoWaits"] is True
    finish(show, part, commits)
    assert (part.status, part.slices.count(), len(files(kept))) == (PartStatus.FINISHED, 0, 1)
    over(show)
    (told,) = replay(show)["video"]
    assert (told["t"], told["duration"]) == (5_000, pytest.approx(SECONDS * 1000, abs=200))
    whole = content(factories.client().get(told["url"]))
    assert films.duration(whole) == pytest.approx(SECONDS, abs=0.2)
    assert films.times(whole) == pytest.approx(films.times(film))
    assert film[:200] not in files(kept)[0].read_bytes()
    some = factories.client().get(told["url"], headers={"Range": "bytes=100-299"})
    assert (some.status_code, some["Content-Range"]) == (206, f"bytes 100-299/{len(whole)}")
    assert content(some) == whole[100:300]
    kept_file = factories.client(show.creator).get(told["url"] + "?download=true&whole=true")
    assert kept_file["Content-Disposition"] == 'attachment; filename="tea-time-0.webm"'


def test_a_slice_is_stored_once_and_another_under_its_number_is_refused(show: Stream, film: bytes) -> None:
    factories.client(show.creator).post(path(show))
    assert put(show, 0, film).json()["data"] == {"stored": True, "isNew": True}
    assert put(show, 0, film).json()["data"] == {"stored": True, "isNew": False}
    assert put(show, 0, film + b"!").status_code == 409
    assert show.video_parts.get().byte_count == len(film)


def test_only_those_who_run_a_live_show_record_it(show: Stream, film: bytes) -> None:
    assert factories.client().post(path(show)).status_code == 401
    assert factories.client(factories.user("creator")).post(path(show)).status_code == 403
    factories.client(show.creator).post(path(show))
    assert put(show, 0, film, by=factories.user("creator")).status_code == 403
    assert put(show, 0, film, by=None).status_code == 401
    assert put(show, 0, film, part=7).status_code == 404
    show.change_status("paused")
    assert factories.client(show.creator).post(path(show)).status_code == 400


def test_slices_parts_and_bytes_are_bounded(show: Stream, film: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    factories.client(show.creator).post(path(show))
    assert put(show, 0, b"").status_code == 400
    assert put(show, video_part.MAX_SLICES, b"x").status_code == 400
    assert put(show, 0, b"x" * (video_part.MAX_SLICE + 1)).status_code == 413
    monkeypatch.setattr(video_part, "MAX_BYTES", 10)
    assert put(show, 0, film).status_code == 400
    monkeypatch.setattr(video_part, "MAX_PARTS", 1)
    assert factories.client(show.creator).post(path(show)).status_code == 400


def test_whoever_may_not_see_the_replay_sees_no_video(show: Stream, film: bytes, commits: Commits) -> None:
    part = upload(show, film)
    finish(show, part, commits)
    url = path(show, "/0.webm")
    assert (factories.client().get(url).status_code, factories.client(show.creator).get(url).status_code) == (403, 200)
    over(show)
    assert factories.client().get(url).status_code == 200
    assert factories.client().get(path(show, "/0.mp4")).status_code == 404
    Replay.objects.of(show).revise(enabled=False)
    assert factories.client().get(url).status_code == 403


def test_a_cut_leaves_nothing_of_the_video_outside_it_but_for_those_who_run_the_show(
    show: Stream, film: bytes, commits: Commits, kept: Path
) -> None:
    part = upload(show, film)
    finish(show, part, commits)
    over(show)
    with commits():
        Replay.objects.of(show).revise(from_ms=7_000, until_ms=11_000)
    (told,) = replay(show)["video"]
    assert told["t"] == pytest.approx(7_000, abs=KEY_MS)
    assert told["t"] + told["duration"] == pytest.approx(11_000, abs=200)
    seen = films.times(content(factories.client().get(told["url"])))
    assert seen[0] == 0
    assert seen[-1] == pytest.approx(told["duration"] / 1000, abs=0.2)
    client = factories.client(show.creator)
    assert len(films.times(content(client.get(told["url"] + "?whole=true")))) == SECONDS * films.RATE
    assert len(films.times(content(factories.client().get(told["url"] + "?whole=true")))) == len(seen)
    with commits():
        Replay.objects.of(show).revise(from_ms=30_000, until_ms=None)
    assert replay(show)["video"] == []
    own = factories.client(show.creator).get(f"/api/sessions/{show.pk}/replay?whole=true").json()["data"]
    assert own["video"][0]["duration"] == pytest.approx(SECONDS * 1000, abs=200)
    assert factories.client().get(told["url"]).status_code == 404
    assert len(files(kept)) == 1
    with commits():
        Replay.objects.of(show).revise(from_ms=0)
    assert replay(show)["video"][0]["t"] == 5_000


KEY_MS = films.KEY_EVERY * 1000 // films.RATE  # between two pictures that are whole


def test_until_it_is_trimmed_a_film_that_a_cut_goes_through_is_not_shown(
    show: Stream, film: bytes, commits: Commits
) -> None:
    part = upload(show, film)
    finish(show, part, commits)
    over(show)
    Replay.objects.of(show).revise(from_ms=7_000)  # its task has not run: nothing is committed
    assert replay(show)["video"] == []
    assert factories.client().get(path(show, "/0.webm")).status_code == 404


def test_what_a_lost_task_has_left_is_finished_later(
    show: Stream, film: bytes, commits: Commits, monkeypatch: pytest.MonkeyPatch, kept: Path
) -> None:
    part = upload(show, film)
    with monkeypatch.context() as broken:
        broken.setattr(remuxing, "remux_film", failing)
        finish(show, part, commits)
    part.refresh_from_db()
    assert (part.status, part.finish_tries) == (PartStatus.FINISHING, 1)
    (kept / "shows" / str(part.pk) / "left-by-a-dead-worker").write_bytes(b"x")
    VideoPart.objects.update(finish_at=timezone.now() - finishing.LEASE)
    with commits():
        jobs.finish_videos()
    part.refresh_from_db()
    assert (part.status, len(files(kept))) == (PartStatus.FINISHED, 1)


def failing(*_: Any) -> Any:
    raise OSError("the disk is full")


def test_a_part_whose_broadcaster_has_gone_is_over_after_a_while(show: Stream, film: bytes, commits: Commits) -> None:
    part = upload(show, film)
    with commits():
        jobs.finish_videos()
    part.refresh_from_db()
    assert part.status == PartStatus.RECORDING
    VideoPart.objects.update(last_at=timezone.now() - video_part.IDLE - timedelta(seconds=1))
    with commits():
        jobs.finish_videos()
    part.refresh_from_db()
    assert part.status == PartStatus.FINISHED


def test_what_is_no_film_fails_and_is_not_tried_for_ever(show: Stream, commits: Commits) -> None:
    part = upload(show, b"this is no film at all")
    finish(show, part, commits)
    assert part.status == PartStatus.FAILED
    assert "begins like no recording" in part.last_error


def test_deleting_the_video_or_its_show_or_its_time_being_over_deletes_its_files(
    show: Stream, film: bytes, commits: Commits, kept: Path, settings: Any
) -> None:
    client = factories.client(show.creator)
    with commits():
        finish(show, upload(show, film), commits)
        upload(show, film)
        assert factories.client().delete(path(show, "/0")).status_code == 401
        assert client.delete(path(show, "/0")).status_code == 200
    assert len(files(kept)) == 3  # the slices of the second part
    with commits():
        show.remove()
    assert files(kept) == []
    other = factories.stream(show.creator, "live")
    upload(other, film, t=0)
    settings.SHOW_VIDEO_RETENTION = timedelta(days=10)
    VideoPart.objects.update(created_at=timezone.now() - timedelta(days=9))
    with commits():
        jobs.prune_recordings()
    assert len(files(kept)) == 3
    VideoPart.objects.update(created_at=timezone.now() - timedelta(days=11))
    with commits():
        jobs.prune_recordings()
    assert files(kept) == []


def test_keys_of_videos_are_wrapped_anew_and_their_files_are_no_strays(
    show: Stream, film: bytes, commits: Commits, settings: Any
) -> None:
    part = upload(show, film)
    finish(show, part, commits)
    settings.RECORDINGS_KEY = ["B" * 43 + "=", *settings.RECORDINGS_KEY]
    assert "1 keys wrapped anew, 0 cannot" in command("rewrap_recordings")
    settings.RECORDINGS_KEY = settings.RECORDINGS_KEY[:1]
    assert "0 folders of no recording deleted" in command("prune_recordings", "--files")
    over(show)
    assert films.times(content(factories.client().get(path(show, "/0.webm"))))
