"""Who is in the lobby, where Wrencos' customers follow the current show."""

import hashlib

from realtime.models import Presence
from streams.broadcasts import LOBBY

CUSTOMER = "customer"  # the role of everyone there who does not run shows


def count_customers() -> int:
    """How many different handles are registered: one customer's tabs and reconnections count once."""
    return Presence.objects.live().filter(room=LOBBY, role=CUSTOMER).values("handle").distinct().count()


def handle(own_id: str) -> str:
    """A hash that stands for a client's own id, which is a secret between that client and us and is not stored."""
    return hashlib.sha256(own_id.encode()).hexdigest()[:40]
