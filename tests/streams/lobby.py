"""Wrencos' clients: customers and admins of the one lobby."""

import contextlib
import secrets
from typing import Any, Self

from accounts import tokens
from accounts.models import User
from realtime.delivery import hubs
from realtime.models import Room
from realtime.runtime import threads
from streams.models import Stream
from streams.rooms import LobbyRoom
from tests import factories, sockets


class Lobby:
    """Opens clients that are closed with it."""

    def __init__(self, server: sockets.Address) -> None:
        self.server = server
        self.clients = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.clients.aclose()

    async def stranger(self, path: str = "/ws/streams/") -> sockets.Client:
        """Connected, and not registered."""
        return await self.clients.enter_async_context(await sockets.connect(self.server, path))

    async def customer(self, session: str = "", of: User | None = None) -> sockets.Client:
        """A registered customer, whose greeting is in `passed`."""
        client = await self.stranger()
        token = await bearer(of) if of else None
        assert (await client.ask("register", sessionId=session or new_session(), token=token))["ok"]
        return client

    async def admin(self, of: User | None = None) -> sockets.Client:
        """A registered admin; of a new one if none is given."""
        client = await self.stranger()
        if of is None:
            of = await threads.in_db(factories.user, "admin")
        assert (await client.ask("register_admin", token=await bearer(of)))["ok"]
        client.passed.clear()
        return client

    async def show(self, status: str = "live", **facts: Any) -> Stream:
        """The current show, of an admin of its own; who comes from now on comes after the news of it."""
        stream = await threads.in_db(current, status, **facts)
        if (hub := hubs.current().rooms.get(LobbyRoom().key)) is not None:
            last, _ = await threads.in_db(Room.objects.position, hub.key)
            await hub.reaches(last)
        return stream

    async def admin_with_show(self) -> tuple[sockets.Client, Stream]:
        stream = await self.show()
        return await self.admin(stream.creator), stream


def current(status: str = "live", **facts: Any) -> Stream:
    creator = factories.user("admin")
    stream = factories.stream(creator, **facts)
    if status != "scheduled":
        stream.start(by=factories.identity(creator))
    if status == "paused":
        stream.change_status("paused")
    return Stream.objects.select_related("creator").get(pk=stream.pk)


async def bearer(of: User) -> str:
    return await threads.in_db(tokens.access_token, of)


def new_session() -> str:
    return f"customer-{secrets.token_hex(8)}"


def types(frames: list[sockets.Frame]) -> list[str]:
    return [frame["type"] for frame in frames]
