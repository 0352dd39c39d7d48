"""The production server: uvicorn with the options that the application is made for."""

import contextlib
import sys
from typing import Any

import uvicorn
from django.conf import settings

from realtime import wire
from realtime.adapters import pongs, releases, uvicorn_server
from realtime.endpoints import lifespan
from rest import development

OPTIONS: dict[str, Any] = {
    "ws_max_size": wire.LARGE_MESSAGE,  # realtime/adapters/uvicorn.py and connections/receiving.py know who may.
    "ws_per_message_deflate": False,  # It doubles the cost of a broadcast and more than doubles its memory.
    "ws_ping_interval": 25,  # seconds
    "ws_ping_timeout": 60,  # seconds
    "timeout_graceful_shutdown": 10,  # seconds
    "access_log": False,
    "log_config": None,  # Django's LOGGING has the handlers.
}

STARTUP_FAILURE = 3  # the exit status of uvicorn's own command


def options() -> dict[str, Any]:
    """Keyword arguments of uvicorn.Config. A release of uvicorn that is not tried gets its own protocols.

    Those tell nobody of pongs, so there a client that answers no pings is disconnected when it would be silent.
    """
    road = {} if releases.is_fast("uvicorn") else {"ws_ping_timeout": pongs.PONG_SECONDS}
    limit = settings.MAX_CONNECTIONS or None
    return {**OPTIONS, **road, "limit_concurrency": limit, **uvicorn_server.implementations()}


def serve(host: str, port: int) -> None:
    """Serves settings.ASGI_APPLICATION until Ctrl-C or SIGTERM.

    Then clients are told goodbye, WebSockets are closed with 1012, which asks clients to come back, one after the
    other (DRAIN_SECONDS), and running requests have `timeout_graceful_shutdown` to finish. Exits with STARTUP_FAILURE
    if the server cannot start, and with a sentence where development defaults would be served to a network.
    """
    if development.must_stay_local() and not development.is_loopback(host):
        sys.exit(development.REFUSAL)
    application = ":".join(settings.ASGI_APPLICATION.rsplit(".", 1))
    # rest/proxies.py reads X-Forwarded-For, for every server alike.
    config = uvicorn.Config(application, host, port, proxy_headers=False, **options())
    server = uvicorn_server.Server(config, lifespan.goodbye, lifespan.release_polls)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)
