"""A running server, as the journeys have it."""

from tests.journeys.conftest import running

__all__ = ["running"]
