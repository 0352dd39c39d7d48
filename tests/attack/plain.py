"""Clients that check nothing of what they are told to send: a TCP connection, and a WebSocket on it."""

import asyncio
import base64
import os
from typing import Self

from tests import sockets

TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10

GONE = (OSError, EOFError)  # what the other end's leaving looks like


class Silent(Exception):
    """The server hangs: it neither answers nor closes."""


class Connection:
    """One TCP connection from an address of the loopback network, which has sixteen million of them."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @classmethod
    async def open(cls, address: sockets.Address, source: str = "127.0.0.1") -> Self:
        return cls(*await asyncio.open_connection("127.0.0.1", address.port, local_addr=(source, 0), limit=2**24))

    async def send(self, data: bytes) -> None:
        self.writer.write(data)
        await self.writer.drain()

    async def is_closed(self) -> bool:
        """Reads until the other end closes; False where it has not in good time."""
        try:
            async with asyncio.timeout(sockets.PATIENCE):
                while await self.reader.read(65536):
                    pass
        except TimeoutError:
            return False
        except GONE:
            pass
        return True

    def abandon(self) -> None:
        self.writer.close()
        self.writer.transport.abort()


class WebSocket(Connection):
    """A client of RFC 6455 that masks with zeros, and answers nothing by itself."""

    status = 0  # of the handshake
    is_unfinished = False  # a frame is longer than what was sent of it, so all that follows belongs to it

    async def shake(self, path: str, *headers: str) -> bool:
        """The handshake; whether it was accepted."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [
            f"GET {path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            *headers,
        ]
        await self.send(("\r\n".join(lines) + "\r\n\r\n").encode())
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), sockets.PATIENCE)
        self.status = int(head.split(b" ", 2)[1])
        return self.status == 101

    async def say(self, payload: bytes | str, kind: int = TEXT) -> None:
        await self.send(frame(payload, kind))

    async def hear(self) -> tuple[int, bytes]:
        """The next frame: its opcode and payload."""
        first, second = await self.reader.readexactly(2)
        length = second & 0x7F
        if length >= 126:
            length = int.from_bytes(await self.reader.readexactly(2 if length == 126 else 8), "big")
        return first & 0x0F, await self.reader.readexactly(length)

    async def hears(self, what: bytes) -> bool:
        """Waits for a frame with `what`; returns False if the server closes instead. It may not be Silent."""
        try:
            async with asyncio.timeout(sockets.PATIENCE):
                while True:
                    kind, payload = await self.hear()
                    if kind == CLOSE or what in payload:
                        return kind != CLOSE
        except TimeoutError:
            raise Silent(f"the server neither says {what!r} nor closes") from None
        except GONE:
            return False


def frame(payload: bytes | str, kind: int = TEXT, final: bool = True, reserved: int = 0, masked: bool = True) -> bytes:
    """A client's frame; text may hold what UTF-8 cannot."""
    data = payload.encode(errors="surrogatepass") if isinstance(payload, str) else payload
    first, mask = final << 7 | reserved << 4 | kind, masked << 7
    if len(data) < 126:
        head = bytes((first, mask | len(data)))
    elif len(data) < 65536:
        head = bytes((first, mask | 126)) + len(data).to_bytes(2, "big")
    else:
        head = bytes((first, mask | 127)) + len(data).to_bytes(8, "big")
    return head + (bytes(4) if masked else b"") + data


def is_unfinished(data: bytes) -> bool:
    """Whether the first frame announces more than there is."""
    return data[1] & 0x7F == 127 and int.from_bytes(data[2:10], "big") > len(data) - 14
