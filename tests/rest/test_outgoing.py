"""A request to somebody else's server goes where it was looked, no further, and has an end."""

import contextlib
import datetime
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from rest import outgoing

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
Serve = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(serve: Serve) -> Iterator[int]:
    """A server whose every connection is given to `serve`; yields its port."""
    with socket.create_server(("127.0.0.1", 0)) as door:

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = door.accept()
                    with connection, contextlib.suppress(OSError):
                        serve(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield door.getsockname()[1]
        door.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def saying(answer: bytes, heard: list[bytes] | None = None) -> Serve:
    def serve(connection: socket.socket) -> None:
        got = connection.recv(65536)
        if heard is not None:
            heard.append(got)
        connection.sendall(answer)

    return serve


def post(url: str, **how: Any) -> outgoing.Answer:
    given: dict[str, Any] = {"seconds": 10.0, "max_answer": 100, "allows": outgoing.anywhere} | how
    return outgoing.post(url, b"{}", [("webhook-id", "1")], **given)


def resolved(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> list[str]:
    """Has every name resolve to these addresses; the names that were asked for."""
    asked: list[str] = []

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> list[Any]:
        asked.append(host)
        kinds = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(kinds[":" in each], socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def test_a_body_is_posted_and_the_answer_read() -> None:
    heard: list[bytes] = []
    with serving(saying(OK, heard)) as port:
        answer = post(f"http://127.0.0.1:{port}/a/b?c=d")
    assert answer == outgoing.Answer(200, b"hi", "")
    head, _, body = heard[0].partition(b"\r\n\r\n")
    assert head.split(b"\r\n")[0] == b"POST /a/b?c=d HTTP/1.1"
    assert f"Host: 127.0.0.1:{port}".encode() in head
    assert b"webhook-id: 1" in head
    assert body == b"{}"


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fd00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "2002:0a00:0001::1",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::1",
    ],
)
def test_a_private_address_is_none_that_everyone_may_have(address: str) -> None:
    assert not outgoing.is_public(address)


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111", "64:ff9b::1.1.1.1", "::ffff:1.1.1.1"])
def test_a_public_one_is(address: str) -> None:
    assert outgoing.is_public(address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]"])
def test_no_spelling_of_a_private_address_is_connected_to(host: str) -> None:
    heard: list[bytes] = []
    with serving(saying(OK, heard)) as port, pytest.raises(outgoing.Unreachable):
        post(f"http://{host}:{port}/", allows=outgoing.is_public)
    assert heard == []


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is resolved once; of its addresses one that may not be reached is passed over."""
    heard: list[bytes] = []
    with serving(saying(OK, heard)) as port:
        asked = resolved(monkeypatch, "10.0.0.1", "127.0.0.1")
        answer = post(f"http://shop.example:{port}/", allows=lambda address: address == "127.0.0.1")
        assert answer.status == 200
    assert asked == ["shop.example"]
    assert f"Host: shop.example:{port}".encode() in heard[0]


def test_an_address_that_takes_no_connection_is_followed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(saying(OK)) as port:
        resolved(monkeypatch, "127.0.0.9", "127.0.0.1")
        assert post(f"http://shop.example:{port}/").status == 200


def test_a_redirect_is_an_answer_like_any_other() -> None:
    with serving(saying(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1/\r\nContent-Length: 0\r\n\r\n")) as port:
        assert post(f"http://127.0.0.1:{port}/").status == 302


def test_of_a_long_answer_no_more_is_read_than_the_caller_wants() -> None:
    def serve(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(b"x" * 1000)

    with serving(serve) as port:
        assert post(f"http://127.0.0.1:{port}/").body == b"x" * 101


@pytest.mark.parametrize("drip", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_one_that_drips_comes_to_the_deadline_of_all_of_it(drip: bytes) -> None:
    ended = threading.Event()

    def serve(connection: socket.socket) -> None:
        connection.sendall(drip)
        while not ended.wait(0.01):
            connection.sendall(drip if b"100" in drip else b"a")

    with serving(serve) as port:
        with pytest.raises(outgoing.Unreachable, match="no answer"):
            post(f"http://127.0.0.1:{port}/", seconds=0.3)
        ended.set()


@pytest.mark.parametrize(
    "answer", [b"", b"hello\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 10_000, b"HTTP/1.1 200 OK\r\nContent-"]
)
def test_what_is_no_answer_of_http_is_none(answer: bytes) -> None:
    with serving(saying(answer)) as port, pytest.raises(outgoing.Unreachable):
        post(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("url", ["http://", "http://[::1", "http://a:99999/", "http://127.0.0.1:1/ä", "http://a..b/"])
def test_an_address_that_is_none_is_not_reached(url: str) -> None:
    with pytest.raises(outgoing.Unreachable):
        post(url)


@pytest.mark.parametrize("trusts", [True, False])
def test_a_server_must_prove_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, trusts: bool) -> None:
    key, certificate = certified("shop.example")
    (tmp_path / "key.pem").write_bytes(key)
    (tmp_path / "certificate.pem").write_bytes(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "certificate.pem", tmp_path / "key.pem")

    def serve(connection: socket.socket) -> None:
        with context.wrap_socket(connection, server_side=True) as secure:
            saying(OK)(secure)

    ours = ssl.create_default_context(cafile=str(tmp_path / "certificate.pem") if trusts else None)
    monkeypatch.setattr(outgoing, "_tls", lambda: ours)
    with serving(serve) as port:
        resolved(monkeypatch, "127.0.0.1")
        for host in ("shop.example", "other.example"):
            if trusts and host == "shop.example":
                assert post(f"https://{host}:{port}/").status == 200
            else:
                with pytest.raises(outgoing.Unreachable, match="CERTIFICATE_VERIFY_FAILED"):
                    post(f"https://{host}:{port}/")


def certified(host: str) -> tuple[bytes, bytes]:
    """A key, and a certificate of this name that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = datetime.datetime.now(datetime.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    return (
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
    )
