"""Who is in the lobby, where Wrencos' customers follow the current show."""

from realtime.models import Presence
from streams.broadcasts import LOBBY

CUSTOMER = "customer"  # the role of everyone there who does not run shows


def count_customers() -> int:
    """How many different handles are registered: one customer's tabs and reconnections count once."""
    return Presence.objects.live().filter(room=LOBBY, role=CUSTOMER).values("handle").distinct().count()
