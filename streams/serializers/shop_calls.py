"""Calls to the shop."""

from typing import Any

from rest_framework import serializers

from rest import ids


class AvailabilitySerializer(serializers.Serializer[Any]):
    available = serializers.BooleanField(help_text="Whether staff are available for a call.")


class CallShopSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, max_length=80, help_text="Of a guest; users have their own."
    )
    productId = ids.UUIDField(required=False, allow_null=True, default=None, help_text="Where they call from.")
    sessionId = ids.UUIDField(required=False, allow_null=True, default=None, help_text="Where they call from.")


class ShopCallSerializer(serializers.Serializer[Any]):
    callId = serializers.IntegerField()
    status = serializers.ChoiceField(["ringing", "accepted", "unanswered", "cancelled"])
    about = serializers.CharField(help_text="The product and the show, by their names.")
    matchId = serializers.CharField(allow_null=True, help_text="Where the caller registers once it is accepted.")
    userId = serializers.CharField(allow_null=True, help_text="As whom they register there.")
