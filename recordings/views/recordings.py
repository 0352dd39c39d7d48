"""Recordings over our own REST: finding them, their events in pages, keeping and deleting them."""

from collections.abc import Iterator
from typing import Any

import msgspec
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import valid
from recordings import sealing
from recordings.models import AudioChunk, AudioTrack, EventBatch, Recording, searching
from recordings.serializers import recordings as serializers
from recordings.views.access import Staff, find
from rest import pagination, responses, schema

PAGE_BYTES = 4 * 1024**2  # of events in one page, unless its first batch alone has more


class Recordings(APIView):
    permission_classes = [Staff]

    @extend_schema(
        parameters=[serializers.QuerySerializer, *schema.PAGE],
        responses={
            200: serializers.RecordingsSerializer,
            **schema.errors(400, 401, 403),
        },
    )
    def get(self, request: Request) -> Response:
        """The recordings, newest first."""
        asked = valid(serializers.QuerySerializer(data=request.query_params))
        found, since = matching(asked), {}
        if words := asked.get("q"):
            sought = searching.search(found, words)
            found, since = found.filter(pk__in=sought.ids), {"searchedSince": sought.since}
        page = found.order_by("-created_at", "-pk")[pagination.page(request)]
        return responses.listing(list(serializers.RecordingSerializer(page, many=True).data), **since)


class OneRecording(APIView):
    noun = "Recording"
    permission_classes = [Staff]

    @extend_schema(
        responses={200: schema.envelope(serializers.RecordingSerializer), **schema.errors(401, 403, 404)},
    )
    def get(self, request: Request, pk: str) -> Response:
        return responses.success(serializers.RecordingSerializer(find(pk)).data)

    @extend_schema(
        request=serializers.RecordingChangesSerializer,
        responses={
            200: schema.envelope(serializers.RecordingSerializer, message=True),
            **schema.errors(400, 401, 403, 404),
        },
    )
    def patch(self, request: Request, pk: str) -> Response:
        """Pins the recording, so that it is kept for longer than others, or no longer."""
        recording = find(pk)
        recording.pin(valid(serializers.RecordingChangesSerializer(data=request.data))["pinned"])
        return responses.success(serializers.RecordingSerializer(recording).data, "Recording updated successfully")

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def delete(self, request: Request, pk: str) -> Response:
        """Deletes the recording: first its key, then all that it sealed."""
        find(pk).remove()
        return responses.success(message="Recording deleted successfully")


class Events(APIView):
    noun = "Recording"
    permission_classes = [Staff]

    @extend_schema(
        parameters=[serializers.EventsQuerySerializer],
        responses={200: serializers.EventBatchesSerializer, **schema.errors(400, 401, 403, 404)},
    )
    def get(self, request: Request, pk: str) -> HttpResponse:
        """A page of the recording's events, batch by batch as they came."""
        asked = valid(serializers.EventsQuerySerializer(data=request.query_params))
        recording = find(pk)
        later = recording.batches.filter(number__gt=asked["after"]).order_by("number")
        batches = list(_within(later[: asked["limit"]].iterator(chunk_size=20), recording.box))
        last = batches[-1].number if batches else asked["after"]
        more = later.filter(number__gt=last).exists()
        body = msgspec.json.encode({"batches": batches, "next": last if more else None})
        return HttpResponse(body, content_type="application/json", headers={"Cache-Control": "private, no-store"})


class Batch(msgspec.Struct):
    """A batch whose events are written as they are stored, without being taken apart."""

    number: int
    events: msgspec.Raw


def _within(batches: Iterator[EventBatch], box: sealing.Box) -> Iterator[Batch]:
    size = 0
    for batch in batches:
        events = batch.read(box)
        size += len(events)
        if size > PAGE_BYTES and size > len(events):
            return
        yield Batch(batch.number, msgspec.Raw(events))


def matching(asked: dict[str, Any]) -> QuerySet[Recording]:
    """The recordings that a query of the list asks for."""
    found = Recording.objects.kept().select_related("participant", "consent").prefetch_related("tracks")
    exact = {
        "participant": "participant",
        "status": "status",
        "from": "created_at__gte",
        "to": "created_at__lt",
        "url": "url__icontains",
    }
    found = found.filter(**{lookup: asked[name] for name, lookup in exact.items() if name in asked})
    here = OuterRef("pk")
    if asked["hasAudio"] is not None:
        heard = Q(Exists(AudioTrack.objects.filter(recording=here))) | Q(
            Exists(AudioChunk.objects.filter(recording=here))
        )
        found = found.filter(heard) if asked["hasAudio"] else found.exclude(heard)
    if asked["pinned"] is not None:
        found = found.filter(pinned=asked["pinned"])
    return found
