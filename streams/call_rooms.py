"""The room of the staff who take calls to the shop, and those in which callers are told of theirs."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied

from accounts import identity as identities
from realtime import rooms
from realtime.models import Presence
from streams.models import ShopCall, Switchboard
from streams.models.video import MAIN

AGENT = "agent"
CALLER = "caller"


class AgentsRoom(rooms.Room):
    """Who is here can be called: staff, while a page of theirs is open on which they have said so."""

    kind = "agents"
    ids = MAIN
    dialects = ("shop",)
    retention = timedelta(days=1)
    only_resumable = True

    def __init__(self, id: object = MAIN) -> None:
        super().__init__(id)

    def admits(self, identity: identities.Identity) -> str:
        if not identity.has_role("staff", "admin"):
            raise PermissionDenied("Only staff take calls")
        return AGENT

    def entered(self, presences: Sequence[Presence]) -> None:
        Switchboard.objects.settle()
        ShopCall.objects.ring_again({presence.identity for presence in presences})

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        Switchboard.objects.settle()
        ShopCall.objects.expect_agents({presence.identity for presence in presences})


class ShopCallRoom(rooms.Room):
    """Only whoever makes the call is here, and gives it up by leaving for longer than a moment."""

    kind = "shop-call"
    ids = "[1-9][0-9]{0,17}"
    dialects = ("shop",)
    retention = timedelta(days=1)
    only_resumable = True

    def admits(self, identity: identities.Identity) -> str:
        if not ShopCall.objects.of(identity).filter(pk=self.id).exists():
            raise ShopCall.DoesNotExist("Call not found")
        return CALLER

    def entered(self, presences: Sequence[Presence]) -> None:
        ShopCall.objects.restore(self.id)

    def left(self, presences: Sequence[Presence], at: datetime | None = None) -> None:
        if not Presence.objects.live().filter(room=self.key).exists():
            ShopCall.objects.keep_for_grace(self.id)

    def snapshot(self, identity: identities.Identity, dialect: str, upto: int) -> dict[str, Any]:
        return ShopCall.objects.get(pk=self.id).state()
