"""A whole recording in one file."""

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.request import Request
from rest_framework.views import APIView

from recordings import archive
from recordings.views import streaming
from recordings.views.access import Anything, Staff, find
from rest import schema


class Archive(APIView):
    noun = "Recording"
    permission_classes = [Staff]
    content_negotiation_class = Anything

    @extend_schema(
        responses={
            (200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY, description="its events, audio and notes"),
            **schema.errors(401, 403, 404),
        }
    )
    def get(self, request: Request, pk: str) -> HttpResponseBase:
        recording = find(pk)
        headers = {"Content-Disposition": f'attachment; filename="{recording.pk}.zip"'}
        return streaming.answer(request, archive.pieces(recording), content_type="application/zip", headers=headers)
