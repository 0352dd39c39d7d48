"""Socket.IO over polling: the same packets in bodies of HTTP requests, several in one, and bodies that are none."""

import asyncio
import io
import json
import random

import aiohttp

from tests import sockets
from tests.attack import nasty
from tests.attack.doors import socketio, websocket
from tests.attack.plain import Silent
from tests.attack.target import Props, Target

SEPARATOR = "\x1e"
ADDRESS = f"{socketio.PATH}?EIO=4&transport=polling"

QUERIES = [
    "",
    "?EIO=4",
    "?EIO=3&transport=polling",
    "?EIO=x&transport=polling",
    "?EIO=4&transport=polling&sid=",
    "?EIO=4&transport=polling&sid=unknown",
    "?EIO=4&transport=polling&sid=%00",
    "?EIO=4&transport=polling&sid=%ED%A0%80",
    "?EIO=4&transport=websocket",
    "?EIO=4&transport=telepathy",
    "?EIO=4&transport=polling&j=0",
    "?EIO=4&transport=polling&j=x",
    "?EIO=4&EIO=4&transport=polling&transport=websocket",
    "?transport=polling&b64=1",
    "?EIO=4&transport=polling&sid=" + "a" * 5000,
]


def body_of(chance: random.Random, props: Props) -> bytes:
    packets = [socketio.packet_of(chance, props) for _ in range(chance.choice((1, 1, 1, 2, 5)))]
    if chance.random() < 0.03:  # more than are read: of fewer the answers would have to be fetched meanwhile
        return SEPARATOR.join(packets * 600).encode(errors="surrogatepass")
    body = SEPARATOR.join(packets).encode(errors="surrogatepass")
    return nasty.scrambled(body, chance) if chance.random() < 0.1 else body


class Session:
    """One Engine.IO session and its requests."""

    def __init__(self, target: Target, http: aiohttp.ClientSession) -> None:
        self.target, self.http, self.url = target, http, ""

    async def open(self, token: str) -> bool:
        status, body = await self.request("GET", ADDRESS)
        if status != 200:
            return False
        self.url = f"{ADDRESS}&sid={json.loads(body[1:])['sid']}"
        await self.request("POST", self.url, ("40" + json.dumps({"token": token} if token else {})).encode())
        return (await self.request("GET", self.url))[0] == 200

    async def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        try:
            async with asyncio.timeout(sockets.PATIENCE):
                async with self.http.request(
                    method, self.target.address.http + path, data=body and io.BytesIO(body)
                ) as answer:
                    self.target.note(answer.status)
                    return answer.status, await answer.read()
        except TimeoutError:
            raise Silent(f"{method} {path} has no answer") from None
        except aiohttp.ClientError:  # The server may hang up on a body that is too long.
            return 0, b""

    async def end(self) -> None:
        """A ping behind what was sent is answered, unless the session is over; then it is ended."""
        await self.request("POST", self.url, SEPARATOR.join(["41", "40", socketio.PING]).encode())
        status, body = await self.request("GET", self.url)
        while status == 200 and body and b'"pong"' not in body:
            if body == b"2":
                await self.request("POST", self.url, b"3")
            status, body = await self.request("GET", self.url)
        await self.request("POST", self.url, b"1")


async def send(target: Target, props: Props, chances: list[random.Random]) -> None:
    token = props.tokens[chances[0].choice(websocket.SPEAKERS)]
    async with aiohttp.ClientSession() as http:
        session: Session | None = None
        for chance in chances:
            if session is None:
                session = Session(target, http)
                session = session if await session.open(token) else None
            if session is None or chance.random() < 0.05:
                method = chance.choice(("GET", "POST", "OPTIONS", "PUT", "HEAD"))
                path = socketio.PATH + chance.choice(QUERIES)
                if not path.endswith("transport=polling"):  # which opens another session
                    await Session(target, http).request(method, path, b"x")
            else:
                status, _ = await session.request("POST", session.url, body_of(chance, props))
                if status != 200:
                    await session.request("POST", session.url, b"1")
                    session = None
        if session is not None:
            await session.end()
