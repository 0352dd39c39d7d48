"""People at a match, over Socket.IO or flat sockets: what they hear is awaited in the order in which it comes."""

import asyncio
import secrets
from abc import ABC, abstractmethod
from typing import Any, Self

import pytest
from socketio import packet

from tests import sockets

ClientMessage = tuple[str, Any]

RESUME_TOKEN = 32  # characters


class Person(ABC):
    """One connection that speaks Avari."""

    handle = ""
    match = ""
    resume_token = ""

    @classmethod
    @abstractmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self: ...

    @abstractmethod
    async def say(self, event: str, payload: Any = None) -> dict[str, Any]:
        """The ack of an event."""

    @abstractmethod
    async def next(self) -> ClientMessage:
        """What comes next, whatever it is."""

    @abstractmethod
    async def settle(self) -> list[ClientMessage]:
        """Everything that has come so far and was not awaited."""

    @abstractmethod
    async def leave(self) -> None:
        """Goes with a word."""

    @abstractmethod
    async def break_off(self) -> None:
        """Loses the connection."""

    async def hear(self, event: str) -> Any:
        """The payload of what comes next, which must be such an event."""
        heard, payload = await self.next()
        assert heard == event, f"{self.handle} heard {heard} {payload}"
        return payload

    async def sit(self, match: str, handle: str, **more: Any) -> dict[str, Any]:
        """Registers, and returns what `joined` says."""
        ack = await self.say("register", {"userId": handle, "matchId": match, **more})
        assert ack["ok"], ack
        self.handle, self.match = handle, match
        joined: dict[str, Any] = await self.hear("joined")
        self.resume_token = joined["resumeToken"]
        return joined


class OverSocketIO(Person):
    transports = ["websocket"]

    def __init__(self, client: sockets.Events) -> None:
        self.client = client

    @classmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self:
        client = sockets.Events()
        return cls(await client.connect(address, cls.transports, auth={"token": token} if token else None))

    async def say(self, event: str, payload: Any = None) -> dict[str, Any]:
        ack: dict[str, Any] = await self.client.ask(event, *([] if payload is None else [payload]))
        return ack

    async def next(self) -> ClientMessage:
        event, arguments = await asyncio.wait_for(self.client.came.get(), sockets.PATIENCE)
        return event, arguments[0] if arguments else None

    async def settle(self) -> list[ClientMessage]:
        return [(event, arguments[0]) for event, arguments in await self.client.settle()]

    async def leave(self) -> None:
        """The library closes its socket before its last words are out: here they go first, as from browsers."""
        if self.client.io.connected:
            await self.client.io._send_packet(packet.Packet(packet.DISCONNECT, namespace="/"))
            await self.client.io.eio.queue.join()
        await self.client.close()

    async def break_off(self) -> None:
        """As a phone in a tunnel does."""
        transport = self.client.io.eio.ws._response.connection.transport
        transport.abort()
        await self.client.close()


class OverPolling(OverSocketIO):
    transports = ["polling"]

    async def break_off(self) -> None:
        raise NotImplementedError("only a ping time-out would tell")


class OverFlatSocket(Person):
    def __init__(self, client: sockets.Client) -> None:
        self.client = client

    @classmethod
    async def arrive(cls, address: sockets.Address, token: str = "") -> Self:
        options: dict[str, Any] = {"subprotocols": ["vitrine", token]} if token else {}
        return cls(await sockets.connect(address, **options))

    async def say(self, event: str, payload: Any = None) -> dict[str, Any]:
        fields = payload if isinstance(payload, dict) else {} if payload is None else {"data": payload}
        ack = await self.client.ask(event, **fields)
        return {key: value for key, value in ack.items() if key not in ("type", "op")}

    async def next(self) -> ClientMessage:
        return _told(self.client.passed.pop(0) if self.client.passed else await self.client.next())

    async def settle(self) -> list[ClientMessage]:
        return [_told(frame) for frame in await self.client.settle()]

    async def leave(self) -> None:
        await self.client.connection.close()

    async def break_off(self) -> None:
        self.client.abandon()


def _told(frame: sockets.Frame) -> ClientMessage:
    payload = {key: value for key, value in frame.items() if key != "type"}
    if "kind" in payload:
        payload["type"] = payload.pop("kind")
    return frame["type"], payload


KINDS = [OverSocketIO, OverPolling, OverFlatSocket]
LOSABLE = [OverSocketIO, OverFlatSocket]
kinds = pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
losable = pytest.mark.parametrize("kind", LOSABLE, ids=lambda kind: kind.__name__)


class House:
    """A server and who is connected to it."""

    def __init__(self, address: sockets.Address) -> None:
        self.address = address
        self.here: list[Person] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for person in self.here:
            await person.leave()

    async def arrive(self, kind: type[Any] = OverSocketIO, token: str = "") -> Any:
        person = await kind.arrive(self.address, token)
        self.here.append(person)
        return person

    async def two(self, kind: type[Any] = OverSocketIO, match: str = "") -> tuple[Any, Any]:
        """`ann` and `ben` at one match, who have heard of each other."""
        match = match or new_match()
        ann, ben = await self.arrive(kind), await self.arrive(kind)
        await ann.sit(match, "ann")
        await ben.sit(match, "ben")
        await ann.hear("user-joined")
        return ann, ben


def new_match() -> str:
    return f"match-{secrets.token_hex(6)}"
