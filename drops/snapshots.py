"""Drops in the snapshot of a show's room, for somebody who missed too much: those that go on, and their own claims."""

from typing import Any
from uuid import UUID

from django.utils import timezone

from accounts import identity as identities
from drops import wire
from drops.bounds import MAX_AT_ONCE
from drops.models import Claim, Drop
from realtime import database
from realtime import wire as protocol
from streams import rooms

MAX_OWN = 100  # of one's claims, the newest


@database.cached(seconds=1.0, max_entries=100)
def drops_of(stream_id: str) -> list[dict[str, Any]]:
    """Read once for all who come back together."""
    drops = Drop.objects.filter(stream_id=UUID(stream_id)).unfinished().order_by("created_at", "pk")[:MAX_AT_ONCE]
    return [protocol.plain(wire.Drop.of(drop, timezone.now())) for drop in drops]


def read(stream_id: str, identity: identities.Identity) -> list[dict[str, Any]]:
    return drops_of(stream_id)


@database.cached(seconds=1.0, max_entries=1000)
def has_drops(stream_id: str) -> bool:
    return Drop.objects.filter(stream_id=UUID(stream_id)).exists()


def read_own(stream_id: str, identity: identities.Identity) -> list[dict[str, Any]]:
    """Costs somebody who comes back to a show without drops no query of their own."""
    if not has_drops(stream_id):
        return []
    found = Claim.objects.filter(drop__stream_id=UUID(stream_id)).of(identity).with_places().select_related("drop")
    newest = found.order_by("-created_at", "-number")[:MAX_OWN]
    return [protocol.plain(wire.Claim.of(claim, timezone.now())) for claim in newest]


rooms.parts["drops"] = read
rooms.parts["claims"] = read_own
