"""Whose a request's address is, as limits count it."""

import functools
import ipaddress

from django.conf import settings
from django.http import HttpRequest
from django.utils.crypto import salted_hmac
from rest_framework.request import Request

from rest import proxies

HASH_LENGTH = 32  # hexadecimal digits
IPV6_NETWORK = 64  # bits: what one household or one server gets, so each of its addresses is the same sender


def network_of(address: str) -> str:
    """The sender that an address stands for: an IPv4 address itself, an IPv6 address's /64 network."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, IPV6_NETWORK), strict=False))


def of_request(request: HttpRequest | Request) -> str:
    """The sender of a request; rest/proxies.py has looked through the proxies that are trusted."""
    return network_of(request.META.get("REMOTE_ADDR", ""))


@functools.lru_cache(maxsize=10_000)
def hashed(sender: str) -> str:
    """What stands for a sender where it is stored; only who knows SECRET_KEY can find the address again.

    It is empty for what is no address, such as a Unix socket's, and for a trusted proxy: many people share these.
    """
    try:
        ipaddress.ip_network(sender)
    except ValueError:
        return ""
    if proxies.is_trusted(sender.partition("/")[0]):
        return ""
    return salted_hmac("rest.addresses", sender, algorithm="sha256").hexdigest()[:HASH_LENGTH]


class OpenConnections:
    """How many connections each sender has open, of at most as many as a setting says; 0 is no limit."""

    def __init__(self, setting: str = "MAX_CONNECTIONS_PER_IP") -> None:
        self.setting = setting
        self.by_sender: dict[str, int] = {}

    def is_full(self, sender: str) -> bool:
        most: int = getattr(settings, self.setting)
        return 0 < most <= self.by_sender.get(sender, 0)

    def add(self, sender: str) -> None:
        self.by_sender[sender] = self.by_sender.get(sender, 0) + 1

    def discard(self, sender: str) -> None:
        left = self.by_sender[sender] - 1
        if left:
            self.by_sender[sender] = left
        else:
            del self.by_sender[sender]
