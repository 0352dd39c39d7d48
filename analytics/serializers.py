"""What analytics answers over REST."""

from typing import Any

from django.utils import timezone
from rest_framework import serializers

from analytics.models import StreamView


class LiveViewSerializer(serializers.ModelSerializer[StreamView]):
    """Someone who watches now; durations are whole seconds."""

    userId = serializers.IntegerField(source="user_id", allow_null=True)
    username = serializers.SerializerMethodField()
    joinedAt = serializers.DateTimeField(source="joined_at")
    watchDuration = serializers.SerializerMethodField()

    class Meta:
        model = StreamView
        fields = ["id", "userId", "username", "joinedAt", "watchDuration"]

    def get_username(self, view: StreamView) -> str:
        return view.user.username if view.user else "Guest"

    def get_watchDuration(self, view: StreamView) -> int:  # noqa: N802 - named for its field
        return int((timezone.now() - view.joined_at).total_seconds())


class LiveSerializer(serializers.Serializer[Any]):
    """Who watches a show now. The list is one page of the viewers, the count is of all."""

    sessionId = serializers.UUIDField()
    liveViewerCount = serializers.IntegerField()
    viewers = LiveViewSerializer(many=True)
