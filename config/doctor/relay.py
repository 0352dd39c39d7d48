"""Whether the TURN servers that callers are told of can be reached."""

import re
import secrets
import socket
import ssl
from collections.abc import Iterator

from django.conf import settings

from config.doctor import Finding, cause, missing, note, ok

PATIENCE = 1.0  # seconds until a packet is taken to be lost
TRIES = 3  # UDP may lose one
URL = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::(\d+))?(?:\?transport=(udp|tcp))?\Z")
PORTS = {"turn": 3478, "turns": 5349}
# A Binding request of RFC 8489: its type, the length of nothing, and the magic cookie; a transaction id follows.
BINDING = bytes.fromhex("0001 0000 2112a442")


def turn() -> Iterator[Finding]:
    if not settings.TURN_SERVER_URL:
        if settings.METERED_USERNAME and settings.METERED_CREDENTIAL:
            yield ok("Metered's relays are used")
        else:
            yield note("There is none: calls between two closed networks ring and then show nothing (docs/turn.md).")
    for url in settings.TURN_SERVER_URL:
        yield reached(url)
    if settings.TURN_SERVER_URL and not settings.TURN_SECRET:
        yield note("The relay has a fixed password, which every visitor can read: prefer TURN_SECRET (docs/turn.md).")


def reached(url: str) -> Finding:
    found = URL.match(url)
    if found is None:
        return missing(f"TURN_SERVER_URL has {url!r}, which is no address such as turn:turn.example.com:3478.")
    scheme, host, port, transport = found.groups()
    place = host.strip("[]"), int(port or PORTS[scheme])
    try:
        is_stun = over_tcp(*place, scheme == "turns") if scheme == "turns" or transport == "tcp" else over_udp(*place)
    except OSError as error:
        return missing(f"The relay {url} cannot be reached from here. {cause(error)}.")
    return ok(f"The relay {url} answers") if is_stun else missing(f"What answers at {url} is no TURN server.")


def over_udp(host: str, port: int) -> bool:
    family, kind, protocol, _, place = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, protocol) as asking:
        asking.settimeout(PATIENCE)
        asking.connect(place)
        for attempt in range(TRIES):
            request = BINDING + secrets.token_bytes(12)
            asking.send(request)
            try:
                return is_answer(asking.recv(2048), request)
            except TimeoutError:
                if attempt == TRIES - 1:
                    raise
    return False


def over_tcp(host: str, port: int, is_tls: bool) -> bool:
    request = BINDING + secrets.token_bytes(12)
    with socket.create_connection((host, port), timeout=PATIENCE * TRIES) as plain:
        asking = ssl.create_default_context().wrap_socket(plain, server_hostname=host) if is_tls else plain
        with asking:
            asking.sendall(request)
            return is_answer(asking.recv(2048), request)


def is_answer(answer: bytes, request: bytes) -> bool:
    """Whether it is the response, of success or not, to this request."""
    return len(answer) >= 20 and answer[0] == 1 and answer[4:20] == request[4:20]
