"""What people meet who open APP_URL: whether they reach this server, and what proxies in between do to a request."""

import http.client
import ipaddress
import json
import ssl
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import urlsplit

from django.conf import settings

from config.doctor import Finding, cause, missing, note, ok, unsafe

PATIENCE = 3.0  # seconds that one request may take
# The example of RFC 6455, section 1.3.
UPGRADE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
WIDE = 8  # bits of a network's prefix: a shorter one is no network of proxies


class Answer(NamedTuple):
    status: int
    location: str
    body: bytes


def proxies() -> Iterator[Finding]:
    """TRUSTED_PROXIES, as it stands."""
    for each in settings.TRUSTED_PROXIES:
        try:
            network = ipaddress.ip_network(each.strip(), strict=False)
        except ValueError:
            yield missing(f"TRUSTED_PROXIES has {each!r}, which is no address and no network such as 10.0.0.0/8.")
            continue
        if network.prefixlen < WIDE:
            yield unsafe(f"TRUSTED_PROXIES has {each}: anybody in it can claim any address. Name your proxies alone.")
    if not settings.TRUSTED_PROXIES and not settings.DEBUG:
        yield note(
            "TRUSTED_PROXIES is empty: behind a proxy all clients together would count as its one address,"
            " and every page would redirect to itself."
        )


def address() -> Iterator[Finding]:
    """APP_URL, as it is reached from here."""
    if not settings.APP_URL:
        return
    try:
        answer = ask("/health")
        if not is_ours(answer):
            yield missing(f"What answers at {settings.APP_URL}/health is not this server: status {answer.status}.")
            return
        yield ok(f"{settings.APP_URL} leads to this server")
        yield from pages()
        yield from sockets()
    except ssl.SSLError as error:
        yield unsafe(f"The certificate of {settings.APP_URL} is not believed. {cause(error)}.")
    except (OSError, http.client.HTTPException) as error:
        yield missing(
            f"{settings.APP_URL} cannot be reached from here; nobody serves, or look at APP_URL. {cause(error)}."
        )


def pages() -> Iterator[Finding]:
    answer = ask("/login/")
    if answer.status in (301, 302) and answer.location.startswith(settings.APP_URL.rstrip("/") + "/login/"):
        yield missing(
            "Pages redirect to themselves: have the proxy set X-Forwarded-Proto, and name it in TRUSTED_PROXIES."
        )
    elif answer.status == 400:
        yield missing("Pages answer 400: have the proxy hand on the Host header, and look at ALLOWED_HOSTS.")


def sockets() -> Iterator[Finding]:
    answer = ask("/ws/", UPGRADE)
    if answer.status == 101:
        yield ok("WebSockets come through")
    else:
        yield missing(f"WebSockets do not come through: status {answer.status}. Have the proxy hand on Upgrade.")


def is_ours(answer: Answer) -> bool:
    try:
        return answer.status == 200 and json.loads(answer.body)["app"] == "Vitrine"
    except (ValueError, KeyError, TypeError):
        return False


def ask(path: str, headers: dict[str, str] | None = None) -> Answer:
    parts = urlsplit(settings.APP_URL)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    asking = kind(parts.hostname or "", parts.port, timeout=PATIENCE)
    try:
        asking.request("GET", parts.path.rstrip("/") + path, headers=headers or {})
        answer = asking.getresponse()
        body = b"" if answer.status == 101 else answer.read(65_536)
        return Answer(answer.status, answer.headers.get("Location", ""), body)
    finally:
        asking.close()
