"""What stands in the log: no secrets, no whole address, nothing endless, and no traceback of a client's nonsense."""

import asyncio
import io
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import websockets
from django.core.exceptions import SuspiciousOperation
from django.db import DataError, connection
from django.test import Client

from accounts import tokens
from config import logs
from config.asgi import application
from realtime import database, errors
from recordings import remuxing
from tests import sockets

SECRET = "s3cret-s3cret"


@pytest.fixture
def log() -> Iterator[io.StringIO]:
    """What the configured handler would write."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    root = logging.getLogger()
    handler.setFormatter(next(each.formatter for each in root.handlers if isinstance(each.formatter, logs.Formatter)))
    root.addHandler(handler)
    yield written
    root.removeHandler(handler)


def lines(log: io.StringIO) -> list[str]:
    return log.getvalue().splitlines()


@pytest.mark.parametrize(
    ("said", "written"),
    [
        (f"GET /ws/?a=1&ticket={SECRET}&b=2", "GET /ws/?a=1&ticket=[hidden]&b=2"),
        (f"resumeToken={SECRET} refresh_token={SECRET}", "resumeToken=[hidden] refresh_token=[hidden]"),
        (f"Authorization: Bearer {SECRET}", "Authorization: Bearer [hidden]"),
        (f"vitrine, guest.{SECRET}", "vitrine, guest.[hidden]"),
        ("eyJhbGciOiJI.eyJ1c2VySWQi.SflKxwRJ was given", "[hidden] was given"),
        ("/party/sess_abcdefghij/", "/party/sess_abc…/"),
        ("DETAIL:  Key (email)=(ann@example.org) already exists.", "DETAIL: [hidden]"),
        ("('203.0.113.77', 54321) came", "('203.0.113.0/24', 54321) came"),
        ("203.0.113.77:54321 came", "203.0.113.0/24:54321 came"),
        ("2001:db8:1:2::7:54321 came", "2001:db8:1::/48:54321 came"),
        ("[2001:db8:1:2:3:4:5:6]:443", "[2001:db8:1::/48]:443"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("listening on 127.0.0.1:8000 and [::1]:8000", "listening on 127.0.0.1:8000 and [::1]:8000"),
        ("at 12:34:56, show:12, release 1.2.3, a::method", "at 12:34:56, show:12, release 1.2.3, a::method"),
    ],
)
def test_a_line_without_secrets_and_addresses(log: io.StringIO, said: str, written: str) -> None:
    logging.getLogger("anybody").error("%s", said)
    assert lines(log)[0].endswith(f"anybody {written}")


def test_a_line_is_one_line_of_bounded_length(log: io.StringIO) -> None:
    logging.getLogger("anybody").error("%s", "a\nERROR forged\x1b[31m" + "b" * 60_000)
    (line,) = lines(log)
    assert len(line) < logs.MAX_MESSAGE + 200
    assert r"a\nERROR forged\x1b[31mbbb" in line


def test_our_own_faults_keep_a_traceback_without_what_the_database_quotes(log: io.StringIO) -> None:
    try:
        raise RuntimeError(f"duplicate\nDETAIL:  Key (email)=({SECRET})\n" + "x" * 60_000)
    except RuntimeError:
        logging.getLogger("anybody").exception("it failed")
    assert "Traceback" in log.getvalue() or "…" in log.getvalue()
    assert SECRET not in log.getvalue()
    assert len(log.getvalue()) < logs.MAX_TRACEBACK + logs.MAX_MESSAGE
    logging.getLogger("uvicorn.error").error(logs.OWN_FAULT, exc_info=ValueError("ours"))
    assert "ValueError: ours" in log.getvalue()


def test_django_writes_nothing_beside_us() -> None:
    """In development it would write each line a second time, with the traceback and the address in full."""
    django, logger = logging.getLogger("django"), logging.getLogger("django.security.DisallowedHost")
    assert django.handlers == logger.handlers == []
    assert django.propagate
    assert logger.propagate


# --- from every door


@pytest.mark.django_db
@pytest.mark.parametrize(
    "ask",
    [
        lambda client: client.get("/nowhere/" + "a" * 60_000 + f"?token={SECRET}"),
        lambda client: client.get("/api/nowhere/" + "a" * 60_000),
        lambda client: client.get("/", headers={"host": "b" * 60_000}),
        lambda client: client.post("/login/", b"--x", content_type="multipart/form-data; boundary=" + "y" * 60_000),
        lambda client: client.post("/login/", b"--x\r\nnonsense", content_type="multipart/form-data"),
        lambda client: client.post("/api/auth/login", b"{" * 60_000, content_type="application/json"),
        lambda client: client.get("/api/auth/me", headers={"authorization": f"Bearer {SECRET}"}),
    ],
    ids=["page", "api", "host", "boundary", "multipart", "json", "token"],
)
def test_a_request_that_is_nonsense_costs_the_log_a_line_at_most(client: Client, log: io.StringIO, ask: Any) -> None:
    client.raise_request_exception = False
    assert 400 <= ask(client).status_code < 500
    assert len(lines(log)) <= 1
    assert len(log.getvalue()) < logs.MAX_MESSAGE + 200
    assert SECRET not in log.getvalue()


@pytest.mark.django_db
def test_a_value_that_the_database_refuses_is_named_without_the_value(log: io.StringIO) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT CAST(%s AS integer)", [SECRET])
        raise DataError(SECRET)  # SQLite casts anything.
    except DataError as error:
        refusal = errors.of(error, "a test")
    assert refusal.code == "validation"
    (line,) = lines(log)
    assert SECRET not in line


@pytest.mark.django_db
def test_a_suspicious_operation_is_no_traceback(log: io.StringIO) -> None:
    assert errors.of(SuspiciousOperation(SECRET), "a test").code == "validation"
    assert log.getvalue() == ""


async def test_a_sockets_ticket_and_address_are_not_logged(live_db: None, log: io.StringIO) -> None:
    token = tokens.access_token(await database.in_db(sockets.make_user))
    async with sockets.serving(application, lifespan="off", log_level="info") as address:
        async with await sockets.connect(address, f"/ws/?ticket={SECRET}", greeted=False) as client:
            await client.close_code()
        async with await sockets.connect(address, subprotocols=["vitrine", token]) as client:
            await client.send(b"\x00" * 10)
            await client.settle()
    assert "/ws/?ticket=[hidden]" in log.getvalue() or "WebSocket" not in log.getvalue()
    assert SECRET not in log.getvalue()
    assert token not in log.getvalue()


async def test_frames_that_are_nonsense_are_no_traceback(live_db: None, log: io.StringIO) -> None:
    async with sockets.serving(application, lifespan="off") as address:
        for frame in (b"\x81\x84\x00\x00\x00\x00\xff\xfe\xfd\xfc", b"\xff\xff\xff\xff", b"\x81\x01a"):
            with await sockets.stall(address, "/ws/") as client:
                loop = asyncio.get_running_loop()
                await loop.sock_sendall(client, frame)
                while await loop.sock_recv(client, 4096):
                    pass
        for packet in ("4", "42", "45", "42[1]", f'42["{SECRET}', "4{", f"451-{SECRET}"):
            async with websockets.connect(address.ws("/socket.io/?EIO=4&transport=websocket")) as engine:
                await engine.send("40")
                await engine.send(packet)
                await engine.send("41")
    assert "Traceback" not in log.getvalue()
    assert SECRET not in log.getvalue()


def test_a_task_that_fails_because_of_what_a_client_sent_is_no_traceback(log: io.StringIO) -> None:
    logger = logging.getLogger("django_tasks")
    for error in (remuxing.Unreadable("no audio"), OSError("the disk is full")):
        try:
            raise error
        except Exception as caught:
            logger.error("Task failed", exc_info=caught)
    first, second, *traceback = lines(log)
    assert first.endswith("Task failed")
    assert second.endswith("Task failed")
    assert traceback[-1] == "OSError: the disk is full"
