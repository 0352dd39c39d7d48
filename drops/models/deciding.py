"""The claims of one moment, which are decided together: under one lock, with as few statements as possible."""

import uuid
from collections import defaultdict
from collections.abc import Iterable

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models

from accounts import identity as identities
from drops.bounds import MAX_WAITING
from drops.models.claim import Claim
from drops.models.drop import Drop
from drops.models.ledger import Ledger
from drops.models.states import LIVE, Door, Mode, Status
from realtime import errors, event_log
from streams.models import Stream

KNOWN = "Reload this page or log in, so that you are known again, and claim then"


class Wish:
    """What one person asks of one drop, and what becomes of it when the transaction is over."""

    def __init__(self, drop_id: uuid.UUID, by: identities.Identity, pieces: int, op: str, door: str) -> None:
        self.drop_id, self.by, self.pieces, self.op, self.door = drop_id, by, pieces, op, door
        self.claim: Claim | None = None
        self.error: Exception | None = None

    def settled(self) -> Claim:
        """The claim; raises why there is none."""
        if self.error is not None:
            raise self.error
        assert self.claim is not None
        return self.claim


@event_log.verb
def ask(
    stream_id: uuid.UUID,
    drop_id: uuid.UUID,
    by: identities.Identity,
    pieces: int = 1,
    op: str | None = None,
    door: str = Door.BUTTON,
) -> Wish:
    """Claims pieces of a drop, best by `database.submit`: `Wish.settled()` says after the commit what came of it.

    The same `op` of the same person, sent again, has the first claim again. Raises PermissionDenied for those who are
    banned, and for guests who brought nothing by which they are known again. `Wish.settled()` raises DoesNotExist,
    ValidationError, and RequestRefused with the code `limit`, `sold_out` or `not_open`.
    """
    stream = Stream.objects.cached(stream_id)
    if door != Door.STAFF:
        stream.check_admits(by)
        if by.is_new and by.is_guest:
            raise PermissionDenied(KNOWN)
    wish = Wish(drop_id, by, pieces, op or "", door)
    event_log.collect(ask, lambda: defaultdict[uuid.UUID, list[Wish]](list), decide)[stream.pk].append(wish)
    return wish


def decide(wishes: dict[uuid.UUID, list[Wish]]) -> None:
    """Decides on all wishes in the order in which they came; drops are locked in the order of their keys."""
    wanted = {wish.drop_id for each in wishes.values() for wish in each}
    drops = {drop.pk: drop for drop in Drop.objects.locked(pk__in=wanted, stream__in=wishes.keys())}
    for pk in sorted(drops):
        drop = drops[pk]
        mine = [wish for wish in wishes[drop.stream_id] if wish.drop_id == pk]
        ledger = Ledger.of(drop)
        ledger.look()
        known = Known(ledger, mine)
        for wish in mine:
            try:
                wish.claim = known.grant(wish)
            except (ValidationError, errors.RequestRefused) as error:
                wish.error = error
        for made in ledger.made:
            event_log.insert(made)
        ledger.save()
    for wish in (wish for each in wishes.values() for wish in each):
        if wish.claim is None and wish.error is None:
            wish.error = Drop.DoesNotExist("Drop not found")


class Known:
    """What those who ask have claimed of one drop before."""

    def __init__(self, ledger: Ledger, wishes: Iterable[Wish]) -> None:
        self.ledger = ledger
        self.number = ledger.drop.claimed
        keys = {key for wish in wishes for key in wish.by.proven}
        found = ledger.drop.claims.filter(models.Q(owner__in=keys) | models.Q(visitor__in=keys))
        self.claims: dict[str, list[Claim]] = defaultdict(list)
        for claim in found:
            self._enter(ledger.changed.get(claim.pk, claim))
        self.by_address: dict[str, int] = defaultdict(int)
        addresses = {wish.by.address_hash for wish in wishes if wish.by.is_guest and wish.by.address_hash}
        if addresses and settings.QUOTAS["guest-claims"]:
            guests = ledger.drop.claims.filter(address__in=addresses, user=None, state__in=LIVE)
            self.by_address.update(guests.order_by().values_list("address").annotate(models.Count("pk")))

    def _enter(self, claim: Claim) -> None:
        for key in {claim.owner, claim.visitor} - {""}:
            self.claims[key].append(claim)

    def grant(self, wish: Wish) -> Claim:
        """Gives a wish pieces, or a place in the line."""
        mine = {claim.pk: claim for key in wish.by.proven for claim in self.claims[key]}.values()
        first = next((each for each in mine if wish.op and (each.op, each.owner) == (wish.op, wish.by.address)), None)
        if first is not None:
            return first
        self._check(wish, sum(each.pieces or each.wanted for each in mine if each.state in LIVE))
        self.number += 1
        self.ledger.drop.claimed = self.number
        claim = Claim(
            drop=self.ledger.drop,
            owner=wish.by.address,
            visitor=identities.visitor_key(wish.by.visitor) if wish.by.visitor else "",
            user=wish.by.user if wish.by.verified else None,
            name=wish.by.name,
            address=wish.by.address_hash,
            op=wish.op,
            door=wish.door,
            number=self.number,
            wanted=wish.pieces,
            created_at=self.ledger.now,
        )
        if self.ledger.free > 0:
            self.ledger.hold(claim)
        else:
            self.ledger.wait(claim)
        self.ledger.made.append(claim)
        self._enter(claim)
        if wish.by.is_guest:
            self.by_address[wish.by.address_hash] += 1
        return claim

    def _check(self, wish: Wish, has: int) -> None:
        drop, ledger = self.ledger.drop, self.ledger
        if drop.status == Status.ANNOUNCED:
            raise errors.RequestRefused("not_open", "This drop is not open yet")
        if not ledger.takes_claims:
            raise errors.RequestRefused("not_open", "This drop is over")
        if wish.pieces < 1:
            raise ValidationError("Claim at least one piece")
        if has + wish.pieces > drop.per_person:
            raise errors.RequestRefused("limit", f"At most {drop.per_person} for each person", has=has)
        if self._is_network_used_up(wish):
            raise errors.RequestRefused("limit", "Your network has claimed as much as guests may. Log in to claim")
        if ledger.free <= 0 and (drop.mode == Mode.PAID or drop.waiting >= MAX_WAITING):
            raise errors.RequestRefused("sold_out", "All pieces are taken", left=0)

    def _is_network_used_up(self, wish: Wish) -> bool:
        """Whether the guests of the same address have claimed as much as they may together."""
        most = settings.QUOTAS["guest-claims"]
        if not most or not wish.by.is_guest or not wish.by.address_hash or wish.door == Door.STAFF:
            return False
        return self.by_address[wish.by.address_hash] >= most
