"""Who watches now, over REST: for those who run the show."""

import pytest

from analytics.models import StreamView
from streams.models import Stream
from tests import factories

pytestmark = pytest.mark.django_db


def view(stream: Stream, viewer: str, role: str = "subscriber", **facts: object) -> StreamView:
    return StreamView.objects.create(stream=stream, viewer=viewer, connection=viewer, role=role, **facts)


def test_the_owner_sees_who_watches_now() -> None:
    creator, fan = factories.user("creator"), factories.user("viewer")
    stream = factories.stream(creator)
    view(stream, f"user:{fan.pk}", user=fan)
    view(stream, "visitor:1")
    view(stream, f"user:{creator.pk}", role="publisher", user=creator)
    gone = view(stream, "visitor:2")
    StreamView.objects.filter(pk=gone.pk).close()

    answer = factories.client(creator).get(f"/api/sessions/{stream.pk}/analytics/live")

    assert answer.status_code == 200
    body = answer.json()
    assert (body["sessionId"], body["liveViewerCount"]) == (str(stream.pk), 2)
    assert {(seen["username"], seen["userId"]) for seen in body["viewers"]} == {(fan.username, fan.pk), ("Guest", None)}
    assert all(seen["watchDuration"] >= 0 for seen in body["viewers"])


def test_others_do_not_see_it() -> None:
    stream = factories.stream(factories.user("creator"))
    url = f"/api/sessions/{stream.pk}/analytics/live"
    assert factories.client(factories.user("creator")).get(url).status_code == 403
    assert factories.client(None).get(url).status_code == 401
