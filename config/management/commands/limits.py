"""Prints the table of all limits, so that it cannot say anything else than the code does."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from config import checks, routing
from realtime import limits
from realtime.adapters import packets
from realtime.adapters import redis as redis_adapter
from realtime.connections import connection
from realtime.delivery import hubs, outgoing, tail
from realtime.endpoints import socketio
from realtime.presence import tracker
from realtime.runtime import caching, coalescer, threads
from realtime.storage import cached_rows, outbox, writer
from rest import pagination
from shopping import bounds
from shopping.models import cart, session, vote
from signaling import wire as signals
from signaling.models import broadcast_queryset
from signaling.models import match as matches
from streams import reactions, rooms
from streams.models import chat, listing, reaction
from streams.wire import wrencos

Row = tuple[str, object, str]

BOUNDS: list[Row] = [
    ("A REST body", settings.DATA_UPLOAD_MAX_MEMORY_SIZE, "bytes"),
    ("Rows of a REST list", pagination.MAX_LIMIT, "rows"),
    ("One of a seller's whole lists, where no limit is said", pagination.UNPAGED_LIMIT, "rows"),
    ("The offset of a REST list", pagination.MAX_OFFSET, "rows"),
    ("A Socket.IO packet or polling body", socketio.MAX_MESSAGE, "bytes"),
    ("Packets in one polling body", packets.MAX_POLLED, "packets"),
    ("Attachments of one Socket.IO event", packets.MAX_ATTACHMENTS, "attachments"),
    ("All attachments of one Socket.IO event", packets.MAX_ATTACHED, "bytes"),
    ("Rooms of one connection", connection.MAX_ROOMS, "rooms"),
    ("Waiting for a client that does not read, at once", outgoing.MAX_WAITING, "bytes"),
    (f"Waiting for it for {outgoing.SLOW_SECONDS:g} s", outgoing.SLOW, "bytes"),
    ("A database call of a socket", threads.DEADLINE, "seconds"),
    ("Such calls that wait for a thread", threads.MAX_WAITING, "calls of a process"),
    ("Verbs waiting for a shared transaction", writer.MAX_WAITING, "verbs of a process"),
    ("Verbs in one shared transaction", writer.BATCH, "verbs"),
    ("Rows kept for verbs", cached_rows.MAX_ROWS, "rows of a process"),
    ("Answers kept of each cached read", caching.MAX_ENTRIES, "answers of a process"),
    ("Notifications waiting to be published", redis_adapter.MAX_WAITING, "notifications of a process and Redis"),
    ("Commands that Redis has not answered", redis_adapter.MAX_UNANSWERED, "commands of a connection"),
    ("Bodies in one notification", outbox.MAX_NOTIFICATION, "characters"),
    ("Joins and leaves in one transaction", tracker.BATCH, "changes"),
    ("Events kept in memory of each room", settings.RECOVERY_EVENTS + tail.SLACK, "events"),
    ("Events that can be resumed", settings.RECOVERY_EVENTS, "events"),
    ("Their age", settings.RECOVERY_SECONDS, "seconds"),
    ("An empty room's hub", hubs.LINGER, "seconds"),
    ("Token buckets", limits.MAX_BUCKETS, "buckets of a process"),
    ("A chat message", chat.MAX_LENGTH, "characters"),
    ("What it carries beside the documented fields", wrencos.MAX_EXTRA, "bytes"),
    ("Chat shown to a newcomer", rooms.MAX_HISTORY, "messages"),
    ("Products on a show", listing.MAX_LISTINGS, "products"),
    ("Pinned products", settings.PINS_AT_ONCE, "products"),
    ("Viewers of a picture that goes from browser to browser", settings.BROADCAST_VIEWERS, "viewers"),
    ("Waiting for a slot among them", broadcast_queryset.MAX_WAITING, "viewers"),
    ("Kinds of reactions of a show", reaction.MAX_KINDS, "kinds"),
    ("Shows whose reactions are counted at once", reactions.MAX_BUFFERS, "shows of a process, once counted"),
    ("People at a match", matches.SEATS, "people"),
    ("A session description", signals.SDP, "bytes"),
    ("Good TURN credentials", checks.LONGEST_TURN, "seconds"),
    ("Who shops together in one session", settings.PARTY_SIZE, "people"),
    ("Participants of one session, those who have gone included", session.MAX_PARTICIPANTS, "people"),
    ("What a session's creator says of it", bounds.MAX_METADATA, "bytes"),
    ("One product in a shared cart", cart.MAX_QUANTITY, "pieces"),
    ("Different products in a shared cart", cart.MAX_PRODUCTS, "products"),
    ("Products voted on", vote.MAX_PRODUCTS, "products of a session"),
    ("Kinds of events that wait for their turn", coalescer.MAX_KINDS, "kinds of a client"),
]


def messages() -> Iterator[Row]:
    """Every message that clients may send, with its size and the buckets it draws from."""
    seen = set()
    for endpoint in routing.ENDPOINTS.values():
        for routes in endpoint.routes.by_name.values():
            for route in routes:
                if route.message not in seen:
                    seen.add(route.message)
                    yield f"`{route.message.wire_name()}`", route.message.max_bytes, route.message.limit


def table(*heads: str, rows: Iterator[tuple[object, ...]] | list[Row]) -> Iterator[str]:
    yield f"| {' | '.join(heads)} |"
    yield f"|{' --- |' * len(heads)}"
    for row in rows:
        yield f"| {' | '.join(f'{cell:,}' if isinstance(cell, int) else str(cell) for cell in row)} |"


class Command(BaseCommand):
    help = "Prints docs/limits.md."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        buckets = (
            (name, scope, f"{rate:g} per second", f"{burst:,} at once")
            for name, scopes in settings.LIMITS.items()
            for scope, (rate, burst) in scopes.items()
        )
        lines = [
            "# Limits",
            "",
            "Generated by `make docs`. Rates can be changed with `LIMITS`, see `.env.example`.",
            "",
            *table("what", "at most", "of", rows=BOUNDS),
            "",
            "## Rates",
            "",
            "A message draws from the buckets of `message` and of its own limit; those of moderators, staff and admins",
            "only from the first.",
            "",
            *table("limit", "counted by", "rate", "burst", rows=buckets),
            "",
            "## Messages",
            "",
            *table("message", "bytes", "limit", rows=sorted(messages(), key=str)),
        ]
        self.stdout.write("\n".join(lines))
