"""What is done to calls to the shop: placing them, taking them, and what happens without anybody."""

import secrets
import uuid
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from accounts import identity as identities
from accounts import names
from realtime import database, errors, event_log
from realtime.models import Restriction, Room
from shopping.models import Product
from signaling.models import Call, Match
from signaling.models.seat import after
from streams import broadcasts
from streams.models.stream import Stream
from streams.models.switchboard import Switchboard, on_duty

if TYPE_CHECKING:
    from streams.models.shop_call import ShopCall

ACCEPTED = "accepted"
CHUNK = 200  # A periodic task takes care of so many rows at a time.
NOBODY = "Nobody can take your call right now. Please try again later."


class ShopCallQuerySet(models.QuerySet["ShopCall"]):
    def going(self) -> Self:
        """Selects the calls that ring."""
        return self.filter(ended_at__isnull=True)

    def of(self, identity: identities.Identity) -> Self:
        """Selects the calls that this person has made."""
        return self.filter(caller__in=identity.proven)

    def at(self, identity: identities.Identity) -> Self:
        """Selects the calls that ring at this member of the staff."""
        return self.going().filter(agent=identity.user_id if identity.verified else None, agent__isnull=False)

    @event_log.verb
    def place(
        self,
        by: identities.Identity,
        name: str = "",
        product_id: uuid.UUID | None = None,
        stream_id: uuid.UUID | None = None,
        op: str | None = None,
    ) -> "ShopCall":
        """Calls the shop from a product or a show. Who calls already, or with the same `op`, has that call again.

        Raises PermissionDenied for those who are banned, ObjectDoesNotExist, and RequestRefused `unavailable`.
        """
        Restriction.check_may_enter(by, broadcasts.AGENTS)
        stream = Stream.objects.seen_by(by).find(stream_id) if stream_id else None
        if stream is not None:
            stream.check_admits(by)
        product = Product.objects.filter(pk=product_id).first() if product_id else None
        if product_id and product is None:
            raise Product.DoesNotExist("Product not found")
        Switchboard.objects.lock()
        again = models.Q(ended_at__isnull=True) | (models.Q(op=op) if op else models.Q(pk=None))
        if (known := self.of(by).filter(again).order_by("-pk").first()) is not None:
            return known
        call = self._create(by, name, product, stream, op or "")
        if not call.ring_next():
            raise errors.RequestRefused("unavailable", NOBODY)
        return call

    def _create(
        self, by: identities.Identity, name: str, product: Product | None, stream: Stream | None, op: str
    ) -> "ShopCall":
        user = by.user if by.verified else None
        handle = str(user.pk) if user else f"guest-{secrets.token_hex(12)}"
        return self.create(
            caller=by.address,
            user=user,
            name=by.name if user else names.declared(name, by) or "Guest",
            handle=handle,
            product=product,
            stream=stream,
            about=", ".join(str(each) for each in (product, stream) if each is not None)[:255],
            match=Match.objects.reserve_for(handle),
            op=op,
        )

    # --- what those do whom it concerns

    @event_log.verb
    def accept(self, pk: int, by: identities.Identity) -> "ShopCall":
        """Takes the call that rings at this member of the staff; raises RequestRefused `gone` if it does no longer."""
        call = self._lock_at(pk, by)
        assert call.match is not None
        if (ring := Call.objects.at(call.match)) is not None:
            ring.prolong()  # Both have to load a page before they are there.
        call.close(ACCEPTED)
        broadcasts.agent_released(call, "accepted")
        return call

    @event_log.verb
    def decline(self, pk: int, by: identities.Identity) -> None:
        """Has it ring at the next one; raises as `accept` does."""
        self._lock_at(pk, by).move_on("declined")

    @event_log.verb
    def cancel(self, pk: int, by: identities.Identity) -> None:
        """Gives up the call that this person makes; raises DoesNotExist. One that is over stays what it is."""
        Switchboard.objects.lock()
        call = self.of(by).filter(pk=pk).first()
        if call is None:
            raise self.model.DoesNotExist("Call not found")
        if call.ended_at is None:
            call.cancel()

    def _lock_at(self, pk: int, agent: identities.Identity) -> "ShopCall":
        Switchboard.objects.lock()
        call = self.at(agent).filter(pk=pk).select_related("match").first()
        if call is None:
            raise errors.RequestRefused("gone", "This call does not ring here any more")
        return call

    # --- what happens without them

    def keep_for_grace(self, pk: str) -> None:
        """Keeps the call of someone whose page is lost, because they may come back."""
        self.going().filter(pk=pk).update(kept_until=after(settings.CALL_GRACE_SECONDS, Now()))

    def restore(self, pk: str) -> None:
        self.filter(pk=pk, kept_until__isnull=False).update(kept_until=None)

    def expect_agents(self, keys: Iterable[str]) -> None:
        """Lets it ring only a little longer at those of these who have no page any more, for they may come back."""
        gone = {identities.user_id_of(key) for key in keys} - on_duty()
        soon = after(min(settings.CALL_GRACE_SECONDS, settings.SHOP_CALL_RING_SECONDS), Now())
        self.going().filter(agent__in=gone, rings_until__gt=soon).update(rings_until=soon)

    def ring_again(self, keys: Iterable[str]) -> None:
        """Lets it ring for the full time at those who have come back."""
        here = {identities.user_id_of(key) for key in keys}
        self.going().filter(agent__in=here).update(rings_until=after(settings.SHOP_CALL_RING_SECONDS, Now()))

    def ring_on(self) -> int:
        """Has the calls that nobody has taken in time ring at the next one; returns how many."""
        due = list(self.going().filter(rings_until__lte=Now())[:CHUNK])
        return sum(call.time_out() for call in due)

    def release(self) -> int:
        """Cancels the calls of those who have not come back in time; returns how many."""
        gone = list(self.going().filter(kept_until__lte=Now())[:CHUNK])
        return sum(call.release() for call in gone)

    def forget(self, age: timedelta) -> int:
        """Deletes the calls that ended longer ago than `age`, with their rooms; returns how many rows."""
        old = self.filter(ended_at__lt=Now() - age)
        rooms = [broadcasts.shop_call_room(pk) for pk in old.values_list("pk", flat=True)]
        Room.objects.filter(key__in=rooms).delete()
        return database.delete(old)

    def erase(self, identity: str) -> int:
        """Forgets who made the calls of this person that are over; returns how many those are."""
        return self.filter(caller=identity, ended_at__isnull=False).update(caller="", name="", handle="", user=None)
