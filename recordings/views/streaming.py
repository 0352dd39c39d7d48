"""Answers that are made while they are sent: no more than a piece of them is in memory."""

from collections.abc import AsyncIterator, Generator, Iterator
from typing import Any

from django.core.handlers.asgi import ASGIRequest
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from realtime import database


def answer(request: Request, pieces: Generator[bytes], headers: dict[str, str], **facts: Any) -> HttpResponseBase:
    """The pieces as they are made, in threads that may ask the database; between two of them no thread waits."""
    headers = {"Cache-Control": "private, no-store", **headers}
    if request.method == "HEAD":
        return HttpResponse(headers=headers, **facts)
    is_async = isinstance(request._request, ASGIRequest)
    return StreamingHttpResponse(_from_threads(pieces) if is_async else _closing(pieces), headers=headers, **facts)


async def _from_threads(pieces: Generator[bytes]) -> AsyncIterator[bytes]:
    try:
        while (piece := await database.in_db(next, pieces, None)) is not None:
            yield piece
    finally:
        await database.in_db(pieces.close)


def _closing(pieces: Generator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    finally:
        pieces.close()
