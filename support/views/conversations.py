"""Conversations over REST, for customers and for staff. Those of other people do not exist."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from accounts import guests, texts
from accounts import identity as identities
from accounts.serializers import valid
from realtime import limits
from rest import addresses, pagination, responses, schema
from rest.throttling import AddressThrottle
from support import serializers, transcripts
from support.models import Conversation, Origin, Rating, Said, Sender, SupportMessage, chat_lines
from support.models.conversation_queryset import ConversationQuerySet
from support.rights import Action

MAX_OP = 64  # characters, as on sockets

FILTERS: dict[str, Callable[[ConversationQuerySet, Sender], ConversationQuerySet]] = {
    "all": lambda found, sender: found,
    "unresolved": lambda found, sender: found.unresolved(),
    "mine": lambda found, sender: found.unresolved().filter(assignee=sender.user_id),
    "unassigned": lambda found, sender: found.unassigned(),
    "overdue": lambda found, sender: found.overdue(),
    "snoozed": lambda found, sender: found.snoozed(),
    "resolved": lambda found, sender: found.resolved(),
}
FILTER = OpenApiParameter(
    "filter", str, enum=list(FILTERS), description="For staff: which conversations, usually `unresolved`."
)
BEFORE = OpenApiParameter("before", int, description="Only what was said earlier: the `seq` of a message.")
KEY = OpenApiParameter(
    "Idempotency-Key", str, OpenApiParameter.HEADER, description="Sent again with the same key, it is said once."
)
CONVERSATION = schema.envelope(serializers.ConversationSerializer)


def sender_of(request: Request) -> Sender:
    return Sender(identities.Identity.of_request(request))


def op_of(request: Request) -> str | None:
    op = request.headers.get("Idempotency-Key", "")
    if len(op) > MAX_OP:
        raise ValidationError(f"Idempotency-Key must be at most {MAX_OP} characters")
    return op or None


class Conversations(ViewSet):
    noun = "Conversation"
    throttle_scope = "support"

    def get_throttles(self) -> list[Any]:
        return [AddressThrottle()] if self.action == "create" else []

    @extend_schema(
        parameters=[*schema.PAGE, FILTER],
        responses={200: schema.envelope(serializers.ConversationSerializer, many=True), **schema.errors(400)},
        auth=schema.NEEDLESS,
    )
    def list(self, request: Request) -> Response:
        """A customer's own, newest first; for staff everybody's, the most urgent first."""
        sender = sender_of(request)
        visible = Conversation.objects.visible_to(sender).select_related("assignee", "rating")
        if not sender.is_agent:
            return responses.listing(shown(visible.order_by("-last_message_at")[pagination.page(request)], sender))
        chosen = FILTERS.get(request.query_params.get("filter", "unresolved"))
        if chosen is None:
            raise ValidationError(f"Filter must be one of {', '.join(FILTERS)}")
        return responses.listing(shown(chosen(visible, sender).most_urgent_first()[pagination.page(request)], sender))

    @extend_schema(
        parameters=[KEY],
        request=serializers.BeginSerializer,
        responses={
            201: schema.envelope(serializers.ConversationBegunSerializer, message=True),
            **schema.errors(400, 403, 404, 429),
        },
        auth=schema.NEEDLESS,
    )
    def create(self, request: Request) -> Response:
        """Begins a conversation by its first message or, for staff, by a line of a show's chat, with its author."""
        sender = sender_of(request)
        throttle(request, sender)
        asked = valid(serializers.BeginSerializer(data=request.data))
        if asked["line"] is not None:
            return taken_up(sender, asked["line"])
        name = texts.name(asked["name"])
        origin = Origin(asked["showId"], asked["productId"], asked["partyId"], asked["callId"])
        said = Said(asked["message"], op_of(request), name=name, email=asked["email"], origin=origin, is_new=True)
        message = Conversation.objects.say(sender, said)
        begun = {
            "conversation": shown([message.conversation], sender)[0],
            "message": shown_messages([message], sender)[0],
            "guest": guest_pass(request, sender),
        }
        return responses.success(begun, "Conversation begun successfully", status=201)

    @extend_schema(responses={200: CONVERSATION, **schema.errors(404)}, auth=schema.NEEDLESS)
    def retrieve(self, request: Request, pk: UUID) -> Response:
        sender = sender_of(request)
        return responses.success(shown([find(sender, pk, Action.READ)], sender)[0])

    @extend_schema(
        parameters=[*schema.PAGE[:1], BEFORE],
        responses={200: schema.envelope(serializers.SupportMessageSerializer, many=True), **schema.errors(400, 404)},
        auth=schema.NEEDLESS,
    )
    def messages(self, request: Request, pk: UUID) -> Response:
        """The newest messages, oldest first."""
        sender = sender_of(request)
        said = find(sender, pk, Action.READ).messages.readable(notes=sender.is_agent)
        said = said.select_related("offer__match").prefetch_related("attachments")
        if before := request.query_params.get("before", ""):
            said = said.filter(seq__lt=seq_of(before))
        page = list(said.order_by("-seq")[pagination.page(request)])[::-1]
        return responses.listing(shown_messages(page, sender))

    @extend_schema(
        parameters=[KEY],
        request=serializers.WriteSerializer,
        responses={
            201: schema.envelope(serializers.SupportMessageSerializer, message=True),
            **schema.errors(400, 403, 404, 429),
        },
        auth=schema.NEEDLESS,
    )
    def write(self, request: Request, pk: UUID) -> Response:
        """Says something. A customer's message to a conversation that was resolved long ago begins another one."""
        sender = sender_of(request)
        throttle(request, sender)
        find(sender, pk, Action.READ)
        asked = valid(serializers.WriteSerializer(data=request.data))
        files = tuple(asked["attachmentIds"])
        said = Said(asked["message"], op_of(request), pk, internal=asked["internal"], attachment_ids=files)
        message = Conversation.objects.say(sender, said)
        return responses.success(shown_messages([message], sender)[0], "Message sent successfully", status=201)

    @extend_schema(
        request=serializers.AssignSerializer,
        responses={200: CONVERSATION, **schema.errors(400, 403, 404)},
        auth=schema.NEEDLESS,
    )
    def assign(self, request: Request, pk: UUID) -> Response:
        sender = sender_of(request)
        conversation = find(sender, pk, Action.ASSIGN)
        asked = valid(serializers.AssignSerializer(data=request.data))
        conversation.assign(sender, asked["assigneeId"], asked.get("team"))
        return responses.success(shown([conversation], sender)[0])

    @extend_schema(
        request=serializers.StatusSerializer,
        responses={200: CONVERSATION, **schema.errors(400, 403, 404)},
        auth=schema.NEEDLESS,
    )
    def status(self, request: Request, pk: UUID) -> Response:
        """Resolves, snoozes or opens a conversation again, and notes its priority and tags."""
        sender = sender_of(request)
        conversation = find(sender, pk, Action.CHANGE_STATUS)
        asked = valid(serializers.StatusSerializer(data=request.data))
        if not asked:
            raise ValidationError("Status is required")
        if "status" in asked:
            conversation.set_status(sender, asked["status"], asked.get("until"))
        conversation.revise(sender, asked.get("priority"), asked.get("tags"))
        return responses.success(shown([conversation], sender)[0])

    @extend_schema(
        request=serializers.RatingSerializer,
        responses={200: CONVERSATION, **schema.errors(400, 403, 404)},
        auth=schema.NEEDLESS,
    )
    def rating(self, request: Request, pk: UUID) -> Response:
        """Rates a conversation that was resolved."""
        sender = sender_of(request)
        conversation = find(sender, pk, Action.RATE)
        asked = valid(serializers.RatingSerializer(data=request.data))
        conversation.rating = Rating.objects.rate(conversation, sender, asked["score"], asked["comment"])
        return responses.success(shown([conversation], sender)[0])

    @extend_schema(responses={(200, "text/plain"): OpenApiTypes.STR, **schema.errors(404)}, auth=schema.NEEDLESS)
    def transcript(self, request: Request, pk: UUID) -> HttpResponse:
        """All that was said, as a text file."""
        sender = sender_of(request)
        conversation = find(sender, pk, Action.EXPORT)
        said = conversation.messages.readable(notes=sender.is_agent).select_related("offer").in_order()
        text = transcripts.text_of(conversation, said)
        answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
        answer["Content-Disposition"] = f'attachment; filename="conversation-{conversation.pk}.txt"'
        answer["X-Content-Type-Options"] = "nosniff"
        return answer


def find(sender: Sender, pk: UUID, action: Action) -> Conversation:
    """The conversation, if the sender may do this in it. Raises DoesNotExist and PermissionDenied."""
    conversation = Conversation.objects.find(sender, pk)
    conversation.check_may(action, sender)
    return conversation


def shown(conversations: Any, sender: Sender) -> list[dict[str, Any]]:
    context = {"sender": sender}
    return list(serializers.ConversationSerializer(conversations, many=True, context=context).data)


def shown_messages(messages: Sequence[SupportMessage], sender: Sender) -> list[dict[str, Any]]:
    return list(serializers.SupportMessageSerializer(messages, many=True, context={"sender": sender}).data)


def taken_up(sender: Sender, line_id: UUID) -> Response:
    conversation = chat_lines.take_up(sender, line_id)
    begun = {
        "conversation": shown([conversation], sender)[0],
        "message": shown_messages(list(conversation.messages.in_order()[:1]), sender)[0],
        "guest": None,
    }
    return responses.success(begun, "Conversation begun successfully", status=201)


def throttle(request: Request, sender: Sender, limit: str = "support") -> None:
    subjects = {"identity": sender.identity.key, "address": addresses.of_request(request)}
    limits.take_of(sender.identity, limit, subjects)


def guest_pass(request: Request, sender: Sender) -> dict[str, Any] | None:
    """What a guest is known by from now on who has brought nothing; None for anybody else."""
    if not (sender.identity.is_guest and getattr(request, "visitor_cookie", False)):
        return None
    token, expires_at = guests.issue(sender.identity.visitor)
    return serializers.GuestPassSerializer({"token": token, "expiresAt": expires_at}).data


def seq_of(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 18):
        raise ValidationError("Before must be the seq of a message")
    return int(text)
