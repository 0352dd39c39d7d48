"""`manage.py doctor` on installations that are really broken: each fault is said in a sentence, and none hangs it."""

import contextlib
import http.server
import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection

from config import doctor
from config.doctor import outside
from realtime.models import JobRun
from tests.chaos import cluster
from tests.journeys import server
from tests.signaling import coturn
from tools import backends

needs_servers = pytest.mark.skipif(
    connection.vendor != "postgresql" or not settings.REDIS_URL, reason="needs PostgreSQL and Redis"
)

NOBODY = "127.0.0.1:9"  # the port of the discard protocol, where nobody listens


class Report(NamedTuple):
    status: int
    findings: list[dict[str, str]]

    def about(self, what: str, level: str | None = None) -> str:
        """All that is said about something, of one level or of any."""
        found = [each for each in self.findings if each["about"] == what and level in (None, each["level"])]
        return "\n".join(each["says"] for each in found)


def examined(**environment: str) -> Report:
    """What the command says of an installation with these settings."""
    given = {**os.environ, "DEBUG": "1", "DATABASE_URL": "", "REDIS_URL": "", "APP_URL": "", **environment}
    command = [sys.executable, "manage.py", "doctor", "--json", "--seconds", "30"]
    done = subprocess.run(command, cwd=server.ROOT, env=given, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    said = json.loads(done.stdout)
    assert said["ok"] == (done.returncode == 0)
    return Report(done.returncode, said["findings"])


@pytest.fixture(scope="module")
def unreachable(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Everything at a wrong port, and a file where a folder belongs."""
    blocked = tmp_path_factory.mktemp("blocked") / "file"
    blocked.write_text("not a folder")
    return examined(
        DATABASE_URL=f"postgresql://vitrine:do-not-say@{NOBODY}/vitrine",
        REDIS_URL=f"redis://:do-not-say@{NOBODY}",
        EMAIL_URL=f"smtp://shop:do-not-say@{NOBODY}",
        TURN_SERVER_URL=f"turn:{NOBODY},turn:{NOBODY}?transport=tcp,nonsense",
        APP_URL=f"http://{NOBODY}",
        RECORDINGS_FOLDER=str(blocked / "recordings"),
        SUPPORT_FOLDER=str(blocked / "support"),
        TRUSTED_PROXIES="0.0.0.0/0,proxy.example",
        CORS_ORIGINS="shop.example",
    )


@pytest.mark.parametrize(
    ("about", "said"),
    [
        ("database", "PostgreSQL does not let us in; look at DATABASE_URL."),
        ("redis", "Redis 1 cannot be reached; look at REDIS_URL."),
        ("storage", "The storage of recordings does not keep a file; look at the folder and its owner."),
        ("storage", "The storage of files that are sent to support does not keep a file"),
        ("relay", f"The relay turn:{NOBODY} cannot be reached from here."),
        ("relay", f"The relay turn:{NOBODY}?transport=tcp cannot be reached from here."),
        ("relay", "TURN_SERVER_URL has 'nonsense', which is no address"),
        ("mail", f"The mail server {NOBODY} does not let us in; look at EMAIL_URL."),
        ("address", f"http://{NOBODY} cannot be reached from here; nobody serves"),
        ("proxies", "TRUSTED_PROXIES has 'proxy.example', which is no address"),
        ("origins", "CORS_ORIGINS has 'shop.example', which no page has"),
    ],
)
def test_what_cannot_be_reached_is_said(unreachable: Report, about: str, said: str) -> None:
    assert said in unreachable.about(about, "missing")
    assert unreachable.status == 1


def test_what_is_unsafe_is_said_and_no_password_is(unreachable: Report) -> None:
    assert "anybody in it can claim any address" in unreachable.about("proxies", "unsafe")
    assert "DEBUG is on" in unreachable.about("settings", "unsafe")
    assert "do-not-say" not in str(unreachable.findings)


def test_of_the_schema_nothing_is_said_where_the_database_is_away(unreachable: Report) -> None:
    assert unreachable.about("schema") == unreachable.about("duties") == ""


# --- services that are there


class Locked(NamedTuple):
    """A PostgreSQL and a Redis that ask for a password."""

    database: Callable[[str], str]
    redis: Callable[[str], str]


@pytest.fixture(scope="module")
def locked() -> Iterator[Locked]:
    with backends.home() as home, backends.postgresql(home) as url:
        with psycopg.connect(url, autocommit=True) as asked:
            asked.execute("CREATE ROLE shop LOGIN PASSWORD 'right'")
            asked.execute("CREATE DATABASE shop OWNER shop")
            (home.folder / "data" / "pg_hba.conf").write_text("local all postgres trust\nlocal all all scram-sha-256\n")
            asked.execute("SELECT pg_reload_conf()")
        redis = cluster.Redis(home)
        redis.start()
        redis.client.config_set("requirepass", "right")
        yield Locked(
            lambda password: f"postgresql://shop:{password}@/shop?host={home.folder}",
            lambda password: f"unix://:{password}@{home.folder}/redis.sock",
        )
        redis.kill()


def test_a_wrong_password_is_said(locked: Locked) -> None:
    report = examined(DATABASE_URL=locked.database("wrong"), REDIS_URL=locked.redis("wrong"))
    assert "password authentication failed" in report.about("database", "missing")
    assert "Redis 1 refuses the password in REDIS_URL." in report.about("redis", "missing")


def test_an_empty_database_and_one_that_forgets_are_told_from_a_good_one(locked: Locked) -> None:
    report = examined(DATABASE_URL=locked.database("right"), REDIS_URL=locked.redis("right"), DATABASE_POOL="1000")
    assert "migrations have not been applied" in report.about("schema", "missing")
    assert "fsync is off" in report.about("database", "unsafe")
    assert "DATABASE_POOL is 1000" in report.about("database", "missing")
    assert report.about("redis").startswith("Redis 1 answers in ")
    assert report.about("duties") == ""  # there is no table yet to read of them


@needs_servers
def test_what_is_well_is_said_too(running: server.Server, database_url: str, tmp_path: Path, live_db: None) -> None:
    JobRun.objects.all().delete()  # those of other tests' servers
    mail = Controller(object(), hostname="127.0.0.1", port=0)
    mail.port = free_port()
    mail.start()
    try:
        with coturn.running(tmp_path) as relay:
            report = examined(
                DATABASE_URL=database_url,
                REDIS_URL=settings.REDIS_URL,
                APP_URL=running.address.http,
                EMAIL_URL=f"smtp://127.0.0.1:{mail.port}",
                TURN_SERVER_URL=f"{relay.url},{relay.url}?transport=tcp",
                TURN_SECRET="a secret",
                RECORDINGS_FOLDER=str(tmp_path / "recordings"),
                RECORDINGS_MIN_FREE_BYTES="1",
            )
    finally:
        mail.stop()
    assert report.about("schema") == "The schema is this release's"
    assert "answers in" in report.about("database")
    assert report.about("relay").splitlines() == [
        f"The relay {relay.url} answers",
        f"The relay {relay.url}?transport=tcp answers",
    ]
    assert report.about("mail") == f"The mail server 127.0.0.1:{mail.port} lets us in"
    assert report.about("address") == f"{running.address.http} leads to this server\nWebSockets come through"
    assert report.about("storage", "missing") == ""
    assert "Nobody runs the periodic duties" in report.about("duties", "missing")


def free_port() -> int:
    with socket.socket() as asking:
        asking.bind(("127.0.0.1", 0))
        port: int = asking.getsockname()[1]
    return port


# --- a proxy that is set up wrongly


class BadProxy(http.server.BaseHTTPRequestHandler):
    """It tells the server nothing of HTTPS, and takes a WebSocket for a request like any other."""

    def do_GET(self) -> None:
        if self.path == "/health":
            self.answer(200, b'{"app": "Vitrine"}')
        elif self.path == "/login/":
            self.answer(301, location=f"http://{self.headers['Host']}/login/")
        else:
            self.answer(426)

    def answer(self, status: int, body: bytes = b"", location: str = "") -> None:
        self.send_response(status)
        if location:
            self.send_header("Location", location)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextlib.contextmanager
def serving(handler: type[http.server.BaseHTTPRequestHandler]) -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as serving:
        thread = threading.Thread(target=serving.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}"
        serving.shutdown()
        thread.join()


def test_a_proxy_that_says_nothing_of_https_and_lets_no_websocket_through_is_found(settings: Any) -> None:
    with serving(BadProxy) as settings.APP_URL:
        said = [finding.says for finding in outside.address()]
    assert said == [
        f"{settings.APP_URL} leads to this server",
        "Pages redirect to themselves: have the proxy set X-Forwarded-Proto, and name it in TRUSTED_PROXIES.",
        "WebSockets do not come through: status 426. Have the proxy hand on Upgrade.",
    ]


# --- time


def test_an_examination_that_hangs_is_given_up_and_keeps_what_it_has_found() -> None:
    release = threading.Event()

    def hang() -> Iterator[doctor.Finding]:
        yield doctor.ok("so far so good")
        release.wait()

    found = doctor.Examination("hanging", hang).run(seconds=0.05)
    release.set()
    assert [finding.says for finding in found] == [
        "so far so good",
        "This took more than 0.05 seconds and was given up.",
    ]


def test_an_error_in_an_examination_is_a_finding() -> None:
    def fail() -> Iterator[doctor.Finding]:
        yield doctor.ok("so far so good")
        raise ValueError("odd.\nmore of it")

    _, failed = doctor.Examination("failing", fail).run()
    assert failed == doctor.missing("This could not be looked at: ValueError: odd.")
