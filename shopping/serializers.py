"""Sessions as the REST API reads and writes them."""

from datetime import datetime
from typing import Any

from rest_framework import serializers

from accounts.serializers import demanded
from shopping.models import Participant, ShoppingSession
from shopping.wire import coshop


class CreateSessionSerializer(serializers.Serializer[Any]):
    userId = serializers.CharField(max_length=64, error_messages=demanded("userId is required"))
    userName = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    metadata = serializers.DictField(required=False, allow_null=True)


class SessionCreatedSerializer(serializers.Serializer[Any]):
    sessionId = serializers.CharField()
    inviteLink = serializers.CharField()
    expiresAt = serializers.IntegerField(help_text="milliseconds since 1970")


class ParticipantSerializer(serializers.ModelSerializer[Participant]):
    userId = serializers.CharField(source="user_id")
    userName = serializers.CharField(source="name")

    class Meta:
        model = Participant
        fields = ["userId", "userName"]


class MomentField(serializers.IntegerField):
    """Milliseconds since 1970."""

    def to_representation(self, value: datetime) -> int:  # type: ignore[override]
        return coshop.epoch_ms(value)


class ShoppingSessionSerializer(serializers.ModelSerializer[ShoppingSession]):
    host = serializers.CharField(source="host.user_id", default="")
    participants = ParticipantSerializer(source="participants.listed", many=True)
    metadata = serializers.DictField()
    createdAt = MomentField(source="created_at")
    expiresAt = MomentField(source="expires_at")

    class Meta:
        model = ShoppingSession
        fields = ["id", "host", "participants", "metadata", "createdAt", "expiresAt"]
