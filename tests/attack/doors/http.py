"""HTTP on the level of bytes: requests to every address whose lines, headers, framing and bodies are wrong."""

import asyncio
import contextlib
import random
from pathlib import Path
from typing import Any

import yaml

from tests.attack import nasty
from tests.attack.plain import GONE, Connection, Silent
from tests.attack.target import Props, Target

OPENAPI: dict[str, Any] = yaml.safe_load((Path(__file__).parents[3] / "docs/openapi.yaml").read_text())
OPERATIONS = [
    (method.upper(), path)
    for path, operations in OPENAPI["paths"].items()
    for method in operations
    if method in ("get", "post", "put", "patch", "delete")
]
PAGES = ["/", "/health", "/login/", "/register/", "/admin/login/", "/api/docs/", "/api/schema/", "/join/x", "/static/x"]
METHODS = [
    "GET",
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "HEAD",
    "TRACE",
    "CONNECT",
    "BREW",
    "get",
    "\xff",
    "A" * 500,
]

TYPES = [
    "application/json",
    "application/json; charset=punycode",
    "application/json; charset=utf-16",
    "application/json; charset=idna",
    "application/json; charset=\xff",
    "application/x-www-form-urlencoded",
    "application/x-www-form-urlencoded; charset=punycode",
    "multipart/form-data",
    "multipart/form-data; boundary=",
    "multipart/form-data; boundary=x",
    "multipart/form-data; boundary=" + "x" * 5000,
    "multipart/form-data; boundary=x; charset=punycode",
    "text/xml",
    "",
    "/",
    "a" * 5000,
]
PATHS = [
    "",
    "*",
    "//",
    "/..",
    "/../../etc/passwd",
    "/%00",
    "/%2e%2e/",
    "/%ff",
    "/%ED%A0%80",
    "/%",
    "/%zz",
    "/\xff",
    "/static/../manage.py",
    "/static/%00",
    "/static//etc/passwd",
    "http://elsewhere.example/health",
    "/api/sessions/%00",
    "/api/sessions/" + "a" * 5000,
    "/api/products/category/%00",
    "/api/products/category/" + "%F0%9F%98%80" * 300,
    "/api/sessions?limit=1e400&offset=-1",
    "/api/sessions?limit=%00",
    "/api/sessions?limit=" + "9" * 5000,
    "/api/sessions?status=%ED%A0%80",
    "/api/rooms/" + "-" * 8000 + "/events",
    "/api/rooms/show:x/events?after=1e400",
    "/api/rooms/lobby:main/events?after=-1&limit=99999999999999999999",
    "/?next=" + "%00" * 100,
    "/login/?next=javascript:alert(1)",
    "/join/%00",
]
HEADERS = [
    "Authorization: Bearer",
    "Authorization: Bearer \xff",
    "Authorization: Bearer a.b.c",
    "Authorization: Basic \x00",
    "Authorization: " + "x" * 9000,
    "Cookie: sessionid=\xff; visitor=\x00; csrftoken=" + "x" * 3000,
    "Cookie: " + "; ".join(f"c{n}=1" for n in range(500)),
    "Cookie: visitor=" + "0" * 32,
    "Host: ",
    "Host: elsewhere.example",
    "Host: [::1",
    "Host: 127.0.0.1:99999999",
    "Origin: null",
    "Origin: http://[",
    "Origin: \xff",
    "Accept: \xff/\xff;q=nan",
    "Accept: " + ",".join(["*/*"] * 500),
    "Accept-Language: " + "a-" * 500,
    "Accept-Encoding: gzip;q=1e400",
    "If-Modified-Since: Thu, 99 Foo 99999 99:99:99 GMT",
    "If-None-Match: \x00",
    "Range: bytes=-1,9999999999999999999999-",
    "X-Forwarded-For: " + "1," * 500,
    "X-Forwarded-For: \xff",
    "X-Forwarded-Proto: https",
    "X-CSRFToken: \x00",
    "Transfer-Encoding: chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: \x0bchunked",
    "Content-Length: -1",
    "Content-Length: 1e3",
    "Content-Length: 99999999999999999999",
    "Content-Length: 0",
    "Content-Encoding: gzip",
    "Expect: 100-continue",
    "Upgrade: websocket",
    "Upgrade: h2c\r\nHTTP2-Settings: x",
    "Connection: Upgrade",
    "Connection: keep-alive",
    "Sec-WebSocket-Key: x",
    "Sec-WebSocket-Version: 99",
    "Sec-WebSocket-Protocol: vitrine, " + "x" * 5000,
    "Sec-WebSocket-Protocol: ,,,",
    "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=99",
    " folded: header",
    ": no name",
    "no colon",
    "N\x00me: x",
    "X: " + "y" * 20_000,
]
CHUNKS = [
    b"0\r\n\r\n",
    b"5\r\nhello\r\n0\r\n\r\n",
    b"ffffffffffffffff1\r\n",
    b"-1\r\nx\r\n",
    b"5;" + b"x" * 5000,
    b"z\r\n",
]
ANSWER_SECONDS = 1.0  # What is incomplete is not waited for; then we say that nothing more comes.


def request_of(chance: random.Random, props: Props) -> bytes:
    method, path = chance.choice(OPERATIONS) if chance.random() < 0.7 else ("GET", chance.choice(PAGES))
    for name in ("session_id", "product_id", "id", "key", "category"):
        path = path.replace(f"{{{name}}}", chance.choice(props.ids.get(name, ["Kitchen"])))
    if chance.random() < 0.15:
        path = chance.choice(PATHS)
    if chance.random() < 0.1:
        method = chance.choice(METHODS)
    body = _body(chance) if method in ("POST", "PUT", "PATCH", "DELETE") or chance.random() < 0.1 else b""
    headers = ["Host: 127.0.0.1", "Connection: close"]
    if chance.random() < 0.7:
        headers.append(f"Content-Type: {chance.choice(TYPES) if chance.random() < 0.5 else TYPES[0]}")
    if token := props.tokens[chance.choice(sorted(props.tokens))]:
        headers.append(f"Authorization: Bearer {token}")
    headers += chance.sample(HEADERS, chance.choice((0, 0, 1, 1, 2, 4)))
    if not any(header.startswith(("Content-Length", "Transfer-Encoding")) for header in headers) and body:
        headers.append(f"Content-Length: {len(body) + chance.choice((0, 0, 0, 0, 0, 1, -1))}")
    if any(header.startswith("Transfer-Encoding") for header in headers):
        body = chance.choice(CHUNKS)
    version = "HTTP/1.1" if chance.random() < 0.95 else chance.choice(["HTTP/1.0", "HTTP/2.0", "HTTP/9.9", "", "\xff"])
    head = "\r\n".join([f"{method} {path} {version}", *headers]) + "\r\n\r\n"
    request = head.encode("latin-1") + body
    return nasty.scrambled(request, chance) if chance.random() < 0.3 else request


def _body(chance: random.Random) -> bytes:
    match chance.randrange(5):
        case 0:
            return nasty.VALUES[chance.randrange(len(nasty.VALUES))].encode(errors="surrogatepass")
        case 1:
            return chance.randbytes(chance.choice((1, 50, 5000)))
        case 2:
            return b"username=%00&password=%ff&a" * chance.choice((1, 2000))
        case 3:
            return b'--x\r\nContent-Disposition: form-data; name="a"; filename="\xff"\r\n\r\nx\r\n--x--\r\n'
        case _:
            names = chance.sample(
                ["userId", "username", "email", "password", "title", "price", "status", "productId", "role"], 4
            )
            return nasty.spoiled(dict.fromkeys(names, "text"), chance).encode(errors="surrogatepass")


async def send(target: Target, props: Props, chances: list[random.Random]) -> None:
    await asyncio.gather(*(_send(target, request_of(chance, props)) for chance in chances))


async def _send(target: Target, request: bytes) -> None:
    """Sends one request, and then waits for the server to close: it must, once it hears that nothing more comes."""
    connection = await Connection.open(target.address)
    try:
        await connection.send(request)
        answer = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWER_SECONDS):
                answer = await connection.reader.readuntil(b"\r\n")
        if answer.startswith(b"HTTP/1.") and answer[9:12].isdigit():
            target.note(int(answer[9:12]))
        if connection.writer.can_write_eof():
            connection.writer.write_eof()
        if not await connection.is_closed():
            raise Silent("the server keeps a connection on which nothing more can come")
    except (*GONE, asyncio.LimitOverrunError):
        pass
    finally:
        connection.abandon()
