"""A client that comes back to a show, and what it is told there."""

import asyncio
import secrets
from typing import Any

from accounts import identity as identities
from accounts.models import User
from realtime.delivery import hubs
from realtime.models import Room
from realtime.runtime import threads
from streams.models import ChatMessage
from tests import sockets


async def arrive(server: sockets.Address, path: str = "/ws/streams/", **options: Any) -> sockets.Client:
    """A client that wants to recover."""
    client = await sockets.connect(server, path, **options)
    await client.ask("hello", recover=True)
    client.passed.clear()
    return client


async def join(client: sockets.Client, show: sockets.Show) -> sockets.Frame:
    ack = await client.ask("join-session", sessionId=show.id)
    assert ack["ok"], ack
    return ack


async def resume(client: sockets.Client, room: str, epoch: str, after: int, **fields: Any) -> sockets.Frame:
    """The ack; what came before it is in `passed`."""
    return await client.ask("resume", room=room, epoch=epoch, after=after, **fields)


async def chat(show: sockets.Show, *texts: str) -> list[ChatMessage]:
    guest = identities.Identity(user=None, visitor=secrets.token_hex(16))
    lines = [await threads.in_db(ChatMessage.objects.post, show.stream.pk, guest, text) for text in texts]
    await known(show)
    return lines


async def known(show: sockets.Show) -> None:
    """Waits until this process knows of all that was said: else it would be told after an answer rather than in it."""
    if (room := hubs.current().rooms.get(show.key)) is not None:
        last, _ = await threads.in_db(Room.objects.position, show.key)
        assert await room.reaches(last)


def user() -> tuple[User, identities.Identity]:
    someone = sockets.make_user()
    return someone, identities.Identity(user=someone, visitor=secrets.token_hex(16))


async def hears(client: sockets.Client, *texts: str) -> list[sockets.Frame]:
    """The chat lines come next, one after the other, whatever is told between them."""
    lines = []
    for text in texts:
        frame = await client.expect("new-message")
        assert frame["message"] == text
        lines.append(frame)
    return lines


def told(frames: list[sockets.Frame], type: str = "new-message") -> list[sockets.Frame]:
    return [frame for frame in frames if frame["type"] == type]


async def forget_hub(show: sockets.Show) -> None:
    """As if the process had just started."""
    local = hubs.current()
    async with asyncio.timeout(sockets.PATIENCE):
        while (room := local.rooms.get(show.key)) is not None:
            await local._close(room)
            await asyncio.sleep(0.01)
