"""Writing past transports: everybody is written the same, and what a socket does not take is handed back."""

import os
import socket
from collections.abc import Iterator

import pytest

from realtime.adapters import descriptors

Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def pairs() -> Iterator[list[Pair]]:
    """Three connections, as their server and their client have them."""
    made = [socket.socketpair() for _ in range(3)]
    for ends in made:
        for end in ends:
            end.setblocking(False)
    yield made
    for ends in made:
        for end in ends:
            end.close()


def fill(end: socket.socket) -> None:
    try:
        while True:
            end.send(b"x" * 4096)
    except BlockingIOError:
        pass


def test_the_rest_is_what_the_socket_did_not_take(pairs: list[Pair]) -> None:
    (ours, theirs), *_ = pairs
    assert descriptors.write(ours.fileno(), b"hello") == b""
    assert theirs.recv(100) == b"hello"
    data = os.urandom(4_000_000)
    rest = descriptors.write(ours.fileno(), data)
    assert 0 < len(rest) < len(data)
    assert data.endswith(rest)
    assert descriptors.write(ours.fileno(), b"more") == b"more"


def test_a_lost_socket_takes_nothing(pairs: list[Pair]) -> None:
    (ours, theirs), *_ = pairs
    theirs.close()
    assert descriptors.write(ours.fileno(), b"hello") == b"hello"


def test_everybody_is_written_the_same_and_nobody_waits_for_one_that_is_full_or_lost(pairs: list[Pair]) -> None:
    sockets = descriptors.Descriptors[str]()
    for name, (ours, _) in zip(("full", "lost", "well"), pairs, strict=True):
        sockets.add(name, ours.fileno())
    assert sockets.write(b"one") == []
    fill(pairs[0][0])
    pairs[1][1].close()
    assert sockets.write(b"two") == [("full", b"two"), ("lost", b"two")]
    assert pairs[2][1].recv(100) == b"onetwo"


def test_whoever_has_gone_is_not_written_to(pairs: list[Pair]) -> None:
    sockets = descriptors.Descriptors[int]()
    for number, (ours, _) in enumerate(pairs):
        sockets.add(number, ours.fileno())
    sockets.write(b"one")
    sockets.discard(1)
    sockets.discard(1)
    sockets.write(b"two")
    assert (list(sockets), len(sockets), 0 in sockets, 1 in sockets) == ([0, 2], 2, True, False)
    assert [theirs.recv(100) for _, theirs in pairs] == [b"onetwo", b"one", b"onetwo"]
