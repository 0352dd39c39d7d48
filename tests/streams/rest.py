"""What REST tests of shows have in common: where a show is found, which keys are answered, how a refusal reads."""

import uuid
from typing import Any

from streams.models import Stream

USER = {"id", "username", "email", "role", "createdAt", "updatedAt"}
ACCESS = {"sessionId", "channelName", "token", "uid", "appId", "expiresAt", "role", "provider", "url"}


def url(stream: Stream | uuid.UUID, rest: str = "") -> str:
    return f"/api/sessions/{stream.pk if isinstance(stream, Stream) else stream}{rest}"


def refused(answer: Any) -> tuple[int, str]:
    assert answer.json()["success"] is False
    return answer.status_code, answer.json()["message"]
