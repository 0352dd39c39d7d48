"""Bytes written into sockets past the transports that own them, which saves a broadcast most of its Python calls.

An `os.write` on a transport's file descriptor is safe under three conditions. The adapter of the server that gives out
the descriptors keeps all of them, and tests/realtime/adapters/test_uvicorn.py would notice their end:

- The transport keeps no bytes of its own, or ours would overtake them.
- Nothing encrypts.
- The event loop closes the descriptor only after `connection_lost` has returned, where its owner gives it up. Otherwise
  the system could give the number to another connection, and one viewer's bytes would reach somebody else.
"""

import os
from array import array
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Owner = TypeVar("Owner", bound=Hashable)


def write(descriptor: int, data: bytes) -> bytes:
    """Writes what the socket takes of `data`, and returns the rest."""
    try:
        return data[os.write(descriptor, data) :]
    except OSError:  # The socket is full or lost, and the transport finds out which.
        return data


class Descriptors(Generic[Owner]):
    """The sockets of a fan-out group that may be written to past their transports, each with its owner.

    The numbers stand side by side in an array. An object per owner, however small, has left the processor's caches by
    the next write: to fetch each costs a twentieth of a broadcast, and to look each descriptor up costs a fifth.
    """

    def __init__(self) -> None:
        self._by_owner: dict[Owner, int] = {}
        self._numbers: array[int] | None = None  # Those of `_by_owner`, until somebody comes or goes.

    def __len__(self) -> int:
        return len(self._by_owner)

    def __iter__(self) -> Iterator[Owner]:
        return iter(self._by_owner)

    def __contains__(self, owner: object) -> bool:
        return owner in self._by_owner

    def add(self, owner: Owner, descriptor: int) -> None:
        self._by_owner[owner] = descriptor
        self._numbers = None

    def discard(self, owner: Owner) -> None:
        if self._by_owner.pop(owner, None) is not None:
            self._numbers = None

    def write(self, data: bytes) -> list[tuple[Owner, bytes]]:
        """Writes `data` to every socket. Returns who could not take all of it, each with the rest."""
        if self._numbers is None:
            self._numbers = array("i", self._by_owner.values())
        write, size, short = os.write, len(data), []
        numbers = iter(self._numbers)
        while True:
            try:
                for number in numbers:
                    if (taken := write(number, data)) != size:
                        short.append((number, taken))
                break
            except OSError:  # This one is full or lost. The loop goes on with the next, for those must not pay for it.
                short.append((number, 0))
        if not short:
            return []
        owners = {number: owner for owner, number in self._by_owner.items()}
        return [(owners[number], data[taken:]) for number, taken in short]
