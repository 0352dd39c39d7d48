"""A client as it should be: knows where it stopped, comes back there, and sends again what was not acknowledged."""

import asyncio
import contextlib
import json
from typing import Any, NamedTuple

import websockets

from accounts.models import User
from tests import sockets
from tests.chaos import cluster

ANSWER_SECONDS = 8.0  # for entering; a server that was just killed may be starting

GONE = (OSError, TimeoutError, EOFError, websockets.WebSocketException)


class Seen(NamedTuple):
    """One event as it was told."""

    seq: int
    what: str  # the message that it tells of


class Jump(NamedTuple):
    """Too much was missed: from one place to another, with the room as it was there."""

    start: int
    end: int
    state: dict[str, Any]


class Viewer:
    """Someone who watches and writes, from whatever process answers."""

    def __init__(self, name: str, user: User, show: sockets.Show) -> None:
        self.name, self.user, self.show = name, user, show
        self.epoch = ""
        self.began = self.position = -1
        self.seen: list[Seen] = []
        self.jumps: list[Jump] = []
        self.pending: dict[str, str] = {}  # what was said and not acknowledged, by its op
        self.acked: dict[str, dict[str, Any]] = {}
        self.again: set[asyncio.Task[None]] = set()  # waiting to say what was refused
        self.faults: list[str] = []
        self.connection: websockets.ClientConnection | None = None
        self.reading: asyncio.Task[None] | None = None
        self.entered: asyncio.Future[bool] | None = None
        self.after = -1  # what the last resume asked for
        self.resumed = 0  # times
        self.state: dict[str, Any] = {}

    @property
    def here(self) -> bool:
        return (
            self.entered is not None and self.entered.done() and not self.entered.cancelled() and self.entered.result()
        )

    # --- coming and going

    async def come(self, address: sockets.Address) -> bool:
        """Enters, or comes back to, the show; whether it could."""
        await self.go()
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                self.connection = await websockets.connect(
                    address.ws("/ws/streams/"), compression=None, ping_interval=None, **sockets.bearer(self.user)
                )
                self.entered = asyncio.get_running_loop().create_future()
                self.reading = asyncio.create_task(self._read(self.connection, self.entered))
                await self._enter()
                entered = await asyncio.shield(self.entered)
                for op, text in list(self.pending.items()) if entered else []:
                    await self._send_line(op, text)
        except GONE:
            entered = False
        if not entered:
            await self.go()
        return entered

    async def go(self) -> None:
        """Without a word, as a phone in a tunnel does."""
        if self.reading is not None:
            self.reading.cancel()
            await asyncio.wait({self.reading})
        if self.connection is not None:
            self.connection.transport.abort()
        self.connection = self.reading = self.entered = None

    async def _enter(self) -> None:
        await self._send(type="hello", recover=True)
        if self.epoch:
            self.after = self.position
            await self._send(type="resume", op="enter", room=self.show.key, epoch=self.epoch, after=self.after)
        else:
            await self._send(type="join-session", op="enter", sessionId=self.show.id)

    async def say(self, text: str) -> None:
        op = f"{self.name}-{len(self.pending) + len(self.acked)}"
        self.pending[op] = text
        if self.here:
            await self._send_line(op, text)

    async def _send_line(self, op: str, text: str) -> None:
        await self._send(type="send-message", op=op, sessionId=self.show.id, message=text)

    async def _send(self, **frame: Any) -> None:
        assert self.connection is not None
        with contextlib.suppress(*GONE):  # the reader will find out, and what was said is still pending
            await self.connection.send(json.dumps(frame))

    # --- listening

    async def _read(self, connection: websockets.ClientConnection, entered: "asyncio.Future[bool]") -> None:
        try:
            async for text in connection:
                self._hear(json.loads(text))
        except GONE:
            pass
        except Exception as error:
            self.faults.append(f"{self.name} could not understand: {error!r}")
        if not entered.done():
            entered.set_result(False)
        self.connection = self.entered = None

    def _hear(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "ack" and frame["op"] == "enter":
            self._arrive(frame)
        elif frame["type"] == "ack":
            self._take_answer(frame)
        elif frame["type"] == "snapshot":
            self.state = frame["state"]
        elif frame["type"] != "resumed" and "epoch" in frame:
            self._note(frame)

    def _take_answer(self, ack: dict[str, Any]) -> None:
        """What a server that is in trouble refused is sent again, as it asks for it."""
        if ack["ok"]:
            self.pending.pop(ack["op"], None)
            self.acked[ack["op"]] = ack
        elif ack["code"] == "busy":
            again = asyncio.create_task(self._send_again(ack["op"], ack["retryAfter"]))
            self.again.add(again)
            again.add_done_callback(self.again.discard)
        else:
            self.faults.append(f"{self.name} was refused with {ack}")

    async def _send_again(self, op: str, seconds: float) -> None:
        await asyncio.sleep(seconds)
        if self.here and op in self.pending:
            await self._send_line(op, self.pending[op])

    def _arrive(self, ack: dict[str, Any]) -> None:
        assert self.entered is not None
        if ack["ok"]:
            if not self.epoch:
                self.epoch, self.began = ack["epoch"], ack["seq"]
            else:
                self._come_back(ack)
            self.position = ack["seq"]
        self.entered.set_result(ack["ok"])

    def _come_back(self, ack: dict[str, Any]) -> None:
        self.resumed += ack["recovered"]
        missed = ack["seq"] - self.after
        if ack["recovered"] != (0 <= missed <= cluster.RECOVERY_EVENTS) or ack["epoch"] != self.epoch:
            self.faults.append(f"{self.name} came back to {self.after} and was answered {ack}")
        if not ack["recovered"]:
            self.jumps.append(Jump(self.position, ack["seq"], self.state))
        elif self.position > ack["seq"]:
            self.faults.append(f"{self.name} was told {self.position} before it was let in at {ack['seq']}")

    def _note(self, frame: dict[str, Any]) -> None:
        if frame["seq"] <= self.position or frame["epoch"] != self.epoch:
            self.faults.append(f"{self.name} at {self.position} was told {frame}")
        self.position = frame["seq"]
        what = frame.get("id") or frame.get("messageId") or ""
        self.seen.append(Seen(frame["seq"], f"{frame['type']} {what}"))
