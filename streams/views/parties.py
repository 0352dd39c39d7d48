"""Parties in a show: friends who watch it together."""

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts import names
from accounts.serializers import valid
from rest import schema
from rest.throttling import AddressThrottle
from shopping import views as shopping
from streams import serializers
from streams.models import Party, Stream


class Parties(ViewSet):
    """Whoever may watch may bring friends. The answers are those of the shop's sessions, with the show beside them."""

    noun = "Session"
    error_style = "both"
    throttle_scope = "party"

    def get_throttles(self) -> list[Any]:
        return [AddressThrottle()]

    @extend_schema(
        request=serializers.OpenPartySerializer,
        responses={200: serializers.PartyCreatedSerializer, **schema.errors(400, 403, 404, 429)},
    )
    def create(self, request: Request, pk: UUID) -> Response:
        name = valid(serializers.OpenPartySerializer(data=request.data)).get("userName")
        opener = identities.Identity.of_request(request)
        name = names.chosen(name, opener) if name else None
        participant = Party.objects.open(Stream.objects.seen_by(opener).find(pk), opener, name)
        return Response({**shopping.created(request, participant.session), "showId": str(pk)})
