"""Slows down whoever guesses passwords."""

from rest_framework.request import Request
from rest_framework.throttling import ScopedRateThrottle
from rest_framework.views import APIView


class AddressThrottle(ScopedRateThrottle):
    """By address alone: counted by user, every account someone holds would buy him another allowance."""

    def get_cache_key(self, request: Request, view: APIView) -> str:
        return self.cache_format % {"scope": self.scope, "ident": self.get_ident(request)}
