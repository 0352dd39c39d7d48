"""A room's log over REST: what a client missed, for those who cannot or do not want to hold a socket open."""

from typing import Any

from django.core.exceptions import ObjectDoesNotExist, PermissionDenied, ValidationError
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from realtime import events, rooms, serializers, wire
from realtime.delivery import tail
from realtime.delivery.delivery import Delivery
from realtime.models import Room
from rest import responses, schema


class RoomEvents(APIView):
    """The rights are those of joining the room."""

    noun = "Room"

    @extend_schema(
        parameters=[serializers.EventsQuerySerializer],
        responses={200: schema.envelope(serializers.EventsSerializer), **schema.errors(400, 404)},
    )
    def get(self, request: Request, key: str) -> Response:
        identity = identities.Identity.of_request(request)
        room = self._room(key, identity)
        query = serializers.EventsQuerySerializer(data=request.query_params, context={"room": room})
        query.is_valid(raise_exception=True)
        asked: dict[str, Any] = query.validated_data
        dialect = asked.get("dialect", room.dialects[0])
        last, epoch = Room.objects.position(room.key)
        after, upto = asked["after"], min(asked["after"] + asked["limit"], last)
        found, addresses = tail.read(room.key, after, upto), room.addresses(identity)
        whole = after <= last and [event.seq for event in found] == list(range(after + 1, upto + 1))
        recovered = whole and asked.get("epoch", epoch) == epoch
        return responses.success(
            {
                "room": room.key,
                "epoch": epoch,
                "seq": last,
                "recovered": recovered,
                "hasMore": recovered and upto < last,
                "events": [_event(event, dialect, addresses) for event in found] if recovered else [],
                "snapshot": None if recovered else room.snapshot(identity, dialect, last),
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


def _event(event: Delivery, dialect: str, addresses: frozenset[str]) -> dict[str, Any]:
    """One that was taken back, or is not for the reader, has no messages: its number says that nothing is missing."""
    rendered = events.render(event.event, dialect) if event.event and event.is_for(addresses) else ()
    messages = [{"type": message.wire_name(), **wire.plain(message)} for message in rendered]
    return {"seq": event.seq, "at": wire.iso(event.moment), "messages": messages}
