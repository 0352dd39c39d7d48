"""A show as an entry for people's calendars (RFC 5545)."""

import uuid
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import identity as identities
from streams.models import Stream

LENGTH = timedelta(hours=1)  # that a calendar keeps free: nobody knows how long a show will be
LINE = 75  # octets of one line
ESCAPED = str.maketrans({"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n", "\r": None})


@require_safe
def calendar(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    """A download for any calendar, of a show that has a time."""
    stream = get_object_or_404(Stream.objects.seen_by(identities.Identity.of_request(request)), pk=stream_id)
    if stream.starts_at is None:
        raise Http404("This show has no time yet")
    url = request.build_absolute_uri(reverse("watch", args=[stream.pk]))
    answer = HttpResponse(entry(stream, url), content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="show.ics"'
    return answer


def entry(stream: Stream, url: str) -> bytes:
    """The same UID every time, and a later SEQUENCE after a change: who takes it again has it once, as it is now."""
    assert stream.starts_at is not None
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//Vitrine//{settings.VERSION}//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{stream.pk}@{urlsplit(url).hostname}",
        f"DTSTAMP:{stamp(timezone.now())}",
        f"SEQUENCE:{int(stream.updated_at.timestamp()) % 2**31}",
        f"DTSTART:{stamp(stream.starts_at)}",
        f"DTEND:{stamp(stream.starts_at + LENGTH)}",
        f"SUMMARY:{text(stream.title)}",
        f"DESCRIPTION:{text(stream.description[:1000] + chr(10) + url if stream.description else url)}",
        f"URL:{url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{text(stream.title)}",
        f"TRIGGER:-PT{settings.SHOWS.remind_minutes}M",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(fold(line) for line in lines)


def stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def text(said: str) -> str:
    """What people wrote, as a value: without what would end it, or is no character of a calendar."""
    return "".join(c for c in said.translate(ESCAPED) if c == "\t" or (ord(c) >= 32 and ord(c) != 127))


def fold(line: str) -> bytes:
    """In pieces of at most 75 octets, none of which ends within a character."""
    pieces, piece = [], b""
    for octets in (character.encode() for character in line):
        if len(piece) + len(octets) > LINE:
            pieces.append(piece)
            piece = b" "
        piece += octets
    return b"\r\n".join([*pieces, piece]) + b"\r\n"
