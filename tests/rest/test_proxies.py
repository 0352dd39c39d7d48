"""Only a trusted proxy says who a client is."""

import logging
from typing import Any

import pytest

from rest.proxies import TrustedProxies

PROXY, OTHER_PROXY, CLIENT, LIAR = "10.0.0.1", "10.0.0.2", "203.0.113.9", "198.51.100.1"


async def resolved(peer: str | None, forwarded: str | None, proto: str = "", type: str = "http", **options: Any) -> Any:
    """The (address, scheme) that an application sees."""
    seen: list[Any] = []

    async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
        seen.append(((scope.get("client") or ("", 0))[0], scope["scheme"]))

    headers = [(b"x-forwarded-for", forwarded.encode())] if forwarded is not None else []
    headers += [(b"x-forwarded-proto", proto.encode())] if proto else []
    scheme = "http" if type == "http" else "ws"
    client = None if peer is None else (peer, 5000)
    scope = {"type": type, "client": client, "headers": headers, "scheme": scheme}
    await TrustedProxies(application, **{"trusted": ["10.0.0.0/8"], **options})(scope, None, None)
    return seen[0]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        (PROXY, CLIENT, CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}", CLIENT),
        (PROXY, f"{LIAR}, {CLIENT}, {OTHER_PROXY}", CLIENT),
        (PROXY, OTHER_PROXY, OTHER_PROXY),
        (PROXY, "nonsense", PROXY),
        (PROXY, f"{CLIENT}, nonsense", PROXY),
        (PROXY, None, PROXY),
        (PROXY, "2001:db8::1", "2001:db8::1"),
        (CLIENT, LIAR, CLIENT),
        (None, CLIENT, CLIENT),
    ],
)
async def test_the_last_address_that_is_no_proxy_is_the_client(
    peer: str | None, forwarded: str | None, client: str
) -> None:
    assert (await resolved(peer, forwarded))[0] == client


@pytest.mark.parametrize(
    ("type", "proto", "scheme"),
    [("http", "https", "https"), ("websocket", "https", "wss"), ("http", "gopher", "http"), ("websocket", "", "ws")],
)
async def test_a_trusted_proxy_says_whether_the_client_uses_https(type: str, proto: str, scheme: str) -> None:
    assert (await resolved(PROXY, CLIENT, proto, type))[1] == scheme
    assert (await resolved(CLIENT, LIAR, proto, type))[1] == ("http" if type == "http" else "ws")


async def test_nobody_is_trusted_unless_a_setting_says_so() -> None:
    assert await resolved("127.0.0.1", CLIENT, "https", trusted=[]) == ("127.0.0.1", "http")
    assert (await resolved(None, CLIENT, trusted=[]))[0] == ""


async def test_a_header_that_is_ignored_is_warned_of_once(caplog: pytest.LogCaptureFixture) -> None:
    async def application(*_: Any) -> None:
        pass

    proxies = TrustedProxies(application, [])
    for _ in range(3):
        scope = {"type": "http", "client": (CLIENT, 1), "headers": [(b"x-forwarded-for", b"1.2.3.4")], "scheme": "http"}
        await proxies(scope, None, None)
    assert [(record.levelno, "TRUSTED_PROXIES" in record.getMessage()) for record in caplog.records] == [
        (logging.WARNING, True)
    ]
