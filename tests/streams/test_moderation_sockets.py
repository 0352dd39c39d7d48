"""What others hear when somebody keeps order: at once, after a reconnect, and on the page of whom it is about."""

from contextlib import AsyncExitStack
from typing import Any

import pytest

from accounts.models import User
from realtime import database
from streams.models import Stream
from tests import factories, sockets
from tests.streams.desks import desk

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]


@pytest.fixture
async def show(live_db: None) -> sockets.Show:
    return await database.in_db(sockets.make_show)


class Watching:
    """Clients in one show."""

    def __init__(self, server: sockets.Address, show: sockets.Show) -> None:
        self.server, self.show = server, show
        self.clients = AsyncExitStack()

    async def enter(self, user: User | None = None, enters: bool = True) -> sockets.Client:
        options = await database.in_db(sockets.bearer, user) if user else {}
        client = await self.clients.enter_async_context(await sockets.connect(self.server, **options))
        await client.ask("hello", recover=True)
        if enters:
            assert (await client.ask("join-session", sessionId=self.show.id))["ok"]
        return client

    async def hear(self, client: sockets.Client, type: str, **fields: Any) -> sockets.Frame:
        """The next frame of a type, which may have come before an answer."""
        for frame in client.passed:
            if frame["type"] == type and fields.items() <= frame.items():
                client.passed.remove(frame)
                return frame
        return await client.expect(type, **fields)

    async def ask(self, client: sockets.Client, type: str, **fields: Any) -> sockets.Frame:
        return await client.ask(type, sessionId=self.show.id, **fields)


async def test_a_new_message_says_who_wrote_it_without_saying_who_that_is(
    server: sockets.Address, show: sockets.Show
) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        host, guest = await watching.enter(show.creator), await watching.enter()
        for text in ("one", "two"):
            await watching.ask(guest, "send-message", message=text, userName=text)
        await watching.ask(host, "send-message", message="three")
        heard = [await watching.hear(host, "new-message") for _ in range(3)]
        assert [line["badge"] for line in heard] == ["guest", "guest", "host"]
        assert heard[0]["author"] == heard[1]["author"] != heard[2]["author"]
        visitor = (await sockets.taken_up(guest)).identity.visitor
        assert visitor not in str(heard)


async def test_who_is_muted_is_told_and_so_is_their_page_when_it_comes_back(
    server: sockets.Address, show: sockets.Show
) -> None:
    viewer = await database.in_db(factories.user)
    watching = Watching(server, show)
    async with watching.clients:
        host, muted = await watching.enter(show.creator), await watching.enter(viewer)
        ack = await watching.ask(host, "mute-person", userId=viewer.pk, minutes=5)
        told = await watching.hear(muted, "chat-restricted")
        assert (told["allowed"], bool(told["until"])) == (False, True)
        assert (await watching.ask(muted, "send-message", message="Hello"))["code"] == "forbidden"
        back = await watching.enter(viewer)
        assert any(frame["type"] == "chat-restricted" for frame in back.passed)
        await watching.ask(host, "undo-act", act=ack["act"])
        assert await watching.hear(muted, "chat-restricted", allowed=True)
        assert (await watching.ask(muted, "send-message", message="Hello"))["ok"]


async def test_who_is_banned_is_gone_at_once_and_stays_out_of_this_show_alone(
    server: sockets.Address, show: sockets.Show
) -> None:
    viewer = await database.in_db(factories.user)
    other = await database.in_db(sockets.make_show)
    watching, elsewhere = Watching(server, show), Watching(server, other)
    async with watching.clients, elsewhere.clients:
        host, banned = await watching.enter(show.creator), await watching.enter(viewer)
        await watching.ask(host, "ban-person", userId=viewer.pk, minutes=60, reason="spam")
        assert await banned.close_code() == 1012
        back = await watching.enter(viewer, enters=False)
        refused = await watching.ask(back, "join-session")
        assert (refused["code"], refused["retryAfter"] > 3000) == ("forbidden", True)
        await elsewhere.enter(viewer)


async def test_who_is_shadowed_sees_their_own_lines_and_nobody_else_does(
    server: sockets.Address, show: sockets.Show
) -> None:
    viewer = await database.in_db(factories.user)
    watching = Watching(server, show)
    async with watching.clients:
        host, shadowed = await watching.enter(show.creator), await watching.enter(viewer)
        await watching.ask(host, "shadow-person", userId=viewer.pk)
        assert (await watching.ask(shadowed, "send-message", message="Buy now"))["id"]
        assert (await watching.hear(shadowed, "new-message"))["message"] == "Buy now"
        assert (await watching.ask(shadowed, "send-reaction", kind="heart"))["ok"]
        assert (await watching.ask(shadowed, "raise-hand"))["ok"]
        await watching.ask(host, "send-message", message="Hello")
        assert (await watching.hear(host, "new-message"))["message"] == "Hello"
        came = [frame["type"] for frame in host.passed]
        assert not {"new-reaction", "hand-raised"} & set(came)
        assert "chat-restricted" not in [frame["type"] for frame in await shadowed.settle()]


async def test_those_who_keep_order_hear_what_waits_and_the_author_what_became_of_it(
    server: sockets.Address, show: sockets.Show
) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        host, guest = await watching.enter(show.creator), await watching.enter()
        joined = await watching.ask(host, "join-moderation")
        assert (joined["held"], joined["reports"]) == (0, 0)
        await watching.ask(host, "set-chat-rules", holdMessages=True)
        held = (await watching.ask(guest, "send-message", message="Hello"))["held"]
        assert (await watching.hear(host, "moderation-changed", held=1))["reports"] == 0
        await watching.ask(host, "allow-message", heldId=held)
        assert (await watching.hear(guest, "message-reviewed", heldId=held))["allowed"] is True
        assert (await watching.hear(guest, "new-message"))["message"] == "Hello"
        await watching.hear(host, "moderation-changed", held=0)


async def test_nobody_else_joins_them(server: sockets.Address, show: sockets.Show) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        for user in (None, await database.in_db(factories.user)):
            ack = await watching.ask(await watching.enter(user), "join-moderation")
            assert (ack["ok"], ack["code"]) == (False, "not_found")


async def test_a_moderator_who_is_dismissed_is_out_at_once(server: sockets.Address, show: sockets.Show) -> None:
    named = await database.in_db(factories.user)
    watching = Watching(server, show)
    async with watching.clients:
        host, moderator = await watching.enter(show.creator), await watching.enter(named)
        await watching.ask(host, "name-moderator", username=named.username)
        assert (await watching.hear(moderator, "moderator-changed"))["moderates"] is True
        assert (await watching.ask(moderator, "join-moderation"))["ok"]
        await watching.ask(host, "dismiss-moderator", userId=named.pk)
        assert (await watching.hear(moderator, "moderator-changed"))["moderates"] is False
        assert (await watching.ask(moderator, "set-chat-rules", frozen=True))["code"] == "forbidden"
        await watching.ask(host, "set-chat-rules", frozen=True)
        await watching.hear(moderator, "session-updated")
        assert "moderation-changed" not in [frame["type"] for frame in moderator.passed[-1:]]


async def test_questions_are_told_as_they_stand(server: sockets.Address, show: sockets.Show) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        host, viewer = await watching.enter(show.creator), await watching.enter()
        message = (await watching.ask(viewer, "send-message", message="Does it float?"))["id"]
        question = (await watching.ask(viewer, "ask-question", messageId=message))["questionId"]
        assert (await watching.ask(host, "vote-question", questionId=question))["votes"] == 1
        await watching.ask(host, "pick-question", questionId=question)
        while (
            not (told := (await watching.hear(viewer, "questions-updated"))["questions"])
            or told[0]["status"] != "picked"
        ):
            pass
        assert (told[0]["message"], told[0]["votes"]) == ("Does it float?", 1)


async def test_a_pin_and_a_removal_are_told_again_to_who_was_away(server: sockets.Address, show: sockets.Show) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        host, viewer = await watching.enter(show.creator), await watching.enter(enters=False)
        joined = await watching.ask(viewer, "join-session")
        message = (await watching.ask(host, "send-message", message="Free shipping"))["id"]
        await watching.hear(viewer, "new-message")
        viewer.abandon()
        await watching.ask(host, "pin-message", messageId=message)
        back = await watching.enter(enters=False)
        assert (await back.ask("resume", room=show.key, epoch=joined["epoch"], after=joined["seq"]))["recovered"]
        assert (await watching.hear(back, "message-pinned"))["messageId"] == message


async def test_a_viewer_reports_a_message(server: sockets.Address, show: sockets.Show) -> None:
    watching = Watching(server, show)
    async with watching.clients:
        host, viewer = await watching.enter(show.creator), await watching.enter()
        message = (await watching.ask(host, "send-message", message="Hello"))["id"]
        assert (await watching.ask(viewer, "report-message", messageId=message, reason="rude"))["ok"]
    assert await database.in_db(lambda: reports(show.stream)) == [("Guest", "rude")]


def reports(stream: Stream) -> list[tuple[str, str]]:
    return list(desk(stream).stream.reports.values_list("name", "reason"))
