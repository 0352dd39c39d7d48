"""Rows for tests, each with a name of its own, so that tests which commit do not meet each other's."""

import json
import uuid
from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from rest_framework.test import APIClient

from accounts import identity as identities
from accounts import tokens
from accounts.models import User
from realtime.models import RoomEvent
from shopping.models import Product
from streams.models import Listing, ReactionTotal, Stream


def user(role: str = "viewer", name: str = "") -> User:
    name = name or f"{role}-{uuid.uuid4().hex[:12]}"
    return User.objects.create_user(name, f"{name}@example.org", role=role)


def identity(of: User | None = None) -> identities.Identity:
    """Someone's who proved it, or a new guest's."""
    return identities.Identity(of, identities.new_visitor()[0])


def client(of: User | None = None) -> APIClient:
    """A REST client with someone's access token, or with none."""
    return APIClient(headers={"Authorization": f"Bearer {tokens.access_token(of)}"} if of else {})


def product(seller: User, **facts: Any) -> Product:
    usual = {"name": "Mug", "description": "Holds tea.", "category": "Kitchen", "price": Decimal("9.50")}
    return Product.objects.offer(seller, **(usual | facts))


def stream(creator: User, status: str = "scheduled", **facts: Any) -> Stream:
    """A show that came to `status` by the verbs."""
    made = Stream.objects.schedule(creator, **({"title": "Tea time"} | facts))
    steps = {"scheduled": [], "live": ["live"], "paused": ["live", "paused"], "ended": ["live", "ended"]}
    for step in steps[status]:
        made.change_status(step)
    return made


def listing(on: Stream, product: Product, **facts: Any) -> Listing:
    return on.add_product(product.pk, **facts)


def ago(minutes: int) -> datetime:
    """For rows whose order counts: SQLite's clock would give several the same moment."""
    return timezone.now() - timedelta(minutes=minutes)


def told(room: str) -> list[dict[str, Any]]:
    """The facts in a room's log, in order; what was redacted left out."""
    events = RoomEvent.objects.filter(room__key=room, redacted=False).order_by("seq")
    return [json.loads(event.body) for event in events]


def reactions(to: Stream, *kinds: str) -> None:
    """Has a show counted reactions of these kinds."""
    ReactionTotal.objects.add(to.pk, Counter(kinds))


def facts(room: str) -> list[str]:
    """The names of the facts in a room's log, in order."""
    return [fact["fact"] for fact in told(room)]
