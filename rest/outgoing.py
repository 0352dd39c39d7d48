"""HTTP requests to servers of other people, of whom nothing is believed: neither their name, nor their pace.

The name is resolved here, and the connection goes to the very address that was looked at, so a name that resolves to
another one a moment later leads nobody into the network of this server. Redirects are not followed, and proxies that
the environment names are not asked. The whole request has one deadline; only the operating system's resolver has its
own.
"""

import functools
import ipaddress
import socket
import ssl
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import h11
from django.conf import settings

MAX_ADDRESSES = 4  # of one name that are tried
MAX_HEADERS = 16 * 1024  # bytes of an answer's headers
CHUNK = 64 * 1024

# IPv6 networks whose addresses lead to one of IPv4, as far as Python does not know them by itself (RFC 6052, RFC 8215).
NAT64 = ipaddress.ip_network("64:ff9b::/96")
NAT64_LOCAL = ipaddress.ip_network("64:ff9b:1::/48")

Allows = Callable[[str], bool]


class Unreachable(OSError):
    """There was no answer; the words are for whoever looks after the server."""


class Answer(NamedTuple):
    """What came back. `body` is cut off one byte behind the caller's bound, so that it can be told from a full one."""

    status: int
    body: bytes
    retry_after: str


def is_public(address: str) -> bool:
    """Whether everyone may have this address; what stands for one of IPv4 is judged as that."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in NAT64_LOCAL:
            return False
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast


def is_in(address: str, network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped is not None:
        ip = ip.ipv4_mapped
    return ip.version == network.version and ip in network


def may_be_reached(address: str) -> bool:
    """Whether other people's servers may be here: at public addresses, and in networks that the operator has named."""
    return is_public(address) or any(is_in(address, network) for network in settings.WEBHOOK_PRIVATE_NETWORKS)


def anywhere(address: str) -> bool:
    """For servers that the operator has named in a setting."""
    return True


def post(
    url: str, body: bytes, headers: Iterable[tuple[str, str]], *, seconds: float, max_answer: int, allows: Allows
) -> Answer:
    """Posts `body` to an address that `allows` says yes to. Raises Unreachable where nothing comes within `seconds`."""
    return _ask("POST", url, body, headers, seconds, max_answer, allows)


def get(url: str, headers: Iterable[tuple[str, str]], *, seconds: float, max_answer: int, allows: Allows) -> Answer:
    """Reads what is at an address, as `post` does."""
    return _ask("GET", url, b"", headers, seconds, max_answer, allows)


def _ask(
    method: str,
    url: str,
    body: bytes,
    headers: Iterable[tuple[str, str]],
    seconds: float,
    max_answer: int,
    allows: Allows,
) -> Answer:
    deadline = time.monotonic() + seconds
    try:
        parts = urlsplit(url)
        with _connect(parts, deadline, allows) as connection:
            return _exchange(connection, _request(method, parts, headers, body), body, deadline, max_answer)
    except TimeoutError:
        raise Unreachable(f"no answer within {seconds:g} s") from None
    except h11.ProtocolError as error:
        raise Unreachable(f"no answer of HTTP: {error}") from None
    except Unreachable:
        raise
    except (OSError, ValueError) as error:
        raise Unreachable(f"{type(error).__name__}: {error}") from None


def _left(deadline: float) -> float:
    if (left := deadline - time.monotonic()) <= 0:
        raise TimeoutError
    return left


@functools.cache
def _tls() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


def _connect(parts: SplitResult, deadline: float, allows: Allows) -> socket.socket:
    """A connection to the first address of the name that takes one."""
    host = parts.hostname or ""
    port = parts.port or (443 if parts.scheme == "https" else 80)
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    allowed = [(family, address) for family, _, _, _, address in found if allows(str(address[0]))]
    if not allowed:
        raise Unreachable(f"{host} has no address that may be sent to")
    failed: OSError = TimeoutError()
    for family, address in allowed[:MAX_ADDRESSES]:
        connection = socket.socket(family, socket.SOCK_STREAM)
        try:
            connection.settimeout(_left(deadline))
            connection.connect(address)
            connection.settimeout(_left(deadline))
            return _tls().wrap_socket(connection, server_hostname=host) if parts.scheme == "https" else connection
        except OSError as error:
            connection.close()
            failed = error
    raise failed


def _request(method: str, parts: SplitResult, headers: Iterable[tuple[str, str]], body: bytes) -> h11.Request:
    host = (parts.hostname or "").encode("idna").decode()
    host = f"[{host}]" if ":" in host else host
    named = f"{host}:{parts.port}" if parts.port else host
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    usual = [("Host", named), ("Connection", "close")]
    if method == "POST":
        usual.append(("Content-Length", str(len(body))))
    return h11.Request(method=method, target=target, headers=[*usual, *headers])


def _exchange(connection: socket.socket, request: h11.Request, body: bytes, deadline: float, max_answer: int) -> Answer:
    http = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEADERS)
    connection.settimeout(_left(deadline))
    connection.sendall((http.send(request) or b"") + (http.send(h11.Data(data=body)) or b""))
    http.send(h11.EndOfMessage())
    status, retry_after, found = 0, "", bytearray()
    while True:
        event = http.next_event()
        if event is h11.NEED_DATA:
            connection.settimeout(_left(deadline))
            http.receive_data(connection.recv(CHUNK))
        elif isinstance(event, h11.Response):
            status = event.status_code
            retry_after = dict(event.headers).get(b"retry-after", b"").decode("latin-1")
        elif isinstance(event, h11.Data):
            found += event.data
        if isinstance(event, h11.EndOfMessage) or len(found) > max_answer:
            return Answer(status, bytes(found[: max_answer + 1]), retry_after)
        if isinstance(event, h11.ConnectionClosed):
            raise Unreachable("the connection was closed before the answer")
