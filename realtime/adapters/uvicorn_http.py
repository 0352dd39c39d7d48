"""uvicorn's HTTP past its public interface: headers, their time and connections are bounded as they come.

On the plain road h11 bounds the headers, with 400 for an answer, and nothing bounds the time that they take.
"""

import asyncio
import functools
from typing import Any

from django.conf import settings

from realtime.adapters.uvicorn import WebSocketProtocol, peers
from rest import addresses, bodies, guard, proxies

try:
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
except ImportError:  # An untried release may have moved it, and then the class below is never served.
    HttpToolsProtocol = asyncio.Protocol  # type: ignore[misc, assignment]

HEADER_SECONDS = 10.0  # from the beginning of a connection or request to the end of its headers
REFUSED_SECONDS = 2.0  # that a refused client has to read why


class _TooLarge(Exception):
    """The headers are; the parser makes a failed request of it."""


class HttpProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which bounds what comes before there is a request: headers, time, and connections.

    What no callback of the parser has taken is headers, trailers or the like: all that a client could make it keep.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.limit_concurrency = None  # It would answer with plain text, and count no handshakes.
        self.sender: str | None = None
        self.refusal: bodies.Refused | None = None
        self.deadline: asyncio.TimerHandle | None = None
        self.is_reading_headers = True
        self.is_given_up = False
        self.unread = 0  # bytes since the parser took something
        self.header_size = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        address = self.client[0] if self.client else ""
        if address and not proxies.is_trusted(address):
            sender = addresses.network_of(address)
            if peers.is_full(sender):
                self.refusal = bodies.Refused(429, "Too many connections from this address")
            else:
                self.sender = sender
                peers.add(sender)
        self._arm(HEADER_SECONDS if self.refusal is None else REFUSED_SECONDS)

    def connection_lost(self, exc: Exception | None) -> None:
        self._disarm()
        self.release()
        super().connection_lost(exc)

    def release(self) -> None:
        sender, self.sender = self.sender, None
        if sender is not None:
            peers.discard(sender)

    def data_received(self, data: bytes) -> None:
        if self.is_given_up:
            return
        if self.is_reading_headers and self.deadline is None:
            self._arm(HEADER_SECONDS)
        self.unread += len(data)
        super().data_received(data)
        if self.unread > guard.MAX_HEADERS and not self.is_given_up:
            self._give_up(431, "Request headers are too large")

    # What the parser calls.

    def on_message_begin(self) -> None:
        self.header_size = 0
        super().on_message_begin()

    def on_url(self, url: bytes) -> None:
        self._count_header(len(url))
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        self._count_header(len(name) + len(value))
        super().on_header(name, value)

    def _count_header(self, size: int) -> None:
        self.header_size += size
        if self.header_size > guard.MAX_HEADERS:
            raise _TooLarge

    def on_headers_complete(self) -> None:
        self.unread, self.is_reading_headers = 0, False
        self._disarm()
        if 0 < settings.MAX_CONNECTIONS < len(self.connections):
            self.refusal = self.refusal or bodies.Refused(503, "The server has too many connections, try again")
        if self.refusal is not None:
            self.app = functools.partial(bodies.refuse, self.refusal)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self.unread, self.is_reading_headers = 0, True
        super().on_message_complete()

    def _should_upgrade(self) -> bool:
        return self.refusal is None and super()._should_upgrade()

    def _unsupported_upgrade_warning(self) -> None:
        if self.refusal is None:
            super()._unsupported_upgrade_warning()

    def handle_websocket_upgrade(self) -> None:
        super().handle_websocket_upgrade()
        self.parser = None  # type: ignore[assignment]  # It keeps this object, which keeps it.
        following = self.transport.get_protocol()
        if isinstance(following, WebSocketProtocol) and not following.disconnected:
            following.sender, self.sender = self.sender, None
        else:
            self.release()

    # Ends before there is a request.

    def send_400_response(self, msg: str) -> None:
        if self.header_size > guard.MAX_HEADERS:
            self._give_up(431, "Request headers are too large")
        else:
            super().send_400_response(msg)

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _arm(self, seconds: float) -> None:
        self._disarm()
        self.deadline = self.loop.call_later(seconds, self._on_deadline)

    def _disarm(self) -> None:
        deadline, self.deadline = self.deadline, None
        if deadline is not None:
            deadline.cancel()

    def _on_deadline(self) -> None:
        self.deadline = None
        if self._is_answering() and not self.is_given_up:
            self._arm(HEADER_SECONDS)
        elif self.is_given_up or not self.unread:  # A browser may open a connection that it has no request for yet.
            self.transport.close()
        else:
            self._give_up(408, "Request headers did not come")

    def _give_up(self, status: int, message: str) -> None:
        """Answers in the place of an application, and takes nothing more. The client is given time to read it."""
        self.is_given_up = True
        if self._is_answering() or self.transport.is_closing():  # It is another request's turn.
            self.transport.close()
            return
        lines = [b": ".join(header) for header in bodies.headers(message)]
        self.transport.write(b"\r\n".join([b"HTTP/1.1 %d " % status, *lines, b"", bodies.body(message)]))
        self._arm(REFUSED_SECONDS)
