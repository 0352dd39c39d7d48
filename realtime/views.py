"""A room's log over REST: what a client missed, for those who cannot or do not want to hold a socket open."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import answers, schema
from accounts import identity as identities
from realtime import records, rooms, serializers, tail, wire
from realtime.members import Delivery
from realtime.models import Room


class RoomEvents(APIView):
    """The rights are those of joining the room."""

    noun = "Room"

    @extend_schema(
        operation_id="room_events",
        parameters=[serializers.EventsQuerySerializer],
        responses={200: schema.envelope(serializers.EventsSerializer), **schema.errors(400, 404)},
    )
    def get(self, request: Request, key: str) -> Response:
        query = serializers.EventsQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        identity = identities.Identity.of_request(request)
        room = self._room(key, identity)
        asked: dict[str, Any] = query.validated_data
        dialect = asked.get("dialect") or room.dialects[0]
        last, epoch = Room.objects.position(room.key)
        after = asked["after"]
        events = tail.read(room.key, after, after + asked["limit"])
        whole = after <= last and (not events or events[0].seq == after + 1) and (bool(events) or after == last)
        recovered = whole and asked.get("epoch", epoch) == epoch
        addresses = {identity.key}
        heard = [event for event in events if recovered and (not event.to or event.to in addresses)]
        return answers.success(
            {
                "room": room.key,
                "epoch": epoch,
                "seq": last,
                "recovered": recovered,
                "hasMore": recovered and bool(events) and events[-1].seq < last,
                "events": [_event(event, dialect) for event in heard if event.but not in addresses],
            }
        )

    def _room(self, key: str, identity: identities.Identity) -> rooms.Room:
        """A room that one may not read answers like one that there is not."""
        try:
            room = rooms.find(key)
            rooms.enter(room, identity)
        except (ObjectDoesNotExist, PermissionDenied, ValidationError):
            raise Http404("Room not found") from None
        return room


def _event(event: Delivery, dialect: str) -> dict[str, Any]:
    said = records.render(event.record, dialect) if event.record else ()
    messages = [{"type": message.wire_name(), **wire.plain(message)} for message in said]
    return {"seq": event.seq, "at": wire.iso(event.moment), "messages": messages}
