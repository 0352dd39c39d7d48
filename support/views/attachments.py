"""Files over REST: uploaded for a message, and read with the rights of the conversation."""

from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import valid
from rest import responses, schema
from support import serializers
from support.models import Attachment
from support.rights import Action
from support.views.conversations import find, sender_of, throttle


class Uploads(APIView):
    """Takes files that are to be sent with messages."""

    noun = "Conversation"
    parser_classes = (MultiPartParser,)

    @extend_schema(
        request=serializers.UploadSerializer,
        responses={
            201: schema.envelope(serializers.AttachmentSerializer, message=True),
            **schema.errors(400, 403, 404, 413, 429),
        },
        auth=schema.NEEDLESS,
    )
    def post(self, request: Request, pk: UUID) -> Response:
        sender = sender_of(request)
        throttle(request, sender, "upload")
        conversation = find(sender, pk, Action.WRITE)
        file = valid(serializers.UploadSerializer(data=request.data))["file"]
        attachment = Attachment.objects.upload(conversation, sender, file.name or "", file.read())
        shown_file = serializers.AttachmentSerializer(attachment).data
        return responses.success(shown_file, "File uploaded successfully", status=201)


class Attachments(APIView):
    """Files, for those who may read the message that they were sent with."""

    noun = "Attachment"

    @extend_schema(responses={(200, "*/*"): OpenApiTypes.BINARY, **schema.errors(404)}, auth=schema.NEEDLESS)
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        return file_answer(Attachment.objects.find(sender_of(request), pk))


def file_answer(attachment: Attachment) -> HttpResponse:
    """The file as it is; whatever it is, a browser runs nothing of it."""
    answer = HttpResponse(attachment.read(), content_type=attachment.content_type)
    is_picture = attachment.content_type.startswith("image/")
    answer["Content-Disposition"] = content_disposition_header(not is_picture, attachment.name) or "inline"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer["Cache-Control"] = "private, max-age=3600"
    return answer
