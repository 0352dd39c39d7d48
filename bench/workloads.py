"""What is measured, on whom, and what should come out: the one list that run.py runs and report.py judges."""

import sys
from dataclasses import dataclass
from typing import Literal

Mode = Literal["paced", "closed", "echo", "gather"]
Figure = Literal["cost", "per_s", "p99_ms", "kb_each", "growth_mb", "cut"]

# --- the servers


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


PRODUCT = (sys.executable, "-m", "tools.serve")
STORE = ("STORE", "1")

VITRINE = Contender("Vitrine", PRODUCT)
VITRINE_TWICE = Contender("Vitrine, 2 processes", PRODUCT, processes=2)
VITRINE_IO = Contender("Vitrine, Socket.IO", PRODUCT, socketio=True)
WS = Contender("Node ws", ("node", "bench/peers/ws.js"))
WS_STORE = Contender("Node ws + INSERT", ("node", "bench/peers/ws.js"), (STORE,))
IO = Contender("Node socket.io", ("node", "bench/peers/socketio.js"), socketio=True)
IO_REDIS = Contender("Node socket.io + Redis", ("node", "bench/peers/socketio.js"), (("ADAPTER", "1"),), socketio=True)
IO_STORE = Contender("Node socket.io + INSERT", ("node", "bench/peers/socketio.js"), (STORE,), socketio=True)
UVLOOP = Contender("raw uvloop", (sys.executable, "bench/peers/raw_uvloop.py"))

# --- what clients do


@dataclass(frozen=True)
class Words:
    """One message on both wires, and how a delivery of it is known. The load generator fills in {t}, {i} and {room}."""

    name: str
    fields: str  # of the JSON object, behind its type
    marker: str  # what stands in each delivery once

    @property
    def flat(self) -> str:
        return f'{{"type":"{self.name}"{self.fields and ","}{self.fields}}}'

    @property
    def event(self) -> str:
        return f'42{{i}}["{self.name}",{{{self.fields}}}]'


QUESTION = "Love this colour, is it available in size M? Ship to Berlin?"
CHAT = Words("send-message", f'"sessionId":"{{room}}","op":"{{i}}","message":"{QUESTION} ^{{t}}"', "^")
LONG_CHAT = Words("send-message", f'"sessionId":"{{room}}","op":"{{i}}","message":"^{{t}} {"好" * 470}"', "^")
REACTION = Words("send-reaction", '"sessionId":"{room}","kind":"heart"', '"new-reaction"')
PING = Words("ping", "", '"pong"')


@dataclass(frozen=True)
class Load:
    mode: Mode
    words: Words = CHAT
    clients: int = 500
    speakers: int = 50
    rate: float = 1  # messages per second, where paced
    in_flight: int = 1  # where closed
    slow: int = 0  # clients that join and never read, beside the others
    rooms: int = 1
    seconds: float = 5
    quick_seconds: float = 2
    joins: bool = True
    browser: bool = False  # whether handshakes carry what a browser sends

    @property
    def lead(self) -> Figure:
        """The figure in which servers are compared."""
        if not self.joins:
            return "kb_each"
        return "per_s" if self.mode == "closed" else "cost"


# --- what should come out


@dataclass(frozen=True)
class Goal:
    """A bound for our figure: times a peer's in the same round, or absolute."""

    figure: Figure
    at_most: float | None = None
    at_least: float | None = None
    against: Contender | None = None
    ours: Contender = VITRINE


@dataclass(frozen=True)
class Workload:
    name: str
    title: str
    load: Load
    contenders: tuple[Contender, ...]
    goals: tuple[Goal, ...] = ()
    quick: bool = False
    unit: str = "deliveries"
    note: str = ""


CHATTERS = (VITRINE, WS, WS_STORE, UVLOOP)
CHEAPER = (Goal("cost", at_most=0.90, against=WS_STORE), Goal("p99_ms", at_most=20))


def chat_paced(rate: int, *goals: Goal, quick: bool = False) -> Workload:
    load = Load("paced", rate=rate, seconds=10 if rate == 10 else 5)
    return Workload(f"chat-{rate}", f"Chat, 500 viewers, {rate} messages per second", load, CHATTERS, goals, quick)


def chat_closed(in_flight: int, *goals: Goal, quick: bool = False) -> Workload:
    load = Load("closed", in_flight=in_flight)
    return Workload(f"chat-w{in_flight}", f"Chat, 500 viewers, {in_flight} in flight", load, CHATTERS, goals, quick)


WORKLOADS = (
    chat_paced(10),
    chat_paced(50, *CHEAPER),
    chat_paced(100, *CHEAPER, quick=True),
    chat_paced(200, *CHEAPER),
    chat_closed(1),
    chat_closed(4),
    chat_closed(16, Goal("per_s", at_least=4, against=WS_STORE), quick=True),
    chat_closed(50),
    Workload(
        "reactions-10",
        "Reactions, 500 viewers, 10 per second",
        Load("paced", REACTION, rate=10, seconds=10),
        (VITRINE, WS, UVLOOP),
        (Goal("cost", at_most=1.0, against=WS),),
    ),
    Workload(
        "reactions-100",
        "Reactions, 500 viewers, 100 per second",
        Load("paced", REACTION, rate=100),
        (VITRINE, WS, UVLOOP),
        (Goal("cost", at_most=0.80, against=WS), Goal("p99_ms", at_most=1.0, against=WS)),
        note="Each is relayed; of what is stored there are only totals.",
    ),
    Workload(
        "reactions-w16",
        "Reactions, 500 viewers, 16 in flight",
        Load("closed", REACTION, in_flight=16),
        (VITRINE, WS, UVLOOP),
        (Goal("per_s", at_least=1_000_000), Goal("per_s", at_least=6, against=WS)),
        quick=True,
    ),
    Workload(
        "socketio-100",
        "Chat over Socket.IO (websocket), 500 viewers, 100 messages per second",
        Load("paced", rate=100),
        (VITRINE_IO, IO, IO_REDIS, IO_STORE, WS),
        (Goal("cost", at_most=0.70, against=IO, ours=VITRINE_IO),),
        quick=True,
    ),
    Workload(
        "socketio-w16",
        "Chat over Socket.IO (websocket), 500 viewers, 16 in flight",
        Load("closed", in_flight=16),
        (VITRINE_IO, IO, IO_REDIS, IO_STORE, WS),
    ),
    Workload(
        "inbound",
        "One message in, one answer out: 100 clients, 2,000 pings per second",
        Load("echo", PING, clients=100, speakers=100, rate=2000),
        (VITRINE, WS, UVLOOP),
        (Goal("cost", at_most=1.7, against=WS),),
        quick=True,
        unit="messages",
    ),
    Workload(
        "idle",
        "2,000 idle WebSockets of browsers",
        Load("gather", clients=2000, joins=False, browser=True),
        (VITRINE, WS),
        (Goal("kb_each", at_most=18),),
        quick=True,
    ),
    Workload(
        "idle-socketio",
        "2,000 idle Socket.IO clients of browsers",
        Load("gather", clients=2000, joins=False, browser=True),
        (VITRINE_IO, IO),
        (Goal("kb_each", at_most=32, ours=VITRINE_IO),),
        quick=True,
    ),
    Workload(
        "slow",
        "5 of 55 viewers never read, 200 long messages per second",
        Load("paced", LONG_CHAT, clients=50, slow=5, rate=200, seconds=30, quick_seconds=30),
        (VITRINE, WS, WS_STORE),
        (Goal("growth_mb", at_most=40), Goal("p99_ms", at_most=20), Goal("cut", at_least=5)),
        note="`transport.py` cuts a client that has let 1 MB wait for 5 s, or 8 MB at all; hence the bound on growth.",
    ),
    Workload(
        "rooms",
        "50 shows of 100 viewers, 100 messages per second together",
        Load("paced", clients=5000, rooms=50, rate=100),
        (VITRINE, WS, WS_STORE),
        CHEAPER,
    ),
    Workload(
        "storm",
        "2,000 viewers join a show within 5 s",
        Load("gather", clients=2000, browser=True, quick_seconds=5),
        (VITRINE, WS),
        unit="joins",
        note="p50 and p99 are from connecting to the join's ack; Vitrine stores each presence and announces the count.",
    ),
    Workload(
        "processes",
        "Two processes on Redis: chat, 500 viewers, 100 messages per second",
        Load("paced", rate=100),
        (VITRINE, VITRINE_TWICE),
        (Goal("cost", at_most=1.1, against=VITRINE, ours=VITRINE_TWICE),),
    ),
)
