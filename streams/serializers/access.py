"""What lets a client into a show's picture and sound."""

from typing import Any
from uuid import UUID

from rest_framework import serializers

from accounts.serializers import demanded
from streams.media.access import Access


class RenewalSerializer(serializers.Serializer[Any]):
    role = serializers.ChoiceField(
        ["publisher", "subscriber"],
        default="subscriber",
        error_messages={**demanded("Invalid role"), "invalid_choice": "Invalid role"},
    )


class AccessSerializer(serializers.Serializer[Access]):
    """What a client needs to enter the picture and sound of a live show."""

    sessionId = serializers.SerializerMethodField()
    channelName = serializers.CharField(source="channel")
    token = serializers.CharField(help_text="empty where the provider asks for none")
    uid = serializers.IntegerField(help_text="0 for a guest")
    appId = serializers.CharField(source="app_id")
    expiresAt = serializers.DateTimeField(source="expires_at")
    role = serializers.ChoiceField(["publisher", "subscriber"])
    provider = serializers.CharField(help_text="p2p, livekit, agora or hls")
    url = serializers.CharField(help_text="where the provider's client connects, or what is to be played; may be empty")

    def get_sessionId(self, access: Access) -> UUID:  # noqa: N802 - named for its field
        stream_id: UUID = self.context["stream_id"]
        return stream_id
