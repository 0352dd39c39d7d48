"""Parties in a show."""

from typing import Any

from rest_framework import serializers

from shopping.serializers import SessionCreatedSerializer


class OpenPartySerializer(serializers.Serializer[Any]):
    userName = serializers.CharField(required=False, allow_null=True, allow_blank=True)


class PartyCreatedSerializer(SessionCreatedSerializer):
    showId = serializers.UUIDField()
