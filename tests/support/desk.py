"""Clients of support: customers and staff on sockets, in Wrencos' words and in our own."""

import contextlib
import secrets
from typing import Any, Self

from accounts import guests, tokens
from accounts import identity as identities
from accounts.models import User
from realtime.runtime import threads
from support.models import Conversation, Said, Sender, SupportMessage
from tests import factories, sockets


class Desk:
    """Opens clients that are closed with it."""

    def __init__(self, server: sockets.Address) -> None:
        self.server = server
        self.clients = contextlib.AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.clients.aclose()

    async def stranger(self, server: sockets.Address | None = None, **options: Any) -> sockets.Client:
        """Connected, and nobody in particular."""
        client = await sockets.connect(server or self.server, "/ws/support/", **options)
        return await self.clients.enter_async_context(client)

    async def customer(
        self, session: str, resume_token: str = "", server: sockets.Address | None = None, **options: Any
    ) -> sockets.Client:
        """A customer who has registered in Wrencos' words; the greeting is in `passed`."""
        client = await self.stranger(server, **options)
        assert (await client.ask("register", sessionId=session, resumeToken=resume_token or None))["ok"]
        return client

    async def admin(self, of: User | None = None, server: sockets.Address | None = None) -> sockets.Client:
        """A registered admin in Wrencos' words."""
        client = await self.stranger(server)
        user = await threads.in_db(factories.user, "staff") if of is None else of
        assert (await client.ask("register_admin", token=await threads.in_db(tokens.access_token, user)))["ok"]
        client.passed.clear()
        return client

    async def guest(self, token: str = "", server: sockets.Address | None = None) -> sockets.Client:
        """A guest of our own widget, known by a token."""
        return await self.stranger(server, subprotocols=["vitrine", f"guest.{token or guest_token()}"])

    async def user(self, of: User, server: sockets.Address | None = None) -> sockets.Client:
        """Somebody who has logged in."""
        token = await threads.in_db(tokens.access_token, of)
        return await self.stranger(server, subprotocols=["vitrine", token])


def new_session() -> str:
    return f"customer-{secrets.token_hex(8)}"


def guest_token() -> str:
    return guests.issue(identities.new_visitor()[0])[0]


def resume_token(client: sockets.Client) -> str:
    """The one that a customer's greeting, which is in `passed`, has handed out."""
    (registered,) = [frame for frame in client.passed if frame["type"] == "registered"]
    token: str = registered["resumeToken"]
    return token


def types(frames: list[sockets.Frame], *wanted: str) -> list[str]:
    """The types of frames, of those that are `wanted`."""
    return [frame["type"] for frame in frames if frame["type"] in wanted]


# --- without sockets


def said(sender: Sender, text: str = "Is it washable?", **more: Any) -> SupportMessage:
    return Conversation.objects.say(sender, Said(text, **more))


def begun(by: User | None = None, text: str = "Is it washable?", **more: Any) -> Conversation:
    """A conversation of a customer, or of a new guest."""
    return said(Sender(factories.identity(by)), text, **more).conversation


def agent(role: str = "staff") -> Sender:
    return Sender(factories.identity(factories.user(role)))
