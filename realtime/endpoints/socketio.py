"""Socket.IO connections: python-socketio does the transport and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import socketio

from accounts import tokens
from realtime import consumers, errors, large_messages, wire
from realtime.adapters import engineio, engineio_plain, packets
from realtime.connections import admission, registry
from realtime.connections.receiving import TOO_BIG, EventConnection
from realtime.delivery import outgoing
from rest import addresses, bodies, hosts

Application = Callable[..., Awaitable[None]]

PATH = "/socket.io"
PING_INTERVAL = 25  # seconds, as the old servers documented them
PING_TIMEOUT = 60
TOO_MANY = "Too many connections from this address"
CLOSE = b"1"  # Engine.IO's packet of this name
PROTOCOL_ERROR = 1002  # close code, RFC 6455


class _Clients(socketio.AsyncNamespace):
    """The default namespace: an EventConnection for each client."""

    server: engineio_plain.PlainServer

    def __init__(self, consumer: type[consumers.SocketConsumer]) -> None:
        super().__init__("/")
        self.routes = consumer.routes
        self.clients: dict[str, EventConnection] = {}

    async def trigger_event(self, event: str, sid: str, *args: Any) -> Any:
        """python-socketio's one way in: clients' events, whose names know their size, and two of its own."""
        client = self.clients.get(sid)
        if isinstance(event, packets.EventName):
            return None if client is None else await client.receive_event(event, args)
        if event == "connect":
            await self._open(sid, *args)
        elif event == "disconnect" and client is not None:
            del self.clients[sid]
            client.closed_by_client = args[:1] == (self.server.reason.CLIENT_DISCONNECT,)
            await client.end()
        return None

    async def _open(self, sid: str, environ: dict[str, Any], auth: Any = None) -> None:
        try:
            await self._admit(sid, environ, auth)
        except Exception as error:
            if errors.as_busy(error) is None:
                raise
            await self.server.drop(sid)  # A client that is refused does not come back by itself; a lost one does.
            raise socketio.exceptions.ConnectionRefusedError(errors.BUSY) from None

    async def _admit(self, sid: str, environ: dict[str, Any], auth: Any) -> None:
        scope = environ["asgi.scope"]
        offer = auth if isinstance(auth, dict) else {}
        token = offer.get("token")
        try:
            identity = await admission.admit(scope, token if isinstance(token, str) else "", offer.get("guest"))
        except tokens.InvalidToken as error:
            raise socketio.exceptions.ConnectionRefusedError(str(error)) from None
        if registry.connections.is_full(identity):
            raise socketio.exceptions.ConnectionRefusedError(registry.TOO_MANY)
        client = EventConnection(self.routes, scope, self.server.send_queue(sid), identity)
        self.clients[sid] = client
        try:
            await client.begin()
            self.server.watch_pongs(sid, client.watch_pongs)
            if self.server.is_gone(sid):
                raise socketio.exceptions.ConnectionRefusedError("gone")
        except BaseException:
            del self.clients[sid]
            await client.end()
            raise
        client.recover = bool(offer.get("recover"))


def _judged(
    scope: admission.Scope, receive: admission.Receive, send: outgoing.Send, server: engineio_plain.PlainServer
) -> admission.Receive:
    """`receive` of a WebSocket that ends with the first message that is too long, or no Engine.IO packet."""

    async def judged() -> dict[str, Any]:
        message = await receive()
        packet = message.get("text")
        if packet is None:
            packet = message.get("bytes") or b""
        if len(packet) > wire.MAX_MESSAGE and not await server.is_large(scope):
            code = TOO_BIG
        elif isinstance(packet, bytes) or packets.is_readable(packet):
            return message
        else:
            code = PROTOCOL_ERROR
        await send({"type": "websocket.close", "code": code})
        return {"type": "websocket.disconnect", "code": code}

    return judged


async def _post(
    scope: admission.Scope,
    receive: admission.Receive,
    send: outgoing.Send,
    engine: Application,
    server: engineio_plain.PlainServer,
) -> None:
    """Hands on a polling body. A large one waits for its turn first."""
    if bodies.length(scope) <= wire.MAX_MESSAGE or not await server.is_large(scope):
        await _hand_on(scope, receive, send, engine, wire.MAX_MESSAGE)
        return
    async with large_messages.turns().taken():
        await _hand_on(scope, receive, send, engine, wire.LARGE_MESSAGE)


async def _hand_on(
    scope: admission.Scope, receive: admission.Receive, send: outgoing.Send, engine: Application, most: int
) -> None:
    """Hands on a polling body, whole. One that is no Engine.IO payload ends its session, as Engine.IO's CLOSE does.

    A body that is too long is refused here: Engine.IO would close the session too, but end the request only when the
    client has fetched that, which it cannot any more.
    """
    try:
        async with asyncio.timeout(large_messages.PATIENCE):
            body = await bodies.read(scope, receive, most)
    except TimeoutError:
        await bodies.Refused(408, "Request body did not come").answer(receive, send)
        return
    except bodies.Refused as refused:
        await refused.answer(receive, send)
        return
    except bodies.Disconnected:
        return
    if not packets.is_readable_payload(body):
        body = CLOSE
    await engine(bodies.with_length(scope, len(body)), bodies.replayed(body, receive), send)


def _goes_on(scope: admission.Scope) -> bool:
    """Whether a request goes on with a session, which it names by `sid`."""
    return b"sid=" in scope.get("query_string", b"")


def _refusal(scope: admission.Scope, server: engineio_plain.PlainServer) -> bodies.Refused | None:
    """Why a request may not open a session, where it would."""
    if _goes_on(scope):
        return None
    sender = addresses.network_of(str((scope.get("client") or ("", 0))[0]))
    return bodies.Refused(429, TOO_MANY) if server.is_full(sender) else None


def _advising(send: outgoing.Send) -> outgoing.Send:
    """`send` of a handshake that tells its client to poll with bodies of MAX_MESSAGE.

    Engine.IO says what its option allows, which is what only clients that send bulk may. It is a number of JSON,
    which may have blanks before it: the answer stays as long as it is.
    """
    allowed, advised = (b'"maxPayload":%d' % most for most in (wire.LARGE_MESSAGE, wire.MAX_MESSAGE))
    advised = advised.replace(b":", b":" + b" " * (len(allowed) - len(advised)))

    async def advising(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": message.get("body", b"").replace(allowed, advised)}
        await send(message)

    return advising


def endpoint(consumer: type[consumers.SocketConsumer], other: Application) -> Application:
    """An ASGI application that serves Socket.IO at its path, and everything else by `other`."""
    server = engineio.server(
        attachable=[name for name, routes in consumer.routes.by_name.items() if routes[0].message.binary],
        async_mode="asgi",
        async_handlers=False,  # one event of a client after the other
        cors_allowed_origins=lambda origin, environ: admission.origin_allowed(environ["asgi.scope"]),
        max_http_buffer_size=wire.LARGE_MESSAGE,
        ping_interval=PING_INTERVAL,
        ping_timeout=PING_TIMEOUT,
        logger=False,
    )
    server.register_namespace(_Clients(consumer))
    engine = hosts.checked(admission.with_visitor_cookie(server.handle_request))

    async def application(scope: admission.Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or not (scope["path"] + "/").startswith(PATH + "/"):
            await other(scope, receive, send)
        elif (refused := _refusal(scope, server)) is not None:
            await bodies.refuse(refused, scope, receive, send)
        elif scope["type"] == "websocket":
            await engine(scope, _judged(scope, receive, send, server), send)
        elif scope["method"] == "POST":
            await _post(scope, receive, send, engine, server)
        else:
            await engine(scope, receive, send if _goes_on(scope) else _advising(send))

    return application
