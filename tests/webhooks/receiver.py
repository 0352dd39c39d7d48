"""A server that webhooks are sent to, and what of it tests want to know."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from webhooks.kinds import Kind
from webhooks.models import Endpoint

Came = dict[str, Any]


class Receiver(ThreadingHTTPServer):
    """Answers each request with what `answer` says of its payload: a status, and perhaps headers."""

    daemon_threads = True
    answer: Callable[[Came], int | tuple[int, dict[str, str]]]

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answering)
        self.answer = lambda came: 200
        self.came: list[tuple[dict[str, str], bytes]] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}/hooks?shop=1"

    @property
    def payloads(self) -> list[Came]:
        return [json.loads(body) for _, body in self.came]

    @property
    def kinds(self) -> list[str]:
        return [payload["type"] for payload in self.payloads]

    def verified(self, endpoint: Endpoint) -> list[Came]:
        """What came, as the library reads it that receivers use; raises where a signature is wrong."""
        return [Webhook(endpoint.secret).verify(body, headers) for headers, body in self.came]


class Answering(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.came.append(({name.lower(): value for name, value in self.headers.items()}, body))
        answer = self.server.answer(json.loads(body))
        status, headers = answer if isinstance(answer, tuple) else (answer, {})
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def receiving() -> Iterator[Receiver]:
    with Receiver() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def endpoint(to: Receiver | str, *kinds: Kind) -> Endpoint:
    """An endpoint of the admin, for all kinds of events unless some are named."""
    url = to if isinstance(to, str) else to.url
    return Endpoint.objects.create(url=url, kinds=[kind.value for kind in kinds or Kind])
