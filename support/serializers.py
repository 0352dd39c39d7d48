"""Conversations as the REST API reads and writes them."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.models import User
from accounts.serializers import demanded
from realtime import wire
from support.models import Attachment, Conversation, Offer, Sender, SupportMessage
from support.models import rating as ratings
from support.models.conversation import MAX_TAG, MAX_TAGS
from support.rights import AGENTS
from support.wire import conversations, lines
from support.wire.conversations import MAX_ATTACHED, MAX_LENGTH

Status, Priority = Conversation.Status, Conversation.Priority

MAX_MAIL_TEXT = 100_000  # characters of a mail that comes in, with all that it quotes
STAFF_ONLY = (
    "customerName", "email", "sessionId", "userId", "priority", "assigneeId", "team", "tags", "snoozedUntil",
    "waitingSince", "replyDueAt", "resolutionDueAt", "overdue",
)  # fmt: skip


class OriginSerializer(serializers.Serializer[Any]):
    """The line of a show's chat from which a conversation was made."""

    kind = serializers.ChoiceField(choices=["line"])
    stream = serializers.UUIDField()
    line = serializers.UUIDField()


class ConversationSerializer(serializers.ModelSerializer[Conversation]):
    """A conversation; what is for staff alone is null for its customer. Give the sender as context."""

    assignee = serializers.CharField(source="assignee.username", default=None, allow_null=True)
    assigneeId = serializers.IntegerField(source="assignee_id", allow_null=True)
    customerName = serializers.CharField(source="customer_name", allow_null=True)
    email = serializers.CharField(allow_null=True)
    sessionId = serializers.CharField(source="session", allow_null=True, help_text="the session id on Wrencos' socket")
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    priority = serializers.ChoiceField(choices=Priority.choices, allow_null=True)
    team = serializers.CharField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField(), allow_null=True)
    showId = serializers.UUIDField(source="show_id", allow_null=True)
    productId = serializers.UUIDField(source="product_id", allow_null=True)
    partyId = serializers.CharField(source="party_id", allow_null=True)
    callId = serializers.IntegerField(source="call_id", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    lastMessageAt = serializers.DateTimeField(source="last_message_at")
    resolvedAt = serializers.DateTimeField(source="resolved_at", allow_null=True)
    snoozedUntil = serializers.DateTimeField(source="snoozed_until", allow_null=True)
    waitingSince = serializers.DateTimeField(source="waiting_since", allow_null=True)
    replyDueAt = serializers.DateTimeField(
        source="awaited_reply_at", allow_null=True, help_text="of the first reply; null once it has come"
    )
    resolutionDueAt = serializers.DateTimeField(source="resolution_due_at", allow_null=True)
    overdue = serializers.BooleanField(source="is_overdue", allow_null=True)
    origin = serializers.SerializerMethodField()
    score = serializers.IntegerField(source="rating.score", default=None, allow_null=True, help_text="1 to 5")

    class Meta:
        model = Conversation
        fields = [
            "id", "status", "assignee", "excerpt", "score", "createdAt", "lastMessageAt", "resolvedAt",
            "showId", "productId", "partyId", "callId", "origin", *STAFF_ONLY,
        ]  # fmt: skip

    @extend_schema_field(OriginSerializer(allow_null=True))
    def get_origin(self, conversation: Conversation) -> dict[str, Any] | None:
        origin = conversations.Origin.of(conversation)
        return None if origin is None else wire.plain(origin)

    def to_representation(self, instance: Conversation) -> dict[str, Any]:
        said: dict[str, Any] = super().to_representation(instance)
        sender: Sender = self.context["sender"]
        return said if sender.is_agent else {**said, **dict.fromkeys(STAFF_ONLY)}


class AttachmentSerializer(serializers.ModelSerializer[Attachment]):
    contentType = serializers.CharField(source="content_type")
    url = serializers.SerializerMethodField()

    class Meta:
        model = Attachment
        fields = ["id", "name", "contentType", "size", "url"]

    def get_url(self, attachment: Attachment) -> str:
        return str(lines.Attachment.of(attachment).url)


class OfferSerializer(serializers.Serializer[Any]):
    """An offer of a call or a party, and where this side goes once it is accepted."""

    id = serializers.UUIDField()
    kind = serializers.ChoiceField(choices=Offer.Kind.choices)
    state = serializers.ChoiceField(choices=Offer.State.choices)
    url = serializers.CharField(allow_null=True)
    expiresAt = serializers.DateTimeField()
    endedAt = serializers.DateTimeField(allow_null=True)


class SupportMessageSerializer(serializers.ModelSerializer[SupportMessage]):
    """A message of a conversation. A note is shown to staff alone. Give the sender as context."""

    conversationId = serializers.UUIDField(source="conversation_id")
    message = serializers.CharField(source="text")
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    createdAt = serializers.DateTimeField(source="created_at")
    seq = serializers.IntegerField(help_text="its number in the log of the conversation, by which messages are ordered")
    attachments = AttachmentSerializer(many=True)
    offer = serializers.SerializerMethodField()
    shownAs = serializers.UUIDField(source="shown_id", allow_null=True, help_text="the chat message that shows it")

    class Meta:
        model = SupportMessage
        fields = [
            "id", "conversationId", "kind", "message", "name", "userId", "createdAt", "seq", "attachments",
            "offer", "shownAs",
        ]  # fmt: skip

    @extend_schema_field(OfferSerializer(allow_null=True))
    def get_offer(self, message: SupportMessage) -> dict[str, Any] | None:
        if message.kind != SupportMessage.Kind.OFFER:
            return None
        sender: Sender = self.context["sender"]
        return wire.plain(lines.Offer.of(message.offer, for_agents=sender.is_agent))


class GuestPassSerializer(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="for the header Vitrine-Guest")
    expiresAt = serializers.DateTimeField()


class ConversationBegunSerializer(serializers.Serializer[Any]):
    conversation = ConversationSerializer()
    message = SupportMessageSerializer()
    guest = GuestPassSerializer(
        allow_null=True, help_text="for a guest who brought nothing: by this they are known again, and it is told once"
    )


# --- what clients send


class TextField(serializers.CharField):
    def __init__(self, **kwargs: Any) -> None:
        too_long = {"max_length": f"Message must be at most {MAX_LENGTH} characters"}
        messages = {**demanded("Message is required"), **too_long}
        super().__init__(max_length=MAX_LENGTH, error_messages=messages, **kwargs)


class WriteSerializer(serializers.Serializer[Any]):
    message = TextField(allow_blank=True, help_text="may only be empty beside files")
    internal = serializers.BooleanField(default=False, help_text="a note that only staff read")
    attachmentIds = serializers.ListField(
        child=serializers.UUIDField(), max_length=MAX_ATTACHED, required=False, default=list
    )


class UploadSerializer(serializers.Serializer[Any]):
    file = serializers.FileField(
        help_text="an image (PNG, JPEG, GIF, WebP) or PDF, 10 MiB at most",
        error_messages=demanded("File is required"),
    )


class BeginSerializer(serializers.Serializer[Any]):
    message = TextField(required=False, help_text="needed unless there is a `line`")
    line = serializers.UUIDField(
        required=False, allow_null=True, default=None, help_text="for staff: a message of a show's chat to begin with"
    )
    name = serializers.CharField(max_length=150, required=False, allow_blank=True, default="")
    email = serializers.EmailField(max_length=254, required=False, allow_blank=True, default="")
    showId = serializers.UUIDField(required=False, allow_null=True, default=None)
    productId = serializers.UUIDField(required=False, allow_null=True, default=None)
    partyId = serializers.CharField(max_length=40, required=False, allow_null=True, default=None)
    callId = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=2**53)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if attrs["line"] is None and "message" not in attrs:
            raise serializers.ValidationError({"message": "Message is required"})
        return attrs


class InboundMailSerializer(serializers.Serializer[Any]):
    """What a mail provider posts of a mail that has come in."""

    to = serializers.CharField(max_length=320, error_messages=demanded("To is required"))
    sender = serializers.EmailField(max_length=254, error_messages=demanded("Sender is required"))
    text = serializers.CharField(max_length=MAX_MAIL_TEXT, error_messages=demanded("Text is required"))
    messageId = serializers.CharField(max_length=998, required=False, allow_blank=True, default="")


class AssignSerializer(serializers.Serializer[Any]):
    assigneeId = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.active().filter(role__in=AGENTS),
        allow_null=True,
        error_messages={**demanded("AssigneeId is required"), "does_not_exist": "There is no such member of the staff"},
    )
    team = serializers.CharField(max_length=50, required=False, allow_blank=True)


class StatusSerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=Status.choices, required=False)
    until = serializers.DateTimeField(required=False, help_text="when a snooze is over")
    priority = serializers.ChoiceField(choices=Priority.choices, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=MAX_TAG), max_length=MAX_TAGS, required=False)


class RatingSerializer(serializers.Serializer[Any]):
    score = serializers.IntegerField(
        min_value=1, max_value=ratings.BEST, error_messages=demanded(f"Score must be between 1 and {ratings.BEST}")
    )
    comment = serializers.CharField(max_length=ratings.MAX_COMMENT, required=False, allow_blank=True, default="")
