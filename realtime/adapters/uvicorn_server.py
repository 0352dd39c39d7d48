"""uvicorn as the server: which protocols it serves, and how it stops without a reset."""

import asyncio
import contextlib
import ctypes
import functools
import math
import os
import select
import socket
import struct
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn
from django.conf import settings

from realtime.adapters import releases
from realtime.adapters.uvicorn import WebSocketProtocol, is_websocket
from realtime.adapters.uvicorn_http import HttpProtocol
from rest import bodies, guard

LAST_SECONDS = 1.0  # that connections have for a request when the server stops
DRAIN_RATE = 200  # WebSockets a second that are asked to come back, or more where DRAIN_SECONDS would not do
DRAIN_STEP = 0.05  # seconds between two handfuls of them
Told = Callable[[], Awaitable[None]]

FAST = {"http": HttpProtocol, "ws": WebSocketProtocol}
SO_ATTACH_FILTER = 26  # of Linux; Python has no name for it


def implementations() -> dict[str, Any]:
    """uvicorn's options for its protocols: the classes below, or on the plain road its own.

    There h11 bounds the headers, with 400 for an answer, and nothing bounds the time that they take.
    """
    if releases.is_fast("uvicorn"):
        return {option: f"{cls.__module__}:{cls.__name__}" for option, cls in FAST.items()}
    return {"http": "h11", "h11_max_incomplete_event_size": guard.MAX_HEADERS, "ws": "auto"}


class Server(uvicorn.Server):
    """A uvicorn that lets its clients go one after the other: all at once they would fall upon the other processes.

    It awaits `goodbye` before it closes their connections, and `release` once nobody new can come. The lifespan
    protocol comes too late for both: it tells the application of a shutdown when all are closed.
    """

    def __init__(self, config: uvicorn.Config, goodbye: Told, release: Told | None = None) -> None:
        super().__init__(config)
        self.goodbye, self.release = goodbye, release

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        await self.goodbye()
        await self._take_what_has_come()
        for server in self.servers:
            server.close()  # Who comes from now on is refused at once, and a proxy in front goes elsewhere.
        if self.release is not None:
            await self.release()
        await self._let_go()
        await super().shutdown(sockets)

    async def _let_go(self) -> None:
        """Asks the clients of WebSockets to come back (1012), within settings.DRAIN_SECONDS; others are served on."""
        leaving = [each for each in self.server_state.connections if is_websocket(each)]
        rate = max(DRAIN_RATE, len(leaving) / max(settings.DRAIN_SECONDS, DRAIN_STEP))
        handful = math.ceil(rate * DRAIN_STEP)
        while leaving and not self.force_exit:
            for connection in leaving[:handful]:
                connection.shutdown()
                # uvicorn asks all of them once more, and a second time is an error.
                connection.shutdown = _nothing  # type: ignore[method-assign]
            del leaving[:handful]
            if leaving:
                await asyncio.sleep(DRAIN_STEP)

    async def _take_what_has_come(self) -> None:
        """Serves the requests that came before this server stops: to close over unread bytes is to reset.

        Nobody can connect any more, those who have connected are accepted and have LAST_SECONDS for a request, and each
        answer is its connection's last.
        """
        listeners = [listener for server in self.servers for listener in server.sockets]
        for listener in listeners:
            _refuse_new(listener)
        application = self.config.loaded_app
        self.config.loaded_app = functools.partial(_stopping, application)
        self.server_state.default_headers = [*self.server_state.default_headers, (b"connection", b"close")]
        clock = asyncio.get_running_loop().time
        end = clock() + LAST_SECONDS
        while clock() < end and (_has_waiting(listeners) or self._is_http_open()):  # noqa: ASYNC110
            await asyncio.sleep(0.02)  # A listener tells nobody that its queue is empty.

    def _is_http_open(self) -> bool:
        return any(not is_websocket(each) for each in self.server_state.connections)


def _nothing() -> None:
    pass


async def _stopping(application: Any, scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serves HTTP, and tells who opens a WebSocket to come back."""
    if scope["type"] == "websocket":
        await bodies.refuse(bodies.Refused(503, "The server is about to stop, try again"), scope, receive, send)
    else:
        await application(scope, receive, send)


def _refuse_new(listener: socket.socket) -> None:
    """Lets no new connection into a listener's queue, whose end would be reset when the listener is closed.

    A socket filter drops what asks for one; the client asks again after a second and hears that nobody listens. Where
    there are no such filters, as outside Linux, some who come in the last moment are reset.
    """
    drop_all = struct.pack("HBBI", 0x06, 0, 0, 0)  # BPF_RET | BPF_K: keep 0 bytes
    code = ctypes.create_string_buffer(drop_all)
    program = struct.pack("HL", 1, ctypes.addressof(code))
    with contextlib.suppress(OSError), socket.socket(fileno=os.dup(listener.fileno())) as same:
        same.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)


def _has_waiting(listeners: list[socket.socket]) -> bool:
    """Whether somebody has connected whom the loop has not accepted yet."""
    return bool(listeners) and bool(select.select(listeners, [], [], 0)[0])
