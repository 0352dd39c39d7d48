"""A running server, as the journeys have it, and one of this process."""

from tests.journeys.conftest import running
from tests.realtime.conftest import server, uvicorn_server

__all__ = ["running", "server", "uvicorn_server"]
