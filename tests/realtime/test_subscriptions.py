"""A subscription by itself: it buffers until it is released, and fills in what is its subscriber's own."""

import json
from typing import Any, ClassVar

import pytest

from realtime import events, wire
from realtime.delivery import delivery, outgoing, subscriptions
from realtime.protocol import framing
from tests.realtime import recorders, sample_protocol


class Names(wire.ServerMessage, tag="test-names"):
    personal: ClassVar[bool] = True
    names: list[str]


class Chosen(events.Personalisation, tag="test-chosen"):
    """Personal messages mean this subscriber, and no other."""

    name: str

    def applies_to(self, personal_key: str) -> bool | None:
        return self.name == personal_key


def subscribed(subscriber: recorders.Recorder, **options: Any) -> subscriptions.Subscription:
    return subscriptions.Subscription(subscriber, "plain", framing.FLAT, **options)  # type: ignore[arg-type]


def note(n: int) -> framing.FrameBatch:
    return framing.FrameBatch([framing.FLAT.pack(sample_protocol.Note(n=n))])


async def test_what_comes_before_the_answer_is_out_is_written_behind_it() -> None:
    subscriber = recorders.Recorder()
    subscription = subscribed(subscriber)
    subscription.write(note(1))
    subscription.write(note(2))
    await subscriber.hears()
    subscription.release()
    subscription.write(note(3))
    await subscriber.hears(1, 2, 3)


async def test_a_connection_whose_buffer_is_full_is_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    async def send(event: dict[str, Any]) -> None:
        pass

    monkeypatch.setattr(outgoing, "MAX_WAITING", 50)
    send_queue = outgoing.SendQueue(send)
    send_queue.start()
    subscription = subscriptions.Subscription(send_queue, "plain", framing.FLAT)
    closing = []
    for n in (1, 2, 3):
        subscription.write(note(n))
        closing.append(send_queue.closing)
    assert closing == [False, False, True]
    assert subscription.size <= 50


async def test_a_socket_is_written_into_only_when_nothing_is_buffered() -> None:
    subscriber = recorders.Recorder()
    subscriber.descriptor = 7
    subscription, changes = subscribed(subscriber), list[int | None]()
    subscription.on_writability_changed = lambda: changes.append(subscription.descriptor)
    subscription.release()
    subscription.buffer()
    assert changes == [7, None]


async def test_personal_frames_are_filled_for_those_they_mean() -> None:
    subscriber = recorders.Recorder()
    subscription = subscribed(subscriber)
    subscription.release()
    subscription.personal_key, subscription.personal_value = "anna", b'"Anna"'
    batch = framing.FrameBatch([framing.FLAT.pack(Names(names=[wire.PERSONAL_SLOT]))])
    for event in (None, Chosen(name="anna"), Chosen(name="ben")):
        if event is not None:
            subscription.personalise(event)
        subscription.write(batch)
    told = [json.loads(subscriber.frames.get_nowait().text)["names"] for _ in range(3)]
    assert told == [[], ["Anna"], []]


async def test_an_event_that_cannot_be_rendered_is_passed_over(caplog: pytest.LogCaptureFixture) -> None:
    subscription = subscribed(recorders.Recorder())
    assert subscription.pack(delivery.Delivery(3, 0.0, sample_protocol.Unspeakable()), "test:1", "e") == []
    assert "event 3 of test:1 could not be told" in caplog.text


async def test_a_redacted_event_is_told_to_nobody() -> None:
    assert subscribed(recorders.Recorder()).pack(delivery.Delivery(3, 0.0, None), "test:1", "e") == []


@pytest.mark.parametrize(
    ("to", "but", "is_for"),
    [("", "", True), ("user:1", "", True), ("user:2", "", False), ("", "user:1", False), ("", "user:2", True)],
)
def test_a_delivery_is_for_its_addresses(to: str, but: str, is_for: bool) -> None:
    told = delivery.Delivery(1, 0.0, sample_protocol.Noted(n=1), to, but)
    assert subscribed(recorders.Recorder(), addresses=frozenset({"user:1", "c1"})).is_addressed(told) is is_for
