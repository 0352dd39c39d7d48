"""The operator's own check looks at each line before it is said, and a slow one holds up nobody else."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from realtime import database
from streams import hook
from tests import factories, sockets
from tests.streams.rest import url

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

seen: list[hook.Line] = []
slow = asyncio.Event()


async def judge(line: hook.Line) -> Any:
    """A hook of this file: what it answers stands in the text."""
    seen.append(line)
    if line.message == "wait":
        await slow.wait()
    if line.message == "break":
        raise RuntimeError
    return {"refuse": {"action": "refuse", "message": "Mind your words"}, "hold": "hold"}.get(line.message)


def judge_in_a_thread(line: hook.Line) -> str:
    assert threading.current_thread() is not threading.main_thread()
    return "hold" if line.message == "hold" else "allow"


@pytest.fixture(autouse=True)
def hooked(settings: Any) -> None:
    seen.clear()
    settings.CHAT_HOOK = f"{__name__}.judge"
    settings.CHAT_HOOK_SECONDS = 30.0


@pytest.fixture
async def show(live_db: None) -> sockets.Show:
    return await database.in_db(sockets.make_show)


async def say(client: sockets.Client, show: sockets.Show, text: str) -> sockets.Frame:
    return await client.ask("send-message", sessionId=show.id, message=text)


async def test_a_callable_lets_a_line_through_refuses_it_or_has_it_wait(
    server: sockets.Address, show: sockets.Show
) -> None:
    async with await sockets.connect(server) as client:
        await client.ask("join-session", sessionId=show.id)
        assert (await say(client, show, "fine"))["id"]
        refused = await say(client, show, "refuse")
        assert (refused["code"], refused["message"]) == ("forbidden", "Mind your words")
        assert (await say(client, show, "hold"))["held"]
    assert [line.message for line in seen] == ["fine", "refuse", "hold"]
    assert (seen[0].session_id, seen[0].user_id) == (show.id, None)


async def test_one_that_is_not_async_runs_in_a_thread(
    server: sockets.Address, show: sockets.Show, settings: Any
) -> None:
    settings.CHAT_HOOK = f"{__name__}.judge_in_a_thread"
    async with await sockets.connect(server) as client:
        assert (await say(client, show, "fine"))["id"]
        assert (await say(client, show, "hold"))["held"]


async def test_a_line_that_waits_for_the_hook_holds_up_no_other(server: sockets.Address, show: sockets.Show) -> None:
    slow.clear()
    async with await sockets.connect(server) as patient, await sockets.connect(server) as quick:
        await patient.say("send-message", sessionId=show.id, message="wait", op="1")
        assert (await say(quick, show, "fine"))["id"]
        slow.set()
        assert (await patient.expect("ack", op="1"))["id"]


@pytest.mark.parametrize(("fails", "key"), [("open", "id"), ("closed", "held")])
@pytest.mark.parametrize("text", ["break", "wait"])
async def test_what_becomes_of_a_line_whose_hook_fails_is_a_setting(
    server: sockets.Address, show: sockets.Show, settings: Any, fails: str, key: str, text: str
) -> None:
    slow.clear()
    settings.CHAT_HOOK_FAILS = fails
    if text == "wait":
        settings.CHAT_HOOK_SECONDS = 0.05
    async with await sockets.connect(server) as client:
        ack = await say(client, show, text)
        assert ack["ok"]
        assert key in ack


async def test_it_is_not_asked_about_those_who_keep_order_or_may_not_write(
    server: sockets.Address, show: sockets.Show
) -> None:
    options = await database.in_db(sockets.bearer, show.creator)
    async with await sockets.connect(server, **options) as owner, await sockets.connect(server) as viewer:
        assert (await say(owner, show, "refuse"))["id"]
        await database.in_db(show.stream.revise, guest_chat=False)
        assert (await say(viewer, show, "fine"))["code"] == "forbidden"
    assert seen == []


async def test_over_rest_a_line_that_waits_is_answered_so(server: sockets.Address, show: sockets.Show) -> None:
    def post() -> Any:
        return factories.client(factories.user()).post(url(show.stream, "/chat"), {"message": "hold"})

    answer = await asyncio.to_thread(lambda: database_thread(post))
    assert (answer.status_code, set(answer.json()["data"])) == (202, {"held"})


def database_thread(call: Callable[[], Any]) -> Any:
    from django.db import connections

    try:
        return call()
    finally:
        connections.close_all()


# --- a webhook


class Webhook(ThreadingHTTPServer):
    answer: bytes = b""
    came: list[tuple[dict[str, str], bytes]]


class Answering(BaseHTTPRequestHandler):
    server: Webhook

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append((dict(self.headers.items()), body))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def webhook(settings: Any) -> Iterator[Webhook]:
    with Webhook(("127.0.0.1", 0), Answering) as server:
        server.came = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        settings.CHAT_HOOK = f"http://127.0.0.1:{server.server_address[1]}/check"
        settings.CHAT_HOOK_SECRET = "shared"
        yield server
        server.shutdown()
        thread.join()


async def test_a_webhook_is_sent_a_signed_line_and_decides(
    server: sockets.Address, show: sockets.Show, webhook: Webhook
) -> None:
    webhook.answer = b'{"action": "refuse", "message": "Not here"}'
    async with await sockets.connect(server) as client:
        assert (await say(client, show, "Hello"))["message"] == "Not here"
        webhook.answer = b""
        assert (await say(client, show, "Hello"))["id"]
    headers, body = webhook.came[0]
    told = json.loads(body)
    assert (told["type"], told["data"]["message"], told["data"]["sessionId"]) == ("chat.message", "Hello", show.id)
    low = {name.lower(): value for name, value in headers.items()}
    signed = f"{low['webhook-id']}.{low['webhook-timestamp']}.".encode() + body
    expected = base64.b64encode(hmac.new(b"shared", signed, hashlib.sha256).digest()).decode()
    assert low["webhook-signature"] == f"v1,{expected}"


@pytest.mark.parametrize("answer", [b"{", b'{"action": "explode"}', b" " * 5000 + b"{}"])
async def test_an_answer_that_was_not_agreed_on_counts_as_a_failure(
    server: sockets.Address, show: sockets.Show, webhook: Webhook, settings: Any, answer: bytes
) -> None:
    settings.CHAT_HOOK_FAILS = "closed"
    webhook.answer = answer
    async with await sockets.connect(server) as client:
        assert (await say(client, show, "Hello"))["held"]
