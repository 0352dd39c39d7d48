"""A room's log over REST."""

from rest_framework import serializers


class EventsQuerySerializer(serializers.Serializer[None]):
    """What of a room's log is asked for."""

    after = serializers.IntegerField(min_value=0, max_value=2**62, default=0)
    limit = serializers.IntegerField(min_value=1, max_value=500, default=100)
    epoch = serializers.CharField(max_length=64, required=False, help_text="the log that `after` belongs to")
    dialect = serializers.CharField(max_length=20, required=False, help_text="in whose words; the room's own if absent")

    def validate_dialect(self, dialect: str) -> str:
        if dialect not in self.context["room"].dialects:
            raise serializers.ValidationError("This room is not told in it")
        return dialect


class EventSerializer(serializers.Serializer[None]):
    seq = serializers.IntegerField()
    at = serializers.DateTimeField()
    messages = serializers.ListField(
        child=serializers.DictField(), help_text="flat messages, as on the raw socket; none if not for the reader"
    )


class EventsSerializer(serializers.Serializer[None]):
    """Events in order. Where `after` is not of this log or no longer in it, `recovered` is false; see `snapshot`."""

    room = serializers.CharField()
    epoch = serializers.CharField()
    seq = serializers.IntegerField(help_text="where the log stands")
    recovered = serializers.BooleanField()
    hasMore = serializers.BooleanField()
    events = EventSerializer(many=True)
    snapshot = serializers.DictField(allow_null=True, help_text="the room as it is now, where it was not recovered")
