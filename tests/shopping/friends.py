"""Friends who shop together, as sockets."""

import contextlib
import secrets
from typing import Any, Self

from tests import sockets
from tests.sockets import Frame

NAMES = ("Ann", "Ben", "Cleo", "Dan")


class Friend:
    """One connected client of Shop with Friends' nested frames."""

    def __init__(self, client: sockets.Client, client_id: str) -> None:
        self.client, self.id = client, client_id

    @classmethod
    async def connect(cls, address: sockets.Address, path: str = "/", **options: Any) -> Self:
        client = await sockets.connect(address, path, greeted=False, **options)
        greeting = await client.next()
        assert greeting["type"] == "CLIENT_ID"
        return cls(client, greeting["payload"]["clientId"])

    async def say(self, type: str, payload: Any = None, **beside: Any) -> None:
        await self.client.send({"type": type, "payload": {} if payload is None else payload, **beside})

    async def hear(self, type: str, **fields: Any) -> Any:
        """The payload of the next frame of this type with these fields; those before it are kept in `client.passed`."""
        while True:
            frame = await self.client.expect(type)
            if fields.items() <= frame["payload"].items():
                return frame["payload"]
            self.client.passed.append(frame)

    async def ask(self, type: str, payload: Any = None) -> Frame:
        """The ack of a message."""
        op = secrets.token_hex(8)
        await self.say(type, payload, op=op)
        return await self.client.expect("ack", op=op)

    async def refused(self, type: str, payload: Any = None) -> str:
        """The words in which a message is refused."""
        await self.say(type, payload)
        return str((await self.hear("ERROR"))["message"])

    async def settle(self) -> list[Frame]:
        return await self.client.settle()

    async def sync(self, event: str, **fields: Any) -> None:
        await self.say("SYNC_EVENT", {"eventType": event, **fields})

    async def synced(self, event: str, **fields: Any) -> Any:
        return await self.hear("SYNC_EVENT", eventType=event, **fields)

    async def create(self, name: str = "Ann", **metadata: Any) -> str:
        """The id of a new session, whose state has been heard."""
        await self.say("CREATE_SESSION", {"userName": name, "metadata": metadata})
        session_id = str((await self.hear("SESSION_CREATED"))["sessionId"])
        await self.hear("SESSION_STATE")
        return session_id

    async def join(self, session_id: str, name: str | None = None) -> Any:
        """The session's state as the joiner hears it."""
        await self.say("JOIN_SESSION", {"sessionId": session_id, "userName": name})
        await self.hear("SESSION_JOINED")
        return await self.hear("SESSION_STATE")

    async def operate(self, op: str, product_id: str, qty: int | None = 1, op_id: str = "", **more: Any) -> Frame:
        """The ack of a cart operation."""
        change = {"opId": op_id or secrets.token_hex(8), "op": op, "productId": product_id, "qty": qty, **more}
        return await self.ask("CART_OP", change)

    async def heard_before(self, mark: "Friend") -> list[Frame]:
        """Everything that came before something that `mark` says now: what was told earlier would have come by then."""
        token = secrets.token_hex(8)
        await mark.sync("MARK", token=token)
        await self.synced("MARK", token=token)
        came, self.client.passed = self.client.passed, []
        return came

    def abandon(self) -> None:
        self.client.abandon()


class Friends:
    """Opens clients that are closed with it."""

    def __init__(self, address: sockets.Address) -> None:
        self.address = address
        self.clients = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.clients.aclose()

    async def one(self, path: str = "/", at: sockets.Address | None = None, **options: Any) -> Friend:
        friend = await Friend.connect(at or self.address, path, **options)
        await self.clients.enter_async_context(friend.client)
        return friend

    async def party(self, count: int) -> tuple[str, list[Friend]]:
        """A session and those in it, the host first; what they heard while they came has been taken out."""
        host = await self.one()
        session_id = await host.create(NAMES[0])
        there = [host]
        for name in NAMES[1:count]:
            friend = await self.one()
            await friend.join(session_id, name)
            for other in there:
                await other.hear("PARTICIPANT_JOINED", userId=friend.id)
            there.append(friend)
        for friend in there:
            await friend.settle()
        return session_id, there
