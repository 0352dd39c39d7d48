"""A stored file, or a range of it: through this server, which opens the seals, or at the storage."""

import re
from typing import NamedTuple

from django.http import HttpResponse, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.http import quote_etag
from rest_framework.request import Request

from recordings import sealing, segments, storage
from recordings.views import streaming

RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")  # RFC 9110, section 14.2; of several ranges the whole is answered


class Stored(NamedTuple):
    """A file by its name in the storage, and its bytes before sealing."""

    name: str
    size: int
    mime: str


def answer(request: Request, box: sealing.Box, file: Stored, disposition: str = "") -> HttpResponseBase:
    """The file as it is asked for. Whoever calls this has looked whether it may be read."""
    if not box.key and not storage.is_local():
        return HttpResponseRedirect(storage.current().url(file.name))
    etag = quote_etag(file.name)
    is_same = request.headers.get("If-Range", etag) == etag
    try:
        part_asked = _range(request.headers.get("Range", "") if is_same else "", file.size)
    except ValueError:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{file.size}"})
    start, length = part_asked or (0, file.size)
    headers = {"Accept-Ranges": "bytes", "Content-Length": str(length), "ETag": etag}
    if part_asked:
        headers["Content-Range"] = f"bytes {start}-{start + length - 1}/{file.size}"
    if disposition:
        headers["Content-Disposition"] = disposition
    pieces = segments.read(box, file.name, file.size, start, length)
    return streaming.answer(request, pieces, headers=headers, status=206 if part_asked else 200, content_type=file.mime)


def _range(asked: str, size: int) -> tuple[int, int] | None:
    """Where the range begins, and how long it is; None where the whole is asked for.

    Raises ValueError for a range that the file does not have.
    """
    found = RANGE.fullmatch(asked.replace(" ", ""))
    if found is None or found[1] == found[2] == "":
        return None
    if not found[1]:
        start, end = max(0, size - int(found[2])), size - 1
    else:
        start, end = int(found[1]), min(int(found[2] or size), size - 1)
        if found[2] and int(found[2]) < start:
            return None
    if start >= size:
        raise ValueError("the range begins after the end")
    return start, end + 1 - start
