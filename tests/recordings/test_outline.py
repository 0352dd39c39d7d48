"""The outline of a recording: where its replay can begin and jump to, and what in it is idle."""

import json
from typing import Any

import pytest

from recordings import outlining
from recordings.models import EventBatch, Outline, Recording, outline
from tests.recordings import replays, visits

pytestmark = [pytest.mark.everywhere, pytest.mark.django_db]


def told(*batches: list[replays.Event], spoken: list[tuple[int, int]] | None = None) -> dict[str, Any]:
    known = outlining.Outlined(start=visits.START)
    for number, events in enumerate(batches):
        moments = [event["timestamp"] for event in events]
        known.read(number, int(min(moments)), int(max(moments)), json.dumps(events).encode())
    return known.told(0, spoken or [])


def test_pages_clicks_and_snapshots_are_found() -> None:
    first = [*replays.page(0, "https://shop.example/"), replays.click(2000)]
    second = [*replays.page(4000, "https://shop.example/mug"), replays.click(6000), replays.click(7000)]
    shown = told(first, second)
    assert [(page["at"], page["url"]) for page in shown["pages"]] == [
        (0, "https://shop.example/"),
        (4000, "https://shop.example/mug"),
    ]
    assert shown["clicks"] == [2000, 6000, 7000]
    assert [(each["at"], each["number"]) for each in shown["keyframes"]] == [(0, 0), (4000, 1)]
    assert (shown["start"], shown["duration"], shown["old"]) == (visits.START, 7000, False)
    assert [list(batch) for batch in shown["batches"]] == [[0, 0, 2000], [1, 4000, 7000]]


def test_a_snapshot_may_come_in_the_batch_after_its_announcement() -> None:
    announced, snapshot = replays.page(500, "https://shop.example/")
    shown = told([replays.move(0, 1, 1), announced], [snapshot])
    assert [(each["at"], each["number"]) for each in shown["keyframes"]] == [(500, 0)]


def test_another_address_without_a_snapshot_is_a_page_but_no_place_to_begin() -> None:
    changed = replays.rrweb(4, {"href": "https://shop.example/#cart", "width": 800, "height": 500}, 3000)
    shown = told(
        [*replays.page(0, "https://shop.example/"), changed, *replays.page(9000, "https://shop.example/#cart")]
    )
    assert [page["at"] for page in shown["pages"]] == [0, 3000]
    assert [each["at"] for each in shown["keyframes"]] == [0, 9000]


def test_idle_is_what_nobody_does_anything_in_and_nobody_speaks() -> None:
    mutation = replays.changed(15_000, 6, "a clock on the page")
    events = [*replays.page(0, "https://shop.example/"), replays.move(5000, 1, 1), mutation, replays.move(40_000, 2, 2)]
    assert [list(each) for each in told(events)["idle"]] == [[5000, 40_000]]
    spoken = [(16_000, 18_000)]
    assert [list(each) for each in told(events, spoken=spoken)["idle"]] == [[5000, 16_000], [18_000, 40_000]]
    assert told(events, spoken=[(12_000, 31_000)])["idle"] == []


def test_what_shopaloud_sent_is_understood() -> None:
    shown = told(replays.shopaloud("<p>Goods</p>", steps=1600))
    assert shown["old"]
    assert shown["clicks"][:2] == [1250, 3250]
    assert [page["url"] for page in shown["pages"]] == ["https://old.example/goods"]
    beginnings = shown["keyframes"]
    assert [each["at"] for each in beginnings] == [0, 300_000]
    assert (beginnings[1]["scene"], beginnings[1]["scroll"]) == (0, (0.0, 300.0))


@pytest.mark.parametrize(
    "data",
    [
        None,
        "text",
        {"type": "2"},
        {"type": 4, "data": {"href": 5}},
        {"type": 3, "data": []},
        {"type": 3, "data": {"source": {}}},
        {"type": 2},
    ],
)
@pytest.mark.parametrize(
    "kind", ["rrweb", "videoStream", "scroll:position", "click:event", "mouse:position", "unknown"]
)
def test_what_somebody_has_made_up_hurts_nothing(kind: str, data: Any) -> None:
    shown = told([visits.event(kind, data, 0), *replays.page(10, "https://shop.example/"), replays.click(20)])
    assert 20 in shown["clicks"]


def test_the_outline_goes_on_where_more_has_come(monkeypatch: pytest.MonkeyPatch) -> None:
    recording = replays.stored(replays.page(0, "https://shop.example/"))
    assert Outline.objects.of(recording)["clicks"] == []
    visits.store(visits.batch(recording, replays.click(2000), number=1))
    read = []
    genuine = EventBatch.read

    def note(batch: EventBatch, box: Any) -> bytes:
        read.append(batch.number)
        return genuine(batch, box)

    monkeypatch.setattr(EventBatch, "read", note)
    assert Outline.objects.of(Recording.objects.get(pk=recording.pk))["clicks"] == [2000]
    assert read == [1]


def test_a_batch_that_came_late_stands_where_it_belongs() -> None:
    recording = replays.stored(replays.page(1000, "https://shop.example/"))
    visits.store(visits.batch(recording, replays.click(9000), number=5))
    Outline.objects.of(Recording.objects.get(pk=recording.pk))
    visits.store(visits.batch(recording, replays.click(0), number=2))
    shown = Outline.objects.of(Recording.objects.get(pk=recording.pk))
    assert shown["clicks"] == [0, 9000]
    assert [each["at"] for each in shown["keyframes"]] == [1000]
    assert shown["start"] == visits.START


def test_a_long_recording_is_read_in_several_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outline, "READ", 2)
    recording = replays.stored(*([replays.click(1000 * step)] for step in range(5)))
    counts = []
    while True:
        shown = Outline.objects.of(recording)
        counts.append(len(shown["clicks"]))
        if shown["complete"]:
            break
    assert counts == [2, 4, 5]


def test_the_outline_is_sealed_like_the_events() -> None:
    recording = replays.stored(replays.page(0, "https://shop.example/only-here"))
    Outline.objects.of(recording)
    row = Outline.objects.get(recording=recording)
    assert b"only-here" not in bytes(row.events)
    known = row.outlined(recording.box)
    assert known is not None
    assert known.pages[0].url == "https://shop.example/only-here"
