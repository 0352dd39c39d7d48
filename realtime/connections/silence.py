"""A client that answers no pings is nobody's company: it leaves the presence of its rooms until it answers again.

Its connection and its subscriptions stay, so one that comes back has missed nothing.
"""

import asyncio
import logging
from typing import TYPE_CHECKING

from realtime.adapters import pongs
from realtime.handlers import Membership
from realtime.presence import tracker
from realtime.runtime import background

if TYPE_CHECKING:
    from realtime.connections.connection import Connection

logger = logging.getLogger(__name__)


def watch(connection: "Connection", interval: float) -> pongs.Watch:
    """Returns what the transport tells of each pong; `interval` is the seconds from a pong to the next ping."""
    settling: set[asyncio.Task[None]] = set()  # at most one

    def tell(is_silent: bool) -> None:
        connection.is_silent = is_silent
        if not settling:
            background.spawn(_settle(connection), settling)

    return pongs.Watch(interval, tell)


async def _settle(connection: "Connection") -> None:
    """Leaves or enters the presence of all rooms, until it is as `is_silent` says."""
    settled = not connection.is_silent
    while settled != connection.is_silent and not connection.has_ended:
        settled = connection.is_silent
        for key, membership in list(connection.memberships.items()):
            if connection.memberships.get(key) is membership:  # It may have left while others were settled.
                await (connection.leave_presence(membership) if settled else _come_back(connection, membership))
        for handler in connection.handlers:
            try:
                await (handler.fell_silent() if settled else handler.answered_again())
            except Exception:
                logger.exception("%s of %s was not told of a silence", handler.dialect, connection.id)


async def _come_back(connection: "Connection", membership: Membership) -> None:
    if membership.is_present:
        return
    membership.is_present = True
    room, role, handle = membership.room, membership.role, membership.handle
    try:
        await tracker.current().enter(room, role, connection.id, connection.identity, handle)
    except Exception:
        logger.exception("%s could not come back to %s", connection.id, room.key)
    if connection.has_ended:  # It has left before it entered.
        membership.is_present = True
        await connection.leave_presence(membership)
