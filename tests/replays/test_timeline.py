"""A show by its own time: what happened when, in pages, without what was taken back; who may read it."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analytics.models import ReactionMinute, ReplayClick, ShowcaseChange, StreamView
from drops.models import Drop
from realtime.models import Restriction, RoomEvent
from replays.models import Moment, Replay
from replays.timeline import read
from shopping.models import Product
from streams.models import ChatMessage, Pin, Stream
from streams.models.undoing import Desk
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

BEGIN = datetime(2020, 1, 31, 20, 0, 10, tzinfo=UTC)
LENGTH = 600_000  # ms


def at(ms: int) -> datetime:
    return BEGIN + timedelta(milliseconds=ms)


@pytest.fixture
def show() -> Stream:
    """A show of ten minutes that ended long ago, and of which nothing is noted yet."""
    stream = factories.stream(factories.user("creator"), "ended")
    Stream.objects.filter(pk=stream.pk).update(started_at=BEGIN, ended_at=at(LENGTH))
    Moment.objects.filter(stream=stream).delete()
    stream.refresh_from_db()
    return stream


def say(stream: Stream, text: str, ms: int, **facts: Any) -> ChatMessage:
    seq = stream.messages.count() + 1
    facts = {"author": "visitor:a", "name": "Ann", **facts}
    return ChatMessage.objects.create(stream=stream, text=text, created_at=at(ms), seq=seq, **facts)


def note(stream: Stream, kind: str, value: Any, ms: int) -> None:
    Moment.objects.create(stream=stream, kind=kind, value=value, at=at(ms))


def timeline(stream: Stream, by: Any = None, **asked: Any) -> dict[str, Any]:
    answer = factories.client(by).get(f"/api/sessions/{stream.pk}/timeline", asked)
    assert answer.status_code == 200, answer.json()
    data: dict[str, Any] = answer.json()["data"]
    return data


def refusal(stream: Stream, by: Any = None, **asked: Any) -> int:
    status: int = factories.client(by).get(f"/api/sessions/{stream.pk}/timeline", asked).status_code
    return status


# --- what is noted while a show goes on


def test_what_a_show_has_in_view_is_noted_as_it_changes_and_outlives_log_and_figures() -> None:
    creator = factories.user("creator")
    stream, mug, jug = factories.stream(creator, "live"), factories.product(creator), factories.product(creator)
    for each in (mug, jug):
        factories.listing(stream, each)
    line = ChatMessage.objects.post(stream.pk, factories.identity(creator), "Welcome")
    desk = Desk(stream, factories.identity(creator))
    desk.pin(line)
    stream.showcase(mug.pk)
    stream.showcase(mug.pk)
    Pin.objects.pin(stream, jug.pk)
    Pin.objects.replace(stream, [mug.pk, jug.pk])
    stream.change_status("paused")
    stream.change_status("live")
    stream.showcase(None)
    desk.unpin()
    stream.end()
    RoomEvent.objects.all().delete()
    ShowcaseChange.objects.all().delete()

    found = timeline(stream)
    assert [change["status"] for change in found["status"]] == ["live", "paused", "live", "ended"]
    assert found["status"][0]["t"] == 0
    assert found["status"][-1]["t"] == found["duration"]
    assert [change["productId"] for change in found["showcase"]] == [str(mug.pk), None]
    assert [change["productIds"] for change in found["pins"]] == [[str(jug.pk)], [str(mug.pk), str(jug.pk)]]
    pinned = [change["message"] and change["message"]["message"] for change in found["pinnedMessage"]]
    assert pinned == ["Welcome", None]
    assert {each["id"] for each in found["products"]} == {str(mug.pk), str(jug.pk)}


def test_a_show_notes_so_much_and_its_status_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("replays.models.moment.MAX_MOMENTS", 3)
    creator = factories.user("creator")
    stream, mug = factories.stream(creator, "live"), factories.product(creator)
    factories.listing(stream, mug)
    for product in [mug.pk, None] * 3:
        stream.showcase(product)
    stream.end()
    assert [moment.kind for moment in stream.moments.order_by("pk")] == ["status", "showcase", "showcase", "status"]


# --- what is read


def test_what_was_taken_back_held_or_seen_by_nobody_is_in_no_timeline(show: Stream) -> None:
    say(show, "Hello", 1_000, badge="guest")
    shadowed = say(show, "Buy elsewhere", 2_000, shadowed=True)
    removed = say(show, "Rude", 3_000)
    note(show, "message", str(removed.pk), 4_000)
    note(show, "message", str(shadowed.pk), 5_000)
    assert [line["message"] for line in timeline(show)["messages"]] == ["Hello", "Rude"]
    removed.hide()
    found = timeline(show, show.creator)
    (line,) = found["messages"]
    assert (line["t"], line["message"], line["userName"], line["badge"]) == (1_000, "Hello", "Ann", "guest")
    assert [change["message"] for change in found["pinnedMessage"]] == [None, None]
    assert timeline(show, **{"from": 4_500})["state"]["pinnedMessage"] is None


def test_products_that_are_gone_are_not_spoken_of(show: Stream) -> None:
    mug = factories.product(show.creator)
    note(show, "showcase", str(mug.pk), 1_000)
    note(show, "pins", [str(mug.pk)], 2_000)
    Product.objects.filter(pk=mug.pk).delete()
    found = timeline(show)
    assert (found["showcase"], found["pins"]) == ([{"t": 1000, "productId": None}], [{"t": 2000, "productIds": []}])


def test_a_replay_says_what_was_dropped_and_how_soon_it_was_gone(show: Stream) -> None:
    times = {"opened_at": at(60_000), "sold_out_at": at(72_000), "closed_at": at(90_000)}
    facts = {"title": "Mug", "currency": "EUR", "price_minor": 750, "quantity": 50, "status": "closed", **times}
    drop = Drop.objects.create(stream=show, outcome="sold_out", **facts)
    Drop.objects.create(stream=show, outcome="undone", **facts)
    (told,) = factories.client().get(f"/api/sessions/{show.pk}/replay").json()["data"]["drops"]
    assert (told["dropId"], told["t"], told["to"], told["soldOutAt"]) == (str(drop.pk), 60_000, 90_000, 72_000)
    assert (told["title"], told["price"], told["quantity"]) == ("Mug", "7.50", 50)


def test_a_part_begins_with_what_was_so_before_it(show: Stream) -> None:
    mug = factories.product(show.creator)
    note(show, "showcase", str(mug.pk), 1_000)
    note(show, "status", "paused", 2_000)
    note(show, "showcase", None, 5_000)
    say(show, "Before", 3_999)
    say(show, "Within", 4_000)
    found = timeline(show, **{"from": 4_000, "to": 5_000})
    assert found["state"] == {"status": "paused", "productId": str(mug.pk), "pins": [], "pinnedMessage": None}
    assert [line["message"] for line in found["messages"]] == ["Within"]
    assert (found["showcase"], found["from"], found["to"], found["next"]) == ([], 4_000, 5_000, None)
    assert timeline(show)["state"]["status"] == "live"


MOMENTS = st.lists(st.tuples(st.booleans(), st.sampled_from([0, 1, 1, 1, 5, 70, LENGTH])), max_size=20)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(history=MOMENTS, limit=st.integers(1, 4))
def test_pages_together_are_the_whole_each_of_it_once(show: Stream, history: Any, limit: int) -> None:
    ChatMessage.objects.all().delete()
    Moment.objects.all().delete()
    for number, (is_line, ms) in enumerate(history):
        if is_line:
            say(show, str(number), ms)
        else:
            note(show, "showcase", None, ms)
    replay, begin, seen = Replay.objects.of(show), 0, []
    for _ in range(len(history) + 2):
        page = read(replay, begin, LENGTH + 1, limit)
        seen += [replay.ms_of(row.created_at) for row in page.messages] + [replay.ms_of(row.at) for row in page.moments]
        if page.next is None:
            break
        assert page.next > begin
        begin = page.next
    assert sorted(seen) == sorted(ms for _, ms in history)


def test_viewers_and_reactions_are_kept_beyond_the_facts_that_they_are_counted_from(show: Stream) -> None:
    for came, went in [(-5_000, 60_000), (1_000, 130_000), (200_000, LENGTH)]:
        StreamView.objects.create(
            stream=show, viewer=str(came), connection="c", role="subscriber", joined_at=at(came), left_at=at(went)
        )
    minute = BEGIN.replace(second=0)
    for n, kind, count in [(0, "heart", 3), (2, "fire", 1), (2, "heart", 2)]:
        ReactionMinute.objects.create(stream=show, minute=minute + timedelta(minutes=n), kind=kind, count=count)
    Replay.objects.keep_ended()
    StreamView.objects.all().delete()
    ReactionMinute.objects.all().delete()
    found = timeline(show)
    assert [each["viewers"] for each in found["viewers"]] == [2, 1, 0, 1, 1, 1, 1, 1, 1, 1, 0]
    assert [each["t"] for each in found["viewers"]][:3] == [0, 50_000, 110_000]
    assert found["reactions"] == [
        {"t": 0, "counts": {"heart": 3}},
        {"t": 110_000, "counts": {"fire": 1, "heart": 2}},
    ]
    assert timeline(show, **{"from": 60_000, "to": 120_000})["viewers"] == [{"t": 110_000, "viewers": 0}]


def test_those_who_all_ask_as_a_show_ends_have_its_viewers_counted_once(
    django_assert_num_queries: Any,
) -> None:
    stream = factories.stream(factories.user("creator"), "live")
    StreamView.objects.create(stream=stream, viewer="visitor:a", connection="c", role="subscriber")
    stream.end()
    first = timeline(stream)
    with django_assert_num_queries(0):
        assert Replay(stream=stream).figures()["viewers"]
    assert len(first["viewers"]) in (1, 2)


# --- who reads it


def test_a_show_that_is_on_is_for_those_who_run_it_and_one_that_is_over_for_everybody() -> None:
    creator = factories.user("creator")
    stream = factories.stream(creator)
    assert refusal(stream, creator) == 400
    stream.start()
    assert (refusal(stream), refusal(stream, factories.user()), refusal(stream, creator)) == (403, 403, 200)
    stream.end()
    assert refusal(stream) == 200


def test_whoever_is_banned_reads_no_replay(show: Stream) -> None:
    viewer = factories.user()
    Restriction.objects.create(room=show.room_key, identity=f"user:{viewer.pk}", kind="ban")
    assert refusal(show, viewer) == 403


@pytest.mark.parametrize("asked", [{"from": "-1"}, {"from": "x"}, {"limit": "0"}, {"limit": "501"}, {"to": str(2**31)}])
def test_odd_windows_are_refused(show: Stream, asked: dict[str, str]) -> None:
    assert refusal(show, **asked) == 400


def test_a_window_beyond_the_show_is_empty(show: Stream) -> None:
    say(show, "Hello", 1_000)
    assert timeline(show, **{"from": 2**31 - 1})["messages"] == []
    assert timeline(show, **{"from": 5_000, "to": 1})["messages"] == []


# --- what its creator decides


def test_a_creator_switches_the_replay_off_and_cuts_it(show: Stream) -> None:
    say(show, "Is this on?", 1_000)
    say(show, "Welcome", 20_000)
    say(show, "Phew", LENGTH - 1_000)
    path, owner = f"/api/sessions/{show.pk}/replay", factories.client(show.creator)
    answer = owner.patch(path, {"from": 10_000, "to": 500_000}, format="json").json()
    assert (answer["data"]["from"], answer["data"]["to"], answer["data"]["duration"]) == (10_000, 500_000, LENGTH)
    assert [line["message"] for line in timeline(show)["messages"]] == ["Welcome"]
    assert [line["message"] for line in timeline(show, **{"from": 0, "to": LENGTH})["messages"]] == ["Welcome"]
    assert len(timeline(show, show.creator)["messages"]) == 3
    assert owner.patch(path, {"to": 10_000}, format="json").status_code == 400
    assert factories.client().patch(path, {"enabled": False}, format="json").status_code == 401
    assert factories.client(factories.user()).patch(path, {"enabled": False}, format="json").status_code == 403
    owner.patch(path, {"enabled": False, "to": None}, format="json")
    assert (refusal(show), refusal(show, show.creator)) == (403, 200)
    assert factories.client().get(path).status_code == 403
    assert owner.get(path).json()["data"]["enabled"] is False


def test_chapters_are_the_products_and_pauses_are_told(show: Stream) -> None:
    mug, jug = (factories.product(show.creator, name=name) for name in ("Mug", "Jug"))
    shown = [(5_000, mug), (60_000, None), (61_000, mug), (100_000, jug), (101_000, mug), (300_000, jug)]
    for ms, product in shown:
        note(show, "showcase", product and str(product.pk), ms)
    for ms, status in [(0, "live"), (200_000, "paused"), (260_000, "live"), (LENGTH, "ended")]:
        note(show, "status", status, ms)
    found = factories.client().get(f"/api/sessions/{show.pk}/replay").json()["data"]
    assert [(each["t"], each["productName"]) for each in found["chapters"]] == [(5_000, "Mug"), (300_000, "Jug")]
    assert found["pauses"] == [{"from": 200_000, "to": 260_000}]


def test_looks_at_products_of_a_replay_are_counted_apart() -> None:
    creator = factories.user("creator")
    stream, mug = factories.stream(creator, "live"), factories.product(creator)
    factories.listing(stream, mug)
    stream.click(mug.pk, factories.identity())
    stream.end()
    for _ in range(2):
        stream.click(mug.pk, factories.identity())
    figures = factories.client().get(f"/api/sessions/{stream.pk}/conversion-stats").json()["data"]
    assert figures["products"][0]["totalClicks"] == 1
    audience = factories.client(creator).get(f"/api/sessions/{stream.pk}/analytics/audience").json()
    assert (audience["live"]["clicks"], audience["replay"]["clicks"]) == (1, 2)
    assert ReplayClick.objects.filter(stream=stream).count() == 2
