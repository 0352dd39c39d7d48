"""The chat of a show over REST: reading back, and writing without a socket."""

from datetime import datetime
from uuid import UUID

from asgiref.sync import async_to_sync
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.dateparse import parse_datetime
from django.utils.timezone import is_aware
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.permissions import AllowAny, BasePermission, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import identity as identities
from accounts.serializers import valid
from realtime import limits
from rest import addresses, pagination, responses, schema
from streams import serializers, speaking
from streams.models import ChatMessage, HeldMessage
from streams.models.undoing import Desk
from streams.views.sessions import seen

MAX_OP = 64  # characters, as on sockets

BEFORE = OpenApiParameter(
    "before", str, description="Only what was said earlier: the `seq` of a message, or a time such as its `createdAt`."
)
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same key, it is said once."
)


class Chat(ViewSet):
    noun = "Message"
    public = ("list", "count")

    def get_permissions(self) -> list[BasePermission]:
        return [AllowAny() if self.action in self.public else IsAuthenticated()]

    @extend_schema(
        parameters=[*schema.PAGE, BEFORE],
        responses={200: schema.envelope(serializers.ChatMessageSerializer, many=True), **schema.errors(400, 404)},
    )
    def list(self, request: Request, session_id: UUID) -> Response:
        """The newest messages, oldest first, in the order in which they were told.

        A client that pages by time gets some messages more than `limit` where they share a millisecond.
        """
        messages = seen(request, session_id).messages.all()
        visible = messages.visible_to(identities.Identity.of_request(request))
        before = request.query_params.get("before", "")
        asked = visible.latest_first()
        if before:
            asked = asked.filter(seq__lt=parse_seq(before) or messages.seq_at(parse_moment(before)))
        page = list(asked[pagination.page(request)])
        if parse_seq(before) is None:
            page = visible.with_its_millisecond(page)
        page.reverse()
        shown = serializers.ChatMessageSerializer(page, many=True, context={"request": request})
        return responses.listing(list(shown.data))

    @extend_schema(responses={200: schema.envelope(serializers.ChatCountSerializer), **schema.errors(404)})
    def count(self, request: Request, session_id: UUID) -> Response:
        return responses.success({"count": seen(request, session_id).messages.visible().count()})

    @extend_schema(
        parameters=[KEY],
        request=serializers.ChatPostSerializer,
        responses={
            201: schema.envelope(serializers.ChatMessageSerializer, message=True),
            202: schema.envelope(serializers.HeldSerializer, message=True),
            **schema.errors(400, 401, 403, 404, 429),
        },
    )
    def create(self, request: Request, session_id: UUID) -> Response:
        identity = identities.Identity.of_request(request)
        subjects = {"identity": identity.key, **limits.of_room(str(session_id), addresses.of_request(request))}
        limits.take_of(identity, "chat", subjects)
        text = valid(serializers.ChatPostSerializer(data=request.data))["message"]
        cause = async_to_sync(speaking.ask)(session_id, identity, text) if settings.CHAT_HOOK else ""
        message = ChatMessage.objects.post_or_hold(session_id, identity, text, op_of(request), cause=cause)
        speaking.heard_in_thread(message, identity)
        if isinstance(message, HeldMessage):
            held = serializers.HeldSerializer(message).data
            return responses.success(held, "Message waits for a moderator", status=202)
        shown = serializers.ChatMessageSerializer(message, context={"request": request})
        return responses.success(shown.data, "Message sent successfully", status=201)

    @extend_schema(responses={200: schema.DoneSerializer, **schema.errors(401, 403, 404)})
    def destroy(self, request: Request, session_id: UUID, pk: UUID) -> Response:
        desk = Desk(seen(request, session_id), identities.Identity.of_request(request))
        desk.delete(desk.message(pk))
        return responses.success(message="Message deleted successfully")


def parse_seq(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 18 else None


def parse_moment(text: str) -> datetime:
    try:
        found = parse_datetime(text)
    except ValueError:
        found = None
    if found is None or not is_aware(found):
        raise ValidationError("Before must be the seq of a message, or a time such as 2030-01-31T12:00:00.000Z")
    return found


def op_of(request: Request) -> str | None:
    op = request.headers.get("Idempotency-Key", "")
    if len(op) > MAX_OP:
        raise ValidationError(f"Idempotency-Key must be at most {MAX_OP} characters")
    return op or None
