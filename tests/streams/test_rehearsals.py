"""A rehearsal is for its owner and those whom they have named: nobody else knows of it, and nothing of it counts."""

from typing import Any

import pytest
from django.core.exceptions import ValidationError

from accounts.models import User
from analytics import rollups
from analytics.models import ProductClick, ReactionMinute, ShowcaseChange, StreamView
from realtime import database
from realtime.models import RoomEvent
from replays.models import Moment, Replay
from search import lines
from streams.models import ChatMessage, Like, Moderator, ReactionTotal, Stream
from streams.models.undoing import Desk
from tests import factories, sockets
from tests.streams.rest import refused, url

READS = ["", "/reactions", "/chat", "/chat/count", "/products", "/pins", "/questions", "/conversion-stats", "/replay"]


@pytest.fixture
def rehearsal(creator: User) -> Stream:
    return factories.stream(creator, "live", rehearsal=True, title="Teapots tried out")


def named(stream: Stream) -> User:
    """Somebody whom the owner has named to keep order."""
    keeper = factories.user()
    Desk(stream, factories.identity(stream.creator)).name_moderator(keeper)
    stream.refresh_from_db()
    return keeper


@pytest.mark.django_db
@pytest.mark.everywhere
class TestOverRest:
    @pytest.mark.parametrize("rest", READS)
    def test_nobody_else_finds_it(self, rehearsal: Stream, rest: str) -> None:
        for stranger in (None, factories.user(), factories.user("creator"), factories.user("staff")):
            answer = factories.client(stranger).get(url(rehearsal, rest))
            assert refused(answer) == (404, "Session not found")
        for known in (rehearsal.creator, named(rehearsal)):
            assert factories.client(known).get(url(rehearsal, rest)).status_code == 200 or rest == "/replay"

    def test_strangers_do_nothing_in_it(self, rehearsal: Stream) -> None:
        client = factories.client(factories.user("moderator"))
        for path, body in [
            ("/chat", {"message": "Hi"}),
            ("/parties", {}),
            ("/refresh-token", {"role": "publisher"}),
            ("/end-stream", {}),
            ("/moderation/mutes", {"userId": 1, "minutes": 5}),
            ("/reminder", {}),
            ("/open", {}),
        ]:
            assert client.post(url(rehearsal, path), body).status_code == 404, path
        assert client.get(url(rehearsal, "/stream-token")).status_code == 404
        assert client.patch(url(rehearsal), {"title": "Mine"}).status_code == 404
        assert not ChatMessage.objects.exists()

    def test_it_stands_in_no_list(self, rehearsal: Stream) -> None:
        shown = factories.stream(rehearsal.creator, "live", title="Teapots for all")
        stranger, own = factories.client(), factories.client(rehearsal.creator)
        lists: list[tuple[str, Any]] = [
            ("/api/sessions?public=true", lambda body: [show["id"] for show in body["data"]]),
            ("/api/users/live", lambda body: [each["liveSession"]["id"] for each in body["data"]]),
            ("/api/search/sessions?q=teapots", lambda body: [show["id"] for show in body["data"]]),
            ("/api/search/sessions/trending", lambda body: [show["id"] for show in body["data"]]),
        ]
        for path, ids in lists:
            for client in (stranger, own):
                assert ids(client.get(path).json()) == [str(shown.pk)], path
        assert {show["id"] for show in own.get("/api/sessions").json()["data"]} == {str(shown.pk), str(rehearsal.pk)}

    def test_it_has_no_party_no_video_and_no_reminder(self, rehearsal: Stream) -> None:
        for path in ("/parties", "/video", "/reminder"):
            assert factories.client(rehearsal.creator).post(url(rehearsal, path), {}).status_code == 400, path

    def test_it_is_never_the_current_show(self, rehearsal: Stream) -> None:
        admin = factories.user("admin")
        with pytest.raises(ValidationError):
            rehearsal.feature(factories.identity(admin))
        rehearsal.change_status("paused")
        rehearsal.change_status("live", by=factories.identity(admin))
        assert Stream.objects.current() is None

    def test_nothing_of_it_is_counted(self, rehearsal: Stream) -> None:
        mug = factories.product(rehearsal.creator)
        factories.listing(rehearsal, mug)
        owner = factories.identity(rehearsal.creator)
        ChatMessage.objects.post(rehearsal.pk, owner, "Is this on?")
        factories.reactions(rehearsal, "heart")
        rehearsal.showcase(mug.pk)
        rehearsal.click(mug.pk, owner)
        rehearsal.end()
        rehearsal.click(mug.pk, owner)
        assert rollups.roll_up_ended() == 0
        lines.index_ended()
        Stream.objects.update(ended_at=factories.ago(10))
        assert Replay.objects.keep_ended() == 0
        for facts in (StreamView, ProductClick, ReactionMinute, ShowcaseChange, Moment):
            assert not facts.objects.exists(), facts
        assert lines.find("this", slice(0, 10)).rows == []
        figures = factories.client(rehearsal.creator).get(f"/api/analytics/creator/{rehearsal.creator_id}").json()
        assert figures["data"]["sessions"]["total"] == 0

    def test_opened_to_everybody_it_is_to_come_and_nothing_was_said(self, rehearsal: Stream) -> None:
        mug, owner = factories.product(rehearsal.creator), factories.identity(rehearsal.creator)
        factories.listing(rehearsal, mug)
        keeper = named(rehearsal)
        ChatMessage.objects.post(rehearsal.pk, owner, "Is this on?")
        Like.objects.toggle(rehearsal, owner.key, None, owner)
        factories.reactions(rehearsal, "heart")
        rehearsal.showcase(mug.pk)
        client = factories.client(rehearsal.creator)
        assert refused(client.post(url(rehearsal, "/open")))[0] == 400
        rehearsal.end()
        shown = client.post(url(rehearsal, "/open")).json()["data"]
        assert shown == shown | {"status": "scheduled", "rehearsal": False, "startedAt": None, "activeProductId": None}
        rehearsal.refresh_from_db()
        assert [each.objects.filter(stream=rehearsal).count() for each in (ChatMessage, Like, ReactionTotal)] == [
            0,
            0,
            0,
        ]
        assert "Is this on?" not in "".join(RoomEvent.objects.values_list("body", flat=True))
        assert Moderator.objects.get(stream=rehearsal).user == keeper
        assert rehearsal.listings.count() == 1
        assert factories.client().get(url(rehearsal)).status_code == 200
        assert refused(client.post(url(rehearsal, "/open")))[0] == 400
        rehearsal.change_status("live")
        rehearsal.end()
        assert rollups.roll_up_ended() == 1


@pytest.mark.usefixtures("live_db")
@pytest.mark.everywhere
class TestOverSockets:
    async def test_only_those_who_may_know_of_it_come_in(self, server: sockets.Address) -> None:
        def made() -> tuple[Stream, list[dict[str, Any]]]:
            show = factories.stream(factories.user("creator"), "live", rehearsal=True)
            people = (show.creator, named(show), factories.user("moderator"))
            return show, [sockets.bearer(user) for user in people]

        show, (owner, keeper, stranger) = await database.in_db(made)
        key = str(show.pk)
        async with await sockets.connect(server, "/ws/streams/", **stranger) as outside:
            messages: list[tuple[str, dict[str, Any]]] = [
                ("join-session", {}),
                ("send-message", {"message": "Hi"}),
                ("toggle-like", {}),
                ("raise-hand", {"raised": True}),
                ("send-reaction", {"kind": "heart"}),
                ("join-moderation", {}),
            ]
            for said, more in messages:
                ack = await outside.ask(said, sessionId=key, **more)
                assert (ack["ok"], ack.get("code")) == (False, "not_found"), said
        for proof in (owner, keeper):
            async with await sockets.connect(server, "/ws/streams/", **proof) as inside:
                assert (await inside.ask("join-session", sessionId=key))["ok"]
                assert (await inside.ask("send-message", sessionId=key, message="Hi"))["ok"]
        assert not await database.in_db(StreamView.objects.filter(stream=show).exists)
        assert await database.in_db(ChatMessage.objects.filter(stream=show).count) == 2
