"""Starting over, on a computer that others use too."""

from django.contrib.auth import logout
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from rest import responses, schema
from rest.throttling import AddressThrottle


class StartOver(APIView):
    throttle_classes = [AddressThrottle]
    throttle_scope = "guest"

    @extend_schema(
        request=None, responses={200: schema.DoneSerializer, **schema.errors(403, 429)}, auth=schema.NEEDLESS
    )
    def post(self, request: Request) -> Response:
        """Logs out, forgets the guest, and ends their sockets; what they wrote as a guest cannot be read here again."""
        logout(request._request)  # accounts/receivers.py does the rest
        return responses.success(message="Started over successfully")
