"""What is measured, on whom, and what should come out: the one list that run.py runs and report.py judges."""

from dataclasses import dataclass, replace
from typing import Literal

from bench.contenders import (
    IO,
    IO_REDIS,
    IO_STORE,
    UVLOOP,
    VITRINE,
    VITRINE_IO,
    VITRINE_SHOWS_ALL,
    VITRINE_TWICE,
    WS,
    WS_STORE,
    Contender,
)

Mode = Literal["paced", "closed", "echo", "gather", "mixed", "series"]
Figure = Literal["cost", "per_s", "p99_ms", "kb_each", "growth_mb", "cut", "stats_per_s", "shown_per_s", "total_off"]

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
LIKE = Words("toggle-like", '"sessionId":"{room}"', '"likes":')
PING = Words("ping", "", '"pong"')


@dataclass(frozen=True)
class Act:
    """What some clients do beside the workload's messages: say a text, GET a path, or leave for others to come."""

    label: str
    kind: Literal["say", "get", "come"]
    rate: float  # per second
    what: str = ""


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
    seconds: float = 4
    quick_seconds: float = 2
    acts: tuple[Act, ...] = ()
    ears: tuple[tuple[str, str], ...] = ()  # what one client counts, by name, and the text before its number
    joins: bool = True
    browser: bool = False  # whether handshakes carry what a browser sends

    @property
    def staying(self) -> int:
        """Clients who do not leave for others: half of them where some do."""
        return self.clients - self.clients // 2 if any(act.kind == "come" for act in self.acts) else self.clients

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
    rounds: int | None = None  # at most

    @property
    def judged(self) -> tuple[Contender, ...]:
        """The servers that the goals need."""
        labels = {party.label for goal in self.goals for party in (goal.ours, goal.against) if party is not None}
        return tuple(contender for contender in self.contenders if contender.label in labels)


CHATTERS = (VITRINE, WS, WS_STORE)
CHEAPER = (Goal("cost", at_most=0.90, against=WS_STORE), Goal("p99_ms", at_most=20))


EXACT = (Goal("stats_per_s", at_most=5), Goal("total_off", at_most=0))


def chat_paced(rate: int, *goals: Goal, quick: bool = False) -> Workload:
    load = Load("paced", rate=rate, seconds=8)  # of two hundred messages, two would be the p99
    title = f"Chat, 500 viewers, {rate} messages per second"
    return Workload(f"chat-{rate}", title, load, (*CHATTERS, UVLOOP) if quick else CHATTERS, goals, quick)


def chat_closed(in_flight: int, *goals: Goal, quick: bool = False) -> Workload:
    load, title = Load("closed", in_flight=in_flight), f"Chat, 500 viewers, {in_flight} in flight"
    contenders = (*CHATTERS, UVLOOP) if quick else CHATTERS
    return Workload(f"chat-w{in_flight}", title, load, contenders, goals, quick, rounds=None if goals else 1)


BIG_SHOW = Load(
    "mixed",
    clients=5000,
    rate=10,
    acts=(
        Act("reactions", "say", 200, REACTION.flat),
        Act("likes", "say", 20, LIKE.flat),
        Act("joins and leaves", "come", 20),
    ),
    ears=(("stats", '"total":'), ("shown", REACTION.marker), ("likes", LIKE.marker)),
    seconds=8,
)
READS = Load(
    "series",
    rate=50,
    acts=(
        Act("the show", "get", 50, "/api/sessions/{room}"),
        Act("its chat", "get", 50, "/api/sessions/{room}/chat"),
        Act("its products", "get", 50, "/api/sessions/{room}/products"),
    ),
)


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
        Load("paced", REACTION, rate=10, seconds=8),
        (VITRINE_SHOWS_ALL, WS),
        (Goal("cost", at_most=1.0, against=WS),),
    ),
    Workload(
        "reactions-100",
        "Reactions, 500 viewers, 100 per second",
        Load("paced", REACTION, rate=100),
        (VITRINE_SHOWS_ALL, WS, UVLOOP),
        (Goal("cost", at_most=0.80, against=WS), Goal("p99_ms", at_most=1.0, against=WS)),
        note="Each is shown, beyond the twenty per second that a show's viewers are told; stored are only totals.",
    ),
    Workload(
        "reactions-w16",
        "Reactions, 500 viewers, 16 in flight",
        Load("closed", REACTION, in_flight=16),
        (VITRINE_SHOWS_ALL, WS, UVLOOP),
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
        (VITRINE_IO, IO, IO_STORE),
        rounds=2,
    ),
    Workload(
        "inbound",
        "One message in, one answer out: 100 clients, 2,000 pings per second",
        Load("echo", PING, clients=100, speakers=100, rate=2000, seconds=8),
        (VITRINE, WS, UVLOOP),
        (Goal("cost", at_most=1.8, against=WS),),
        quick=True,
        unit="messages",
    ),
    Workload(
        "idle",
        "2,000 idle WebSockets of browsers",
        Load("gather", clients=2000, joins=False, browser=True, seconds=5),
        (VITRINE, WS),
        (Goal("kb_each", at_most=18),),
        quick=True,
        rounds=1,
    ),
    Workload(
        "idle-socketio",
        "2,000 idle Socket.IO clients of browsers",
        Load("gather", clients=2000, joins=False, browser=True, seconds=5),
        (VITRINE_IO, IO),
        (Goal("kb_each", at_most=32, ours=VITRINE_IO),),
        quick=True,
        rounds=1,
    ),
    Workload(
        "slow",
        "5 of 55 viewers never read, 200 long messages per second",
        Load("paced", LONG_CHAT, clients=50, slow=5, rate=200, seconds=25, quick_seconds=25),
        (VITRINE, WS, WS_STORE),
        (Goal("growth_mb", at_most=40), Goal("p99_ms", at_most=20), Goal("cut", at_least=5)),
        note="`transport.py` cuts a client that has let 1 MB wait for 5 s, or 8 MB at all; hence the bound on growth.",
        rounds=1,
    ),
    Workload(
        "show",
        "A show of 5,000 viewers: per second 10 messages, 200 reactions, 20 likes, 20 who leave and 20 who come",
        BIG_SHOW,
        (VITRINE, VITRINE_TWICE, WS_STORE),
        (*EXACT, *(replace(goal, ours=VITRINE_TWICE) for goal in EXACT)),
        unit="frames heard",
        note="Vitrine shows twenty reactions a second, and their exact total at most five times. The peer relays every "
        "reaction and every like, and tells no counts. Latency is of the chat.",
        rounds=2,
    ),
    Workload(
        "reads",
        "REST reads of a live show, 50 per second of each kind, while 50 messages per second go to 500 viewers",
        READS,
        (VITRINE,),
        rounds=2,
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
        Load("gather", clients=2000, browser=True, seconds=5, quick_seconds=5),
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
