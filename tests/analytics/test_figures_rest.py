"""The figures over REST: their documented shapes, and who may read them."""

import uuid
from typing import Any

import pytest

from accounts.models import User
from analytics.models import StreamView
from streams.models import Stream
from tests import factories

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


@pytest.fixture
def creator() -> User:
    return factories.user("creator")


@pytest.fixture
def show(creator: User) -> Stream:
    """A show that is over, with one viewer, one reaction and one look at its product."""
    stream = factories.stream(creator, "live")
    mug = factories.product(creator)
    factories.listing(stream, mug, featured=True)
    viewer = factories.user()
    StreamView.objects.create(stream=stream, viewer="v", connection="c", role="subscriber", user=viewer)
    stream.reactions.create(kind="heart", count=3)
    stream.click(mug.pk, factories.identity(viewer))
    stream.end()
    return stream


def keys(of: Any) -> Any:
    """The shape of a JSON value: its keys all the way down, of lists the shape of the first item."""
    if isinstance(of, dict):
        return {key: keys(value) for key, value in of.items()}
    return [keys(of[0])] if isinstance(of, list) and of else ([] if isinstance(of, list) else None)


NUMBERS = None  # whatever is neither an object nor a list

REPORT = {
    "sessionId": NUMBERS,
    "session": {
        "title": None,
        "status": None,
        "creator": dict.fromkeys(["id", "username", "email", "role", "createdAt", "updatedAt"]),
        "createdAt": None,
        "updatedAt": None,
    },
    "viewers": dict.fromkeys(["unique", "total", "peak", "avgWatchTime", "avgWatchTimeFormatted", "watchTime"]),
    "products": {
        "total": None,
        "featured": None,
        "list": [dict.fromkeys(["productId", "name", "featured", "displayOrder"])],
    },
    "reactions": {"total": None, "breakdown": {"heart": None}},
    "chat": {"messages": None, "authors": None},
    "engagement": {
        "viewerTimeline": [dict.fromkeys(["timestamp", "joins", "leaves"])],
        "retention": {
            "ranges": [dict.fromkeys(["label", "count"])],
            **dict.fromkeys(["median", "medianFormatted", "p75", "p75Formatted", "p90", "p90Formatted"]),
        },
    },
}


def test_the_report_of_a_show_has_the_documented_shape(show: Stream, creator: User) -> None:
    answer = factories.client(creator).get(f"/api/sessions/{show.pk}/analytics")
    assert answer.status_code == 200
    body = answer.json()
    assert keys(body) == REPORT
    assert (body["viewers"]["unique"], body["reactions"]["total"], body["products"]["featured"]) == (1, 3, 1)


def test_the_viewers_of_a_show_have_the_documented_shape(show: Stream, creator: User) -> None:
    body = factories.client(creator).get(f"/api/sessions/{show.pk}/analytics/viewers").json()
    fields = ["id", "userId", "username", "joinedAt", "leftAt", "watchDuration", "watchDurationFormatted", "isActive"]
    assert keys(body) == {"sessionId": None, "total": None, "viewers": [dict.fromkeys(fields)]}
    assert (body["total"], body["viewers"][0]["isActive"]) == (1, False)


def test_figures_of_our_own_have_the_documented_shape(show: Stream, creator: User) -> None:
    client, path = factories.client(creator), f"/api/sessions/{show.pk}/analytics"
    people = dict.fromkeys(["people", "visits", "watchTime", "averageWatchTime", "peak", "clicks"])
    assert keys(client.get(f"{path}/audience").json()) == {"sessionId": None, "live": people, "replay": people}
    counts = ["viewers", "joins", "leaves", "lines", "reactions", "hearts", "clicks", "carts"]
    minute = dict.fromkeys(["minute", *counts, "productId", "productName"])
    assert keys(client.get(f"{path}/minutes").json()) == {"sessionId": None, "minutes": [minute]}
    step = dict.fromkeys(["event", "people", "rate", "events"])
    assert keys(client.get(f"{path}/funnel").json()) == {"sessionId": None, "steps": [step]}


def test_a_moderator_who_is_the_owner_reads_them_and_one_who_is_not_does_not(show: Stream) -> None:
    own = factories.stream(factories.user("moderator"))
    client = factories.client(own.creator)
    statuses = [client.get(f"/api/sessions/{each.pk}/analytics").status_code for each in (own, show)]
    assert statuses == [200, 403]


@pytest.mark.parametrize("status", ["scheduled", "live", "paused", "ended"])
def test_looks_are_answered_alike_whatever_the_show_does(creator: User, status: str) -> None:
    stream = factories.stream(creator, "live")
    mug = factories.listing(stream, factories.product(creator)).product
    stream.click(mug.pk, factories.identity())
    Stream.objects.filter(pk=stream.pk).update(status=status)
    body = factories.client().get(f"/api/sessions/{stream.pk}/conversion-stats").json()
    [row] = body["data"]["products"]
    assert (body["sessionStatus"], row["productId"], row["totalClicks"]) == (status, str(mug.pk), 1)


def test_reactions_of_a_live_show_are_in_its_creators_sum(creator: User) -> None:
    stream = factories.stream(creator, "live")
    factories.reactions(stream, "heart", "fire")
    body = factories.client(creator).get(f"/api/analytics/creator/{creator.pk}").json()
    assert body["data"]["reactions"] == {"total": 2, "breakdown": {"heart": 1, "fire": 1}}


def test_looks_at_products_are_public(show: Stream) -> None:
    body = factories.client().get(f"/api/sessions/{show.pk}/conversion-stats").json()
    fields = ["productId", "productName", "uniqueClicks", "totalClicks", "clickThroughRate", "createdAt", "updatedAt"]
    shape = {"totalViewers": None, "products": [dict.fromkeys(fields)]}
    assert keys(body) == {"success": None, "sessionId": None, "sessionStatus": None, "data": shape}
    assert (body["sessionStatus"], body["data"]["products"][0]["clickThroughRate"]) == ("ended", 100.0)


def test_a_creators_figures_have_the_documented_shape(show: Stream, creator: User) -> None:
    body = factories.client(creator).get(f"/api/analytics/creator/{creator.pk}").json()
    assert body == {
        "success": True,
        "creatorId": creator.pk,
        "data": {
            "sessions": {"total": 1, "byStatus": {"live": 0, "ended": 1, "scheduled": 0, "paused": 0}},
            "viewers": {"totalUnique": 1, "averagePerSession": 1, "peakConcurrent": 1},
            "reactions": {"total": 3, "breakdown": {"heart": 3}},
            "products": {"totalClicks": 1, "uniqueUsers": 1, "averageCTR": 100.0},
        },
    }


def test_a_creator_without_shows_has_zeros() -> None:
    new = factories.user("creator")
    body = factories.client(new).get(f"/api/analytics/creator/{new.pk}").json()
    assert body["data"]["viewers"] == {"totalUnique": 0, "averagePerSession": 0, "peakConcurrent": 0}
    assert body["data"]["products"] == {"totalClicks": 0, "uniqueUsers": 0, "averageCTR": 0.0}


@pytest.mark.parametrize("wrong", ["x", "0", "-1", "1.5", "9" * 30, "\u0663"])
def test_a_creators_id_is_a_number(wrong: str) -> None:
    answer = factories.client(factories.user("admin")).get(f"/api/analytics/creator/{wrong}")
    assert (answer.status_code, answer.json()["message"]) == (400, "Invalid creator ID")


@pytest.mark.parametrize(
    ("role", "status"),
    [("viewer", 403), ("creator", 403), ("moderator", 403), ("staff", 200), ("admin", 200), (None, 401)],
)
def test_figures_are_for_the_owner_and_for_staff(show: Stream, creator: User, role: str | None, status: int) -> None:
    client = factories.client(factories.user(role) if role else None)
    for path in ("", "/live", "/viewers", "/audience", "/minutes", "/funnel"):
        assert client.get(f"/api/sessions/{show.pk}/analytics{path}").status_code == status
    assert client.get(f"/api/analytics/creator/{creator.pk}").status_code == status


def test_an_unknown_show_has_no_figures(creator: User) -> None:
    own = ("", "/live", "/viewers", "/audience", "/minutes", "/funnel")
    for path in (*(f"analytics{each}" for each in own), "conversion-stats"):
        answer = factories.client(creator).get(f"/api/sessions/{uuid.uuid4()}/{path}")
        assert (answer.status_code, answer.json()["error"]) == (404, "Session not found")
