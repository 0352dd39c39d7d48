"""What monitors ask.

`/livez`: whether this process answers; `/health`: the same in old monitors' words; `/readyz`: what it stands on.
"""

import asyncio
import logging
from collections.abc import Awaitable
from typing import Any

from django.conf import settings
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from realtime.adapters import redis
from realtime.connections.registry import connections
from realtime.runtime import threads
from rest import times

logger = logging.getLogger(__name__)

PATIENCE = 3.0  # seconds that the database or Redis may take to answer


def health(request: HttpRequest) -> JsonResponse:
    here = len(connections.open)
    body: dict[str, Any] = {
        "status": "ok",
        "app": "Vitrine",
        "version": settings.VERSION,
        "timestamp": times.iso(timezone.now()),
        "environment": "development" if settings.DEBUG else "production",
        "message": "Server is running",
        "totalConnections": connections.total,
        "activeConnections": here,
        "stats": {
            "activeMatches": connections.rooms("match"),
            "connectedUsers": connections.users(),
            "totalConnections": here,
        },
    }
    return JsonResponse(body)


async def livez(request: HttpRequest) -> JsonResponse:
    """Whether this process answers at all, whatever has become of what it stands on: if not, it is to be restarted."""
    return JsonResponse({"status": "ok"}, headers={"Cache-Control": "no-store"})


async def readyz(request: HttpRequest) -> JsonResponse:
    """Whether this process can do its work: 503 without the database, "degraded" without Redis.

    The database is asked the way sockets ask it, so threads that all hang count as a database that is away.
    """
    has_database, has_redis = await asyncio.gather(_answers(threads.in_db(_ask_database)), _answers(_ask_redis()))
    status = "unavailable" if not has_database else "ok" if has_redis else "degraded"
    body = {
        "status": status,
        "database": "ok" if has_database else "away",
        "redis": ("ok" if has_redis else "away") if settings.REDIS_URL else "none",
    }
    return JsonResponse(body, status=200 if has_database else 503, headers={"Cache-Control": "no-store"})


def _ask_database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return True


async def _ask_redis() -> bool:
    urls = settings.REDIS_URL.split(",") if settings.REDIS_URL else []
    return all(await asyncio.gather(*(redis.answers(url) for url in urls)))


async def _answers(question: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE):
            return await question
    except Exception as error:
        logger.warning("not ready: %s", type(error).__name__)
        return False
