"""A show whose host has gone is paused, then ended; who presents where we do not see them is not cut off."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core import checks
from django.utils import timezone

from config.checks import shows
from realtime.models import Presence, Worker
from streams import tasks
from streams.models import Host, Stream, rehearsal
from streams.models.host import ADMIN, PUBLISHER
from streams.models.video import picture_room
from tests import factories
from tests.streams.rest import url

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture(autouse=True)
def patience(settings: Any) -> None:
    settings.SHOWS = settings.SHOWS._replace(pause_seconds=60, end_seconds=600, max_hours=24)


def left(minutes: float, status: str = "live", **facts: Any) -> Stream:
    """A show whose host came by a socket, and went so long ago."""
    show = factories.stream(factories.user("creator"), status, **facts)
    Host.objects.create(stream=show, left_at=timezone.now() - timedelta(minutes=minutes))
    return show


def enter(show: Stream, room: str, role: str, alive: bool = True) -> None:
    lives = timezone.now() + timedelta(minutes=1 if alive else -1)
    worker, _ = Worker.objects.update_or_create(id=f"worker-{alive}", defaults={"alive_until": lives})
    Presence.objects.create(
        room=room, role=role, identity=f"user:{show.creator_id}", connection=uuid.uuid4().hex, worker=worker.pk
    )


def status(show: Stream) -> str:
    show.refresh_from_db()
    return show.status


def test_it_is_paused_and_later_ended() -> None:
    show = left(minutes=2)
    assert tasks.end_left() == 1
    assert status(show) == "paused"
    assert tasks.end_left() == 0
    Host.objects.update(left_at=timezone.now() - timedelta(minutes=11))
    assert tasks.end_left() == 1
    assert status(show) == "ended"
    assert factories.facts(show.room_key)[-2:] == ["paused", "ended"]


def test_after_an_outage_it_is_paused_first_so_that_its_host_can_come_back() -> None:
    show = left(minutes=120)
    tasks.end_left()
    assert status(show) == "paused"


def test_who_is_back_goes_on(settings: Any) -> None:
    show = left(minutes=120)
    enter(show, show.room_key, PUBLISHER)
    Host.objects.come(str(show.pk))
    for _ in range(2):
        assert tasks.end_left() == 0
    assert status(show) == "live"


def test_a_host_who_has_just_gone_is_waited_for() -> None:
    show, paused = left(minutes=0.5), left(minutes=9, status="paused")
    assert tasks.end_left() == 0
    assert (status(show), status(paused)) == ("live", "paused")


def test_a_host_who_went_with_a_process_that_died_is_noticed() -> None:
    show = factories.stream(factories.user("creator"), "live")
    Host.objects.create(stream=show)
    enter(show, show.room_key, PUBLISHER, alive=False)
    tasks.end_left()
    assert Host.objects.get().left_at is not None
    assert status(show) == "live"


@pytest.mark.parametrize("role", ["owner", "broadcaster", "staff in the lobby"])
def test_who_is_here_by_any_of_our_protocols_is_not_cut_off(role: str) -> None:
    show = left(minutes=120)
    if role == "owner":
        enter(show, show.room_key, PUBLISHER)
    elif role == "broadcaster":
        enter(show, picture_room(show.pk), "broadcaster")
    else:
        show.feature(factories.identity(show.creator))
        enter(show, "lobby:main", ADMIN)
    assert tasks.end_left() == 0
    assert status(show) == "live"


def test_staff_in_the_lobby_look_after_the_current_show_alone() -> None:
    show = left(minutes=120)
    enter(show, "lobby:main", ADMIN)
    assert tasks.end_left() == 1


def test_who_never_came_by_a_socket_is_not_missed() -> None:
    show = factories.stream(factories.user("creator"), "live")
    assert tasks.end_left() == 0
    assert status(show) == "live"


@pytest.mark.parametrize("path", ["/start-stream", "/refresh-token"])
def test_who_presents_by_a_media_provider_without_our_sockets_is_not_missed(settings: Any, path: str) -> None:
    settings.MEDIA_PROVIDER, settings.AGORA_APP_ID, settings.AGORA_APP_CERTIFICATE = "agora", "a" * 32, "b" * 32
    show = left(minutes=120, status="scheduled" if path == "/start-stream" else "live")
    answer = factories.client(show.creator).post(url(show, path), {"role": "publisher"})
    assert answer.status_code == 200, answer.content
    assert tasks.end_left() == 0
    assert status(show) == "live"


def test_a_host_who_is_here_while_they_get_access_is_missed_later(settings: Any) -> None:
    settings.MEDIA_PROVIDER, settings.AGORA_APP_ID, settings.AGORA_APP_CERTIFICATE = "agora", "a" * 32, "b" * 32
    show = left(minutes=120)
    enter(show, show.room_key, PUBLISHER)
    factories.client(show.creator).post(url(show, "/refresh-token"), {"role": "publisher"})
    Presence.objects.all().delete()
    assert tasks.end_left() == 1


def test_a_picture_from_elsewhere_is_nobody_of_ours(settings: Any) -> None:
    encoded = left(minutes=120, stream_url="https://cdn.example/live/index.m3u8")
    by_word = left(minutes=120, stream_url="webrtc")
    assert tasks.end_left() == 1
    assert (status(encoded), status(by_word)) == ("live", "paused")
    settings.MEDIA_PROVIDER = "hls"
    Host.objects.update(left_at=timezone.now() - timedelta(days=1))
    assert tasks.end_left() == 0


def test_nothing_is_on_for_ever_but_with_a_host_who_is_here() -> None:
    creator = factories.user("creator")
    forgotten, paused, going = (factories.stream(creator, state) for state in ("live", "paused", "live"))
    enter(going, going.room_key, PUBLISHER)
    fresh = factories.stream(creator, "live")
    Stream.objects.exclude(pk=fresh.pk).update(started_at=timezone.now() - timedelta(hours=25))
    assert tasks.end_left() == 2
    assert [status(show) for show in (forgotten, paused, going, fresh)] == ["ended", "ended", "live", "live"]


def test_a_rehearsal_ends_too() -> None:
    show = left(minutes=120, rehearsal=True)
    rehearsal.rehearses.invalidate(show.pk)
    tasks.end_left()
    tasks.end_left()
    assert status(show) == "ended"


@pytest.mark.parametrize(
    "wrong", [{"remind_minutes": 0}, {"pause_seconds": 5}, {"end_seconds": 10}, {"max_hours": 0}, {"max_hours": 10**6}]
)
def test_what_would_end_no_show_or_every_show_is_refused_at_start(settings: Any, wrong: dict[str, Any]) -> None:
    assert shows() == []
    settings.SHOWS = settings.SHOWS._replace(**wrong)
    (found,) = shows()
    assert found.level == checks.ERROR
