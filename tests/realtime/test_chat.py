"""A show's chat over sockets: who may say what, that it is stored before it is shown, and that it can be taken back."""

import asyncio
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from accounts import identity as identities
from accounts.models import Role
from realtime.models import Restriction, RoomEvent
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import factories, sockets
from tests.streams.desks import desk

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

LAST_WORDS = ["that", "is", "all"]


async def watching(server: sockets.Address, show: sockets.Show, **options: Any) -> sockets.Client:
    client = await sockets.connect(server, **options)
    await client.ask("join-session", sessionId=show.id)
    return client


async def say(client: sockets.Client, show: sockets.Show, text: str, **fields: Any) -> sockets.Frame:
    return await client.ask("send-message", sessionId=show.id, message=text, **fields)


async def texts(show: sockets.Show) -> list[str]:
    rows = ChatMessage.objects.filter(stream=show.stream).order_by("seq")
    return await threads.in_db(lambda: list(rows.values_list("text", flat=True)))


@sockets.ON_BOTH
async def test_everyone_hears_what_is_said_the_sender_too(server: sockets.Address, show: sockets.Show) -> None:
    async with await watching(server, show) as sender, await watching(server, show) as other:
        await sender.say("send-message", sessionId=show.id, message=" hello ", userName="Ann")
        heard = [await client.expect("new-message") for client in (sender, other)]
    assert heard[0] == heard[1]
    message = heard[0]
    assert (message["message"], message["userName"], message["username"]) == ("hello", "Ann", "Ann")
    assert (message["userId"], message["sessionId"]) == (None, show.id)
    assert message["createdAt"].endswith("Z")


@pytest.mark.parametrize(
    ("role", "told"), [("", None), ("creator", None), ("moderator", "moderator"), ("staff", "staff")]
)
async def test_only_who_has_power_is_marked_and_all_else_has_the_documented_shape(
    server: sockets.Address, show: sockets.Show, role: str, told: str | None
) -> None:
    options = sockets.bearer(await threads.in_db(sockets.make_user, role)) if role else {}
    async with await watching(server, show) as other, await sockets.connect(server, **options) as speaker:
        await say(speaker, show, "hello")
        heard = await other.expect("new-message")
    documented = {"type", "id", "message", "userId", "userName", "username", "sessionId", "createdAt"}
    assert heard.keys() == documented | ({"role"} if told else set())
    assert heard.get("role") == told


async def test_acknowledged_means_stored(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        ack = await say(client, show, "hello")
        row = await threads.in_db(ChatMessage.objects.get, pk=ack["id"])
        event = await threads.in_db(RoomEvent.objects.get, room__key=show.key, seq=ack["seq"])
    assert (row.text, row.seq) == ("hello", ack["seq"])
    assert "hello" in event.body


@sockets.ON_BOTH
async def test_what_is_said_right_before_going_is_heard(server: sockets.Address, show: sockets.Show) -> None:
    async with await watching(server, show) as other:
        async with await watching(server, show) as sender:
            for line in LAST_WORDS:
                await sender.say("send-message", sessionId=show.id, message=line)
        assert [(await other.expect("new-message"))["message"] for _ in LAST_WORDS] == LAST_WORDS


@sockets.ON_BOTH
async def test_what_socket_io_says_right_before_going_is_heard(server: sockets.Address, show: sockets.Show) -> None:
    async with await watching(server, show) as other:
        async with await sockets.connect(server, "/socket.io/?EIO=4&transport=websocket") as sender:
            await sender.connection.recv()
            await sender.send("40")
            await sender.connection.recv()
            for line in LAST_WORDS:
                said = {"sessionId": show.id, "message": line}
                await sender.send("42" + json.dumps(["send-message", said]))
        assert [(await other.expect("new-message"))["message"] for _ in LAST_WORDS] == LAST_WORDS


async def test_a_guest_without_a_name_is_called_guest(server: sockets.Address, show: sockets.Show) -> None:
    async with await watching(server, show) as client:
        await client.say("send-message", sessionId=show.id, message="x")
        assert (await client.expect("new-message"))["userName"] == "Guest"


@pytest.mark.parametrize("field", ["userName", "username"])
async def test_a_verified_name_cannot_be_overridden(server: sockets.Address, show: sockets.Show, field: str) -> None:
    user = await threads.in_db(sockets.make_user)
    async with await watching(server, show, **await threads.in_db(sockets.bearer, user)) as client:
        await client.say("send-message", sessionId=show.id, message="x", userId=show.creator.pk, **{field: "someone"})
        said = await client.expect("new-message")
    assert (said["userId"], said["userName"]) == (user.pk, user.username)


@pytest.mark.parametrize(
    ("text", "fine"), [("", False), ("  \n", False), ("x", True), ("x" * 500, True), ("x" * 501, False)]
)
async def test_a_message_has_1_to_500_characters(
    server: sockets.Address, show: sockets.Show, text: str, fine: bool
) -> None:
    async with await sockets.connect(server) as client:
        ack = await say(client, show, text)
    assert ack["ok"] is fine
    assert await texts(show) == ([text] if fine else [])


# --- the same message twice


async def test_a_resend_gets_the_first_answer_and_is_stored_once(server: sockets.Address, show: sockets.Show) -> None:
    async with await watching(server, show) as client:
        first = await say(client, show, "once", op="m1")
        again = await say(client, show, "once", op="m1")
        other = await say(client, show, "twice", op="m2")
        assert (first["id"], first["seq"]) == (again["id"], again["seq"])
        assert other["id"] != first["id"]
    assert await texts(show) == ["once", "twice"]


async def test_resends_that_wait_for_one_commit_are_stored_once(server: sockets.Address, show: sockets.Show) -> None:
    async with await sockets.connect(server) as client:
        for _ in range(3):
            await client.say("send-message", sessionId=show.id, message="once", op="m1")
        acks = [await client.expect("ack", op="m1") for _ in range(3)]
    assert len({ack["id"] for ack in acks}) == 1
    assert await texts(show) == ["once"]


async def test_two_tabs_that_resend_the_same_at_once_get_the_same_answer(
    server: sockets.Address, show: sockets.Show
) -> None:
    options = await threads.in_db(lambda: sockets.bearer(sockets.make_user()))
    async with await sockets.connect(server, **options) as one, await sockets.connect(server, **options) as two:
        acks = await asyncio.gather(say(one, show, "once", op="m1"), say(two, show, "once", op="m1"))
    assert acks[0]["ok"], acks
    assert acks[0]["id"] == acks[1]["id"]
    assert await texts(show) == ["once"]


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer")
async def test_a_resend_to_another_process_while_the_first_is_being_stored_gets_the_first_answer(
    show: sockets.Show,
) -> None:
    identity = identities.Identity(user=None, visitor="a" * 32)

    def post() -> ChatMessage:
        try:
            return ChatMessage.objects.post(show.stream.pk, identity, "once", "m1")
        finally:
            connection.close()

    def race() -> tuple[ChatMessage, ChatMessage]:
        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                first = ChatMessage.objects.post(show.stream.pk, identity, "once", "m1")
                second = pool.submit(post)
                threading.Event().wait(0.2)  # until the second waits for the first to commit
            return first, second.result()

    first, second = await threads.in_db(race)
    assert first.pk == second.pk


# --- who may not


async def test_a_show_may_be_closed_to_guests(server: sockets.Address) -> None:
    show = await threads.in_db(sockets.make_show, guest_chat=False)
    async with await sockets.connect(server) as guest:
        ack = await say(guest, show, "hello")
        assert (ack["ok"], ack["code"]) == (False, "forbidden")
    options = await threads.in_db(lambda: sockets.bearer(sockets.make_user()))
    async with await sockets.connect(server, **options) as known:
        assert (await say(known, show, "hello"))["ok"]


async def test_slow_mode_asks_for_patience_but_not_of_those_who_run_the_show(server: sockets.Address) -> None:
    show = await threads.in_db(sockets.make_show, slow_mode=30)
    async with await sockets.connect(server) as viewer:
        assert (await say(viewer, show, "one"))["ok"]
        ack = await say(viewer, show, "two")
        assert (ack["ok"], ack["code"]) == (False, "rate_limited")
        assert 0 < ack["retryAfter"] <= 30
    async with await sockets.connect(server, **await threads.in_db(sockets.bearer, show.creator)) as owner:
        assert (await say(owner, show, "one"))["ok"]
        assert (await say(owner, show, "two"))["ok"]


async def test_slow_mode_holds_for_messages_that_wait_for_one_commit(server: sockets.Address) -> None:
    show = await threads.in_db(sockets.make_show, slow_mode=30)
    async with await sockets.connect(server) as viewer:
        for n in range(3):
            await viewer.say("send-message", sessionId=show.id, message=str(n), op=str(n))
        acks = [await viewer.expect("ack", op=str(n)) for n in range(3)]
    assert [ack["ok"] for ack in acks] == [True, False, False]


async def test_one_who_is_muted_may_watch_but_not_write(server: sockets.Address, show: sockets.Show) -> None:
    user = await threads.in_db(sockets.make_user)
    await threads.in_db(Restriction.objects.mute, f"user:{user.pk}", show.key)
    async with await watching(server, show, **await threads.in_db(sockets.bearer, user)) as client:
        ack = await say(client, show, "hello")
        assert (ack["ok"], ack["code"], ack["message"]) == (False, "forbidden", "You may not write here")


async def test_nobody_writes_after_the_end(server: sockets.Address, show: sockets.Show) -> None:
    await threads.in_db(show.stream.end)
    async with await sockets.connect(server) as client:
        ack = await say(client, show, "hello")
        assert (ack["ok"], ack["code"]) == (False, "validation")


async def test_who_writes_too_fast_is_told_when_to_go_on(
    server: sockets.Address, show: sockets.Show, at_once: None
) -> None:
    async with await watching(server, show) as client:
        acks = [await say(client, show, str(n)) for n in range(7)]
    assert [ack["ok"] for ack in acks] == [True] * 5 + [False] * 2
    assert acks[6]["code"] == "rate_limited"
    assert 0 < acks[6]["retryAfter"] <= 2


# --- said elsewhere, and taken back


async def test_what_is_posted_over_rest_is_heard_on_sockets(server: sockets.Address, show: sockets.Show) -> None:
    def post() -> int:
        return factories.client(show.creator).post(f"/api/sessions/{show.id}/chat", {"message": "hello"}).status_code

    async with await watching(server, show) as client:
        assert await threads.in_db(post) == 201
        said = await client.expect("new-message")
    assert (said["message"], said["userId"]) == ("hello", show.creator.pk)


async def test_a_deleted_message_is_taken_from_the_room_and_from_its_log(
    server: sockets.Address, show: sockets.Show
) -> None:
    moderator = await threads.in_db(sockets.make_user, Role.MODERATOR)
    async with await watching(server, show) as client:
        ack = await say(client, show, "regrettable")
        row = await threads.in_db(ChatMessage.objects.select_related("stream").get, pk=ack["id"])
        await threads.in_db(lambda: desk(row.stream, moderator).delete(row))
        deleted = await client.expect("message-deleted")
    assert deleted == {"type": "message-deleted", "sessionId": show.id, "messageId": ack["id"]}
    event = await threads.in_db(RoomEvent.objects.get, room__key=show.key, seq=ack["seq"])
    assert (event.redacted, event.body) == (True, "")
    stored = await threads.in_db(lambda: [*RoomEvent.objects.filter(body__contains="regrettable")])
    assert stored == []
