"""The servers that are compared."""

import json
import sys
from dataclasses import dataclass


@dataclass(frozen=True)
class Contender:
    """A server; it reads HOST, PORT, DATABASE_URL and REDIS_URL."""

    label: str
    command: tuple[str, ...]
    variables: tuple[tuple[str, str], ...] = ()
    socketio: bool = False  # how its clients connect
    processes: int = 1

    @property
    def node(self) -> bool:
        return self.command[0] == "node"


PRODUCT = (sys.executable, "manage.py", "serve")
STORE = ("STORE", "1")

# A few hundred of the generator's clients say what thousands of people would. Every bucket stays in place and is asked.
PLENTY = [1_000_000, 1_000_000]
BYTES = [1_000_000_000, 1_000_000_000]
LIMITS = {
    "message": {"connection": PLENTY, "address": PLENTY},
    "bytes": {"address": BYTES, "room": BYTES},
    "join": {"connection": PLENTY, "address": PLENTY},
    "chat": {"connection": PLENTY, "identity": PLENTY, "room": PLENTY, "room-address": PLENTY},
    "reaction": {"connection": PLENTY, "identity": PLENTY, "address": PLENTY},
    "call": {"connection": PLENTY, "address": PLENTY},
    "relay": {"connection": PLENTY, "address": PLENTY},
}
RAISED = ("LIMITS", json.dumps(LIMITS))
# Of a show's reactions twenty a second are shown one by one; to see what a broadcast costs, all are.
ALL_SHOWN = ("LIMITS", json.dumps({**LIMITS, "shown-reaction": {"room": PLENTY}}))

VITRINE = Contender("Vitrine", PRODUCT, (RAISED,))
VITRINE_SHOWS_ALL = Contender("Vitrine", PRODUCT, (ALL_SHOWN,))
VITRINE_TWICE = Contender("Vitrine, 2 processes", PRODUCT, (RAISED,), processes=2)
VITRINE_IO = Contender("Vitrine, Socket.IO", PRODUCT, (RAISED,), socketio=True)
WS = Contender("Node ws", ("node", "bench/peers/ws.js"))
WS_STORE = Contender("Node ws + INSERT", ("node", "bench/peers/ws.js"), (STORE,))
IO = Contender("Node socket.io", ("node", "bench/peers/socketio.js"), socketio=True)
IO_REDIS = Contender("Node socket.io + Redis", ("node", "bench/peers/socketio.js"), (("ADAPTER", "1"),), socketio=True)
IO_STORE = Contender("Node socket.io + INSERT", ("node", "bench/peers/socketio.js"), (STORE,), socketio=True)
UVLOOP = Contender("raw uvloop", (sys.executable, "bench/peers/raw_uvloop.py"))
