"""`/health`: whether this process answers, in the union of the words that old monitors look for."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, JsonResponse
from django.utils import timezone

from realtime.connections.registry import connections
from rest import times


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
