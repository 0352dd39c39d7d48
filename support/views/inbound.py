"""Mail that comes in, as a mail provider posts it."""

from django.core.exceptions import PermissionDenied
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from accounts.serializers import valid
from rest import responses, schema
from support import mail, serializers
from support.models import Conversation
from support.models.conversation_queryset import NOT_FOUND

SIGNATURE = OpenApiParameter(
    "Vitrine-Signature",
    str,
    OpenApiParameter.HEADER,
    required=True,
    description="`t=<Unix time>,v1=<hex>`, where v1 is the HMAC-SHA-256 of `<Unix time>.<body>`.",
)


class InboundMail(APIView):
    """Takes in answers to mails, from a mail provider that signs what it posts."""

    noun = "Conversation"
    authentication_classes = ()

    @extend_schema(
        parameters=[SIGNATURE],
        request=serializers.InboundMailSerializer,
        responses={
            201: schema.envelope(serializers.SupportMessageSerializer, message=True),
            **schema.errors(400, 403, 404),
        },
    )
    def post(self, request: Request) -> Response:
        if not mail.is_signed(request.body, request.headers.get("Vitrine-Signature", "")):
            raise PermissionDenied("The signature is missing, wrong or too old")
        asked = valid(serializers.InboundMailSerializer(data=request.data))
        conversation_id = mail.answered_by(asked["to"])
        if conversation_id is None:
            raise Conversation.DoesNotExist(NOT_FOUND)
        message = Conversation.objects.hear_mail(conversation_id, asked["sender"], asked["text"], asked["messageId"])
        shown_message = serializers.SupportMessageSerializer(message).data
        return responses.success(shown_message, "Message taken in successfully", status=201)
