"""Whatever becomes of notifications and of single events, every subscriber is told everything else."""

from collections.abc import Callable, Sequence

import pytest

from realtime.broker import publisher
from realtime.delivery import hub, hubs, subscriptions
from realtime.models import RoomEvent
from realtime.protocol import framing
from realtime.runtime import threads
from tests.realtime import recorders, room_log, sample_protocol

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


async def test_a_lost_notification_heals_when_the_next_is_received(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [] if room_log.upto(notification) in (1, 2) else [notification])
    await recorders.tell(room_key, 1, 2, 3)
    await subscriber.hears(1, 2, 3)


async def test_a_lost_last_notification_heals_when_rooms_are_compared_with_the_log(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [])
    await recorders.tell(room_key, 1, 2)
    await local.check()
    await subscriber.hears(1, 2)
    await local.check()
    await subscriber.hears()


async def test_a_gap_wider_than_one_read_heals_in_pieces(
    local: hubs.Hubs,
    room_key: str,
    intercept: Callable[[recorders.Interception], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hub, "GAP_BATCH", 3)
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [])
    await recorders.tell_together(room_key, *range(10))
    await local.check()
    await subscriber.hears(*range(10))


async def test_what_was_redacted_while_a_notification_was_lost_is_passed_over(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [])
    await recorders.tell(room_key, 1, 2, 3)
    await threads.in_db(RoomEvent.objects.redact, room_key, [2])
    await local.check()
    await subscriber.hears(1, 3)


async def test_what_is_no_longer_in_the_log_does_not_stop_what_follows(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [])
    await recorders.tell(room_key, 1, 2, 3)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq=2).delete)
    await local.check()
    await subscriber.hears(1, 3)


async def test_an_event_that_this_version_does_not_know_is_passed_over(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    """As while servers of two versions run side by side."""
    subscriber, _ = await recorders.join(local, room_key)

    def unknown(notification: publisher.Notification) -> Sequence[publisher.Notification]:
        if room_log.upto(notification) != 2:
            return [notification]
        return [publisher.StoredEvents(notification.room, 2, [('{"fact":"of-tomorrow"}', "", "")])]

    intercept(unknown)
    await recorders.tell(room_key, 1, 2, 3)
    await subscriber.hears(1, 3)


async def test_an_event_in_the_log_that_this_version_does_not_know_is_passed_over(
    local: hubs.Hubs, room_key: str, intercept: Callable[[recorders.Interception], None]
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    intercept(lambda notification: [])
    await recorders.tell(room_key, 1, 2, 3)
    await threads.in_db(RoomEvent.objects.filter(room__key=room_key, seq=2).update, body='{"fact":"of-tomorrow"}')
    await local.check()
    await subscriber.hears(1, 3)


async def test_an_event_that_cannot_be_rendered_does_not_take_the_others_along(
    local: hubs.Hubs, room_key: str, caplog: pytest.LogCaptureFixture
) -> None:
    subscriber, _ = await recorders.join(local, room_key)
    await room_log.tell(room_key, sample_protocol.Noted(n=1), sample_protocol.Unspeakable(), sample_protocol.Noted(n=3))
    await subscriber.hears(1, 3)
    assert any(record.exc_info for record in caplog.records)


async def test_one_broken_send_queue_does_not_make_the_others_miss_anything(local: hubs.Hubs, room_key: str) -> None:
    class Broken(recorders.Recorder):
        def write(self, frames: Sequence[framing.Frame]) -> None:
            raise ConnectionError("the transport is lost")

    for _ in range(5):
        subscription = subscriptions.Subscription(Broken(), "plain", framing.FLAT)  # type: ignore[arg-type]
        await local.join(room_key, subscription)
        subscription.release()
    healthy = [(await recorders.join(local, room_key))[0] for _ in range(5)]
    await recorders.tell(room_key, 1)
    for subscriber in healthy:
        await subscriber.hears(1)
