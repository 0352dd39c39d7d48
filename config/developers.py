"""The pages for developers: a quickstart, where everything is described, live events, what errors mean, limits."""

from typing import NamedTuple

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import limit_tables, sockets
from config.errors import CONFLICT, STATUSES
from streams.models import Stream

SHOWS = 20  # that the inspector offers, the newest first

# The same lines stand in docs/embed.md, and a test follows them there.
SERVER_LINES = """\
git clone "$VITRINE" vitrine && cd vitrine
EMBED_ORIGINS=http://localhost:9000 make run"""
PAGE_LINES = """\
mkdir my-page && cat > my-page/index.html <<END
<!doctype html>
<title>My page</title>
<h1>My page</h1>
<script async src="{server}/embed.js" data-mode="overlay"></script>
END
python3 -m http.server 9000 -d my-page"""


CLIENTS_OWN = ("offline", "timeout")  # codes that no server sends: client.js answers with them


class Advice(NamedTuple):
    """What a code means, and what whoever is refused does about it."""

    code: str
    means: str
    remedy: str

    @property
    def status(self) -> int | str:
        return "none" if self.code in CLIENTS_OWN else STATUSES.get(self.code, CONFLICT)


ERRORS = (
    Advice("validation", "a field is missing, too long or of another type", "correct what the message names"),
    Advice("unauthorized", "there is no token, or it has expired", "renew it, or have them log in"),
    Advice("forbidden", "this person may not", "ask for nothing more; with retryAfter, try again then"),
    Advice("not_found", "there is no such thing, or it is not theirs to see", "check the id; it may have been deleted"),
    Advice("too_big", "the message or body is longer than its kind may be", "send less; the limits are below"),
    Advice("rate_limited", "too much at once, or from one address", "wait retryAfter seconds, then send it again"),
    Advice(
        "busy", "the server or its database cannot take it now", "send it again, with the same op, after retryAfter"
    ),
    Advice(
        "conflict", "something stands against it: it exists, or is another already", "read how it is now, then decide"
    ),
    Advice("gone", "it was there and is over", "leave the room; begin a new one"),
    Advice("unavailable", "nobody is there to take it, or it is switched off", "offer something else, and try later"),
    Advice("full", "no more people or rows have a place", "say so; try again when somebody has left"),
    Advice("too_many", "so many of theirs are open already", "close some of them"),
    Advice("offline", "the client's own: there is no connection", "nothing, it is sent again by itself if it may be"),
    Advice("timeout", "the client's own: no answer has come", "send it again with the same op: it is done once"),
)


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    origin = request.build_absolute_uri("/").rstrip("/")
    shows = Stream.objects.listed().newest().select_related("creator")[:SHOWS]
    context = {
        "server_lines": SERVER_LINES,
        "page_lines": PAGE_LINES.format(server=origin),
        "origin": origin,
        "errors": ERRORS,
        "shows": shows,
        "event_types": sorted({message.name for protocol in sockets.protocols() for message in protocol.sends}),
    }
    return render(request, "config/developers.html", context)


@require_safe
def limits(request: HttpRequest) -> HttpResponse:
    shown = [
        section._replace(rows=[tuple(map(limit_tables.cell, row)) for row in section.rows])
        for section in limit_tables.sections()
    ]
    return render(request, "config/limits.html", {"sections": shown})
