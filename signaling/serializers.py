"""Calls as the REST API reads and writes them."""

from typing import Any

from rest_framework import serializers

from accounts.serializers import Messages


class ServerSerializer(serializers.Serializer[Any]):
    urls = serializers.JSONField(help_text="An address, or a list of addresses.")
    username = serializers.CharField(required=False)
    credential = serializers.CharField(required=False)


class IceServersSerializer(serializers.Serializer[Any]):
    iceServers = ServerSerializer(many=True)
    iceTransportPolicy = serializers.CharField(required=False, help_text="`relay` where no other way may be taken.")
    ttl = serializers.IntegerField(required=False, help_text="Seconds after which it must be asked for again.")


class WebrtcConfigSerializer(serializers.Serializer[Any]):
    iceServers = ServerSerializer(many=True)


class ReservationSerializer(serializers.Serializer[Any]):
    TWO: Messages = dict.fromkeys(
        ("required", "null", "not_a_list", "min_length", "max_length"), "Two different participants are required"
    )

    participants = serializers.ListField(
        child=serializers.CharField(max_length=128), min_length=2, max_length=2, error_messages=TWO
    )


class ReservedSerializer(serializers.Serializer[Any]):
    matchId = serializers.CharField()
    participants = serializers.ListField(child=serializers.CharField())
    expiresAt = serializers.DateTimeField(help_text="If nobody has been there until then.")


class SeatSerializer(serializers.Serializer[Any]):
    userId = serializers.CharField(source="handle")
    connected = serializers.BooleanField(source="is_live", help_text="false while a lost connection's seat is kept")


class MatchSerializer(serializers.Serializer[Any]):
    matchId = serializers.CharField(source="name")
    participantCount = serializers.IntegerField(source="headcount")
    participants = SeatSerializer(source="present", many=True)
    createdAt = serializers.DateTimeField(source="created_at")
    lastActivity = serializers.DateTimeField(source="active_at")


class StatsSerializer(serializers.Serializer[Any]):
    activeMatches = serializers.IntegerField()
    connectedUsers = serializers.IntegerField()
    totalSockets = serializers.IntegerField()
    matches = MatchSerializer(many=True)
    timestamp = serializers.DateTimeField()
