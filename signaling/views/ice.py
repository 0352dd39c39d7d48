"""The ICE servers, as the two protocols that ask for them expect them."""

from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts import identity as identities
from rest import schema, throttling
from signaling import ice, serializers

PRIVATE = {"Cache-Control": "no-store"}  # The credentials are one person's and expire.


class IceView(APIView):
    throttle_classes = [throttling.AddressThrottle]
    throttle_scope = "ice"
    error_style = "bare"


class IceServers(IceView):
    """Avari's endpoint. Clients that ask again before `ttl` is over always have valid credentials."""

    @extend_schema(responses={200: serializers.IceServersSerializer, **schema.errors(429, bare=True)})
    def get(self, request: Request) -> Response:
        answer: dict[str, Any] = {"iceServers": ice.servers(identities.Identity.of_request(request))}
        if settings.ICE_TRANSPORT_POLICY != "all":
            answer["iceTransportPolicy"] = settings.ICE_TRANSPORT_POLICY
        if (lifetime := ice.lifetime()) is not None:
            answer["ttl"] = lifetime
        return Response(answer, headers=PRIVATE)


class WebrtcConfig(IceView):
    """Shop with Friends' endpoint."""

    @extend_schema(responses={200: serializers.WebrtcConfigSerializer, **schema.errors(429, bare=True)})
    def get(self, request: Request) -> Response:
        servers = ice.own_servers(identities.Identity.of_request(request))
        return Response({"iceServers": servers}, headers=PRIVATE)
