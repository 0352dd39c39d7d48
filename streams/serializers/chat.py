"""What is written in a show's chat."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from accounts.serializers import UserSerializer, demanded
from streams.chat_broadcasts import pseudonym
from streams.models import ChatMessage
from streams.models import chat as chats


class ChatMessageSerializer(serializers.ModelSerializer[ChatMessage]):
    """A chat message. A guest's has no user, only the name that they gave."""

    message = serializers.CharField(source="text", max_length=chats.MAX_LENGTH)
    userId = serializers.IntegerField(source="user_id", allow_null=True)
    userName = serializers.CharField(source="name")
    seq = serializers.IntegerField(help_text="its number in the log of the show, by which messages are ordered")
    sessionId = serializers.UUIDField(source="stream_id")
    createdAt = serializers.DateTimeField(source="created_at")
    user = UserSerializer(allow_null=True)
    badge = serializers.ChoiceField(
        ["host", "moderator", "staff", "guest", ""], help_text="What its author was then; empty for other accounts."
    )
    answers = serializers.UUIDField(required=False, help_text="the message that staff answer by this one, if any")
    author = serializers.SerializerMethodField(help_text="The same for all that one person writes.")

    class Meta:
        model = ChatMessage
        fields = [
            "id",
            "message",
            "userId",
            "userName",
            "sessionId",
            "createdAt",
            "user",
            "seq",
            "badge",
            "author",
            "answers",
        ]

    @extend_schema_field(serializers.CharField())
    def get_author(self, message: ChatMessage) -> str:
        return pseudonym(message.author)

    def to_representation(self, instance: ChatMessage) -> dict[str, Any]:
        message: dict[str, Any] = super().to_representation(instance)
        if message["answers"] is None:
            del message["answers"]  # Most answer nothing, and look as old clients know them.
        return message


class ChatPostSerializer(serializers.Serializer[Any]):
    message = serializers.CharField(
        max_length=chats.MAX_LENGTH,
        error_messages={
            **demanded("Message is required and must be a string"),
            "max_length": f"Message must be at most {chats.MAX_LENGTH} characters",
        },
    )


class HeldSerializer(serializers.Serializer[Any]):
    """A message that is shown once someone who keeps order has looked at it."""

    held = serializers.UUIDField(source="pk")


class ChatCountSerializer(serializers.Serializer[Any]):
    count = serializers.IntegerField()
