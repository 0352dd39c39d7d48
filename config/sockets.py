"""The sockets' messages for developers: as a page, and as the AsyncAPI document that it is made from."""

import functools
from typing import Any

import yaml
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from config import routing
from realtime.documents import asyncapi, reference


@functools.cache  # The messages are those of the code; both are some hundred kilobytes.
def document() -> dict[str, Any]:
    return asyncapi.document(routing.ENDPOINTS)


@functools.cache
def as_yaml() -> str:
    text: str = yaml.safe_dump(document(), sort_keys=False, allow_unicode=True, width=120)
    return text


@functools.cache
def protocols() -> list[reference.Protocol]:
    return reference.protocols(routing.ENDPOINTS, document())


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    origin = request.build_absolute_uri("/").rstrip("/")
    context = {"protocols": protocols(), "origin": origin, "websocket": origin.replace("http", "ws", 1)}
    return render(request, "config/events.html", context)


@require_safe
def download(request: HttpRequest) -> HttpResponse:
    return HttpResponse(as_yaml(), content_type="application/yaml; charset=utf-8")
