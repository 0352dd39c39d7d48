"""How other sites' programs show a link to a show: oEmbed (https://oembed.com, version 1.0, JSON)."""

import html
import re
import uuid
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import Resolver404, resolve, reverse
from django.views.decorators.http import require_safe

from storefront import embedding
from streams.models import Stream

WIDTH, HEIGHT = 960, 600  # pixels, where the asker names no most
NARROW = 480  # pixels of width below which a show is drawn as on a phone
TALL = 16 / 9  # of height to width there
LEAST = 200  # pixels of either side: nothing can be used on less
NUMBER = re.compile(r"[1-9][0-9]{0,5}\Z")
AGE = 60 * 60  # seconds for which an answer may be kept
ALLOW = "autoplay; fullscreen; picture-in-picture; clipboard-write"


@require_safe
def oembed(request: HttpRequest) -> HttpResponse:
    """The frame of a show's page by its address; a plain link where no page may have frames of ours."""
    if request.GET.get("format", "json") != "json":
        return JsonResponse({"error": "This server answers with format=json only"}, status=501)
    try:
        width, height = size(request.GET.get("maxwidth"), request.GET.get("maxheight"))
    except ValueError as error:
        return JsonResponse({"error": str(error)}, status=400)
    try:
        stream = get_object_or_404(Stream.objects.listed().complete(), pk=show_of(request, request.GET.get("url", "")))
    except Http404:
        return JsonResponse({"error": "url is not the address of a show on this server"}, status=404)
    return embedding.readable(JsonResponse(described(request, stream, width, height)), AGE)


def described(request: HttpRequest, stream: Stream, width: int, height: int) -> dict[str, Any]:
    about: dict[str, Any] = {
        "version": "1.0",
        "type": "link",
        "title": stream.title,
        "author_name": stream.creator.username,
        "provider_name": "Vitrine",
        "provider_url": request.build_absolute_uri("/"),
        "cache_age": AGE,
    }
    if not settings.EMBED_ORIGINS:
        return about
    address = request.build_absolute_uri(reverse("embed", args=[stream.pk]))
    frame = (
        f'<iframe src="{html.escape(address)}" width="{width}" height="{height}" allow="{ALLOW}" allowfullscreen '
        f'title="{html.escape(stream.title)}"></iframe>'
    )
    return about | {"type": "video", "html": frame, "width": width, "height": height}


def show_of(request: HttpRequest, address: str) -> uuid.UUID:
    """The id in the address of a show's page, or of its frame, on this server; raises Http404 for any other."""
    try:
        parts = urlsplit(address)
        match = resolve(parts.path) if parts.scheme in ("http", "https") else None
    except (ValueError, Resolver404):
        match = None
    if match is None or parts.netloc != request.get_host() or match.url_name not in ("watch", "embed"):
        raise Http404("No such show")
    found: uuid.UUID = match.kwargs["stream_id"]
    return found


def size(most_width: str | None, most_height: str | None) -> tuple[int, int]:
    """A size within what the asker has room for; raises ValueError for what is no number of pixels."""
    width, height = min(_pixels(most_width, WIDTH), WIDTH), _pixels(most_height, 10 * HEIGHT)
    shape = TALL if width < NARROW else HEIGHT / WIDTH
    return width, min(round(width * shape), height)


def _pixels(text: str | None, usual: int) -> int:
    if text is None:
        return usual
    if not NUMBER.match(text) or int(text) < LEAST:
        raise ValueError(f"maxwidth and maxheight are numbers of pixels, at least {LEAST}")
    return int(text)
