"""What sockets ask of a connection before they open, as Django does for pages: our host names, and HTTPS."""

from typing import Any

import aiohttp
import pytest

from config import asgi
from rest import development
from rest.proxies import TrustedProxies
from tests import sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

POLLING = "/socket.io/?EIO=4&transport=polling"
SOCKET_IO = "/socket.io/?EIO=4&transport=websocket"


async def socket_status(server: sockets.Address, path: str, **headers: str) -> int:
    """101 where a WebSocket opens."""
    async with aiohttp.ClientSession() as session:
        try:
            await (await session.ws_connect(f"{server.http}{path}", headers=headers)).close()
        except aiohttp.WSServerHandshakeError as refused:
            return refused.status
    return 101


async def status(server: sockets.Address, path: str, **headers: str) -> int:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{server.http}{path}", headers=headers, allow_redirects=False) as answer,
    ):
        return answer.status


@pytest.mark.parametrize(
    ("host", "is_ours"),
    [
        ("shop.example", True),
        ("SHOP.example:443", True),
        ("a.shops.example", True),
        ("evil.example", False),
        ("shop.example.evil", False),
        ("shop.example@evil", False),
        ("", False),
    ],
)
async def test_only_hosts_of_ours_are_served(server: sockets.Address, settings: Any, host: str, is_ours: bool) -> None:
    settings.ALLOWED_HOSTS = ["shop.example", ".shops.example"]
    for path in ("/", "/ws/streams/", SOCKET_IO):
        assert await socket_status(server, path, Host=host) == (101 if is_ours else 400)
    for path in (POLLING, "/api/products/categories"):
        assert await status(server, path, Host=host) == (200 if is_ours else 400)


@pytest.mark.parametrize(("proto", "served"), [("https", True), ("http", False), (None, False)])
async def test_where_https_is_asked_for_sockets_ask_for_it_too(settings: Any, proto: str | None, served: bool) -> None:
    settings.SECURE_SSL_REDIRECT = True
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    application = TrustedProxies(asgi.application.application, settings.TRUSTED_PROXIES)
    headers = {"X-Forwarded-Proto": proto} if proto else {}
    async with sockets.serving(application, lifespan="off") as address:
        for path in ("/", SOCKET_IO):
            assert await socket_status(address, path, **headers) == (101 if served else 403)
        assert await status(address, POLLING, **headers) == (200 if served else 403)


@pytest.mark.parametrize(
    ("host", "is_local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("", False),
        ("192.168.1.5", False),
        ("::ffff:192.168.1.5", False),
        ("shop.example", False),
    ],
)
def test_a_loopback_address_is_known(host: str, is_local: bool) -> None:
    assert development.is_loopback(host) is is_local


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        ({"DEBUG": True}, 403),
        ({"SECRET_KEY": "development-only-key-never-for-production"}, 403),
        ({"DEBUG": True, "ALLOW_DEVELOPMENT_ON_NETWORK": True}, 200),
        ({"SECRET_KEY": "x" * 50}, 200),
    ],
)
@pytest.mark.parametrize("type", ["http", "websocket"])
async def test_development_defaults_are_not_served_to_a_network(
    settings: Any, type: str, changed: dict[str, Any], status: int
) -> None:
    settings.DEBUG, settings.SECRET_KEY = False, "x" * 50
    for name, value in changed.items():
        setattr(settings, name, value)
    said: list[dict[str, Any]] = []

    async def application(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200})

    async def receive() -> dict[str, Any]:
        return {"type": f"{type}.connect"}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    scope = {"type": type, "server": ("192.168.1.5", 8000), "extensions": {"websocket.http.response": {}}}
    await development.kept_local(application)(scope, receive, send)
    assert said[0]["status"] == status
    await development.kept_local(application)({**scope, "server": ("127.0.0.1", 8000)}, receive, send)
    assert said[-1]["status"] == 200
