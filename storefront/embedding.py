"""The player for other sites' pages: in a frame, where no cookie of ours travels and the reader is a guest by token.

`/embed.js` puts it there. What these pages say, anybody may read; only the frame itself is for the origins of
EMBED_ORIGINS. See docs/embed.md.
"""

import functools
import hashlib
import re
import uuid
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.clickjacking import xframe_options_exempt
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from accounts import identity as identities
from realtime.models import Restriction
from rest import ids, times
from storefront import replays, views
from streams.chat_broadcasts import pseudonym
from streams.models import Stream

TEASED = 3  # shows of each kind that a teaser hears of
FRESH = 15  # seconds for which what a teaser hears may be kept
SCRIPTS = Path(__file__).parent / "static" / "storefront" / "embedding"
PARTS = ("words", "page", "player", "teaser", "begin")  # of the script, in a scope of their own
YEAR = 365 * 24 * 60 * 60  # seconds, for a version of the script that is named
SCRIPT_AGE = 5 * 60  # seconds for which browsers use the script unasked; then they ask whether it has changed


@require_safe
@xframe_options_exempt
def player(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    """A show, or its replay, as a new guest sees it: the frame's script says which guest it is."""
    as_stranger(request)
    request.framed_by = settings.EMBED_ORIGINS  # type: ignore[attr-defined]  # read where the security policy is written
    stream = get_object_or_404(Stream.objects.listed().complete(), pk=stream_id)
    replay = replays.seen(stream, identities.Identity.of_request(request))
    is_past = stream.status == Stream.Status.ENDED and replay is not None
    context = views.about(request, stream) | {
        "reactions": views.REACTIONS,
        "shop_available": False,  # a call needs the camera, which a frame of another site is not given
        "embedded": True,
        "shell": "storefront/embedded.html",
        "embedders": embedders(),
        "again": False,
        "may_be_reminded": True,
        "waits": False,
    }
    if is_past:
        return render(request, "storefront/replay.html", context | {"replay": replay, "speeds": views.SPEEDS})
    return render(request, "storefront/watch.html", context)


@require_safe
def reader(request: HttpRequest, stream_id: uuid.UUID) -> HttpResponse:
    """What the page of a show knows of its reader, for the guest whose token comes with the request."""
    request.user = AnonymousUser()
    stream = get_object_or_404(Stream.objects.listed(), pk=stream_id)
    identity = identities.Identity.of_request(request)
    muted = Restriction.objects.against(identity, stream.room_key)
    answer = JsonResponse(
        {
            "author": pseudonym(identity.key),
            "muted": muted is not None,
            "until": muted and muted.until and muted.until.isoformat(),
        }
    )
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


@require_safe
def shows(request: HttpRequest) -> HttpResponse:
    """What is on and what comes next, and the show that is asked for: all that a teaser says."""
    known = Stream.objects.listed()
    answer = JsonResponse(
        {
            "live": [teased(request, stream) for stream in known.live()[:TEASED]],
            "upcoming": [teased(request, stream) for stream in known.upcoming()[:TEASED]],
            "show": _asked_for(request),
        }
    )
    return readable(answer, FRESH)


def _asked_for(request: HttpRequest) -> dict[str, Any] | None:
    key = ids.uuid_of(request.GET.get("show", ""))
    stream = Stream.objects.listed().filter(pk=key).first() if key else None
    return teased(request, stream) if stream else None


def teased(request: HttpRequest, stream: Stream) -> dict[str, Any]:
    return {
        "id": str(stream.pk),
        "title": stream.title,
        "status": stream.status,
        "startsAt": stream.starts_at and times.iso(stream.starts_at),
        "url": request.build_absolute_uri(reverse("watch", args=[stream.pk])),
    }


def version() -> str:
    """Of the script: `/embed.js?v=` with this never changes."""
    return hashlib.sha256(_script()).hexdigest()[:12]


def _script() -> bytes:
    return joined() if settings.DEBUG else _kept()


def joined() -> bytes:
    """Its parts as one classic script, which knows its own tag; a page that has it twice runs it once."""
    parts = "\n".join((SCRIPTS / f"{part}.js").read_text() for part in PARTS)
    return f'"use strict";\nif (!globalThis.Vitrine?.open) {{\n{parts}}}\n'.encode()


_kept = functools.cache(joined)


@require_safe
@condition(etag_func=lambda _request: f'"{version()}"')
@gzip_page
def script(request: HttpRequest) -> HttpResponse:
    answer = HttpResponse(_script(), content_type="text/javascript; charset=utf-8")
    return readable(answer, YEAR if request.GET.get("v") == version() else SCRIPT_AGE)


def readable(answer: HttpResponse, age: int) -> HttpResponse:
    """Lets the scripts of every page read it, without whatever the browser knows of its reader."""
    answer.headers["Access-Control-Allow-Origin"] = "*"
    answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    answer.headers["Cache-Control"] = f"public, max-age={age}"
    return answer


def as_stranger(request: HttpRequest) -> None:
    """Forgets who the reader is: a page that others frame must neither show it nor act by it, nor set a cookie."""
    request.user = AnonymousUser()
    request.visitor, request.visitor_cookie = identities.new_visitor()[0], ""  # type: ignore[attr-defined]


def embedders() -> list[str]:
    """Regular expressions, the same in JavaScript, of the origins with which the frame's script speaks."""
    parts = [re.escape(origin).replace(r"\*", "[^/]*") for origin in settings.EMBED_ORIGINS]
    return [f"^{part}$" if part != "[^/]*" else ".*" for part in parts]
