"""Who has claimed a piece of a drop, or waits for one."""

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Self

from django.conf import settings
from django.core import signing
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Now
from django.utils.crypto import constant_time_compare

from accounts import identity as identities
from drops.models.ledger import Ledger
from drops.models.states import GONE, LIVE, Door, State
from realtime import event_log
from realtime.models import Presence
from rest.addresses import HASH_LENGTH
from streams.broadcasts import room_key

if TYPE_CHECKING:
    from drops.models.drop import Drop

MAX_ORDER = 100  # characters of an order's id
ADDRESSES_KEPT = timedelta(days=1)  # after a drop was closed
CHUNK = 200  # claims that a periodic task takes care of at a time


_signer = signing.Signer(salt="drops.checkout")


class ClaimQuerySet(models.QuerySet["Claim"]):
    def of(self, identity: identities.Identity) -> Self:
        """Selects what this person has claimed, by whichever of their doors."""
        return self.filter(models.Q(owner__in=identity.proven) | models.Q(visitor__in=identity.proven))

    def live(self) -> Self:
        return self.filter(state__in=LIVE)

    def find(self, stream_id: uuid.UUID, pk: uuid.UUID) -> "Claim":
        claim = self.filter(pk=pk, drop__stream=stream_id).select_related("drop").first()
        if claim is None:
            raise Claim.DoesNotExist("Claim not found")
        return claim

    def find_own(self, stream_id: uuid.UUID, pk: uuid.UUID, identity: identities.Identity) -> "Claim":
        """What somebody else has claimed does not exist for this person."""
        claim = self.find(stream_id, pk)
        if not claim.is_of(identity):
            raise Claim.DoesNotExist("Claim not found")
        return claim

    def with_places(self) -> Self:
        """Reads along how many of each one's line are before it, itself included."""
        before = (
            Claim.objects.filter(drop=models.OuterRef("drop"), state=State.WAITING, line__lte=models.OuterRef("line"))
            .order_by()
            .values("drop")
            .annotate(n=models.Count("pk"))
            .values("n")
        )
        return self.annotate(counted_place=models.Subquery(before))

    @event_log.verb
    def take_for_mail(self) -> list[uuid.UUID]:
        """Those whose turn has come while they were away from the show, each once: for one caller alone."""
        due = self.filter(state=State.HELD, promoted_at__isnull=False, mailed_at__isnull=True, user__isnull=False)
        taken = list(due.select_related("drop").select_for_update(no_key=True, skip_locked=True, of=("self",))[:CHUNK])
        if not taken:
            return []
        self.filter(pk__in=[claim.pk for claim in taken]).update(mailed_at=Now())
        here = Presence.objects.live().filter(
            room__in={room_key(claim.drop.stream_id) for claim in taken}, identity__in={claim.owner for claim in taken}
        )
        present = set(here.values_list("room", "identity"))
        return [claim.pk for claim in taken if (room_key(claim.drop.stream_id), claim.owner) not in present]

    def forget_addresses(self) -> int:
        """Forgets from where people claimed, a day after their drop was closed; returns of how many claims."""
        return self.filter(drop__closed_at__lt=Now() - ADDRESSES_KEPT).exclude(address="").update(address="")

    def erase(self, identity: str) -> int:
        """Forgets whose claims these were that are settled; returns how many."""
        settled = self.filter(models.Q(owner=identity) | models.Q(visitor=identity)).exclude(
            state__in=[State.HELD, State.WAITING]
        )
        return settled.update(owner="", visitor="", name="", address="", user=None, op="")


class Claim(models.Model):
    """One person's claim to pieces of a drop. All that changes it locks the drop first."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    drop = models.ForeignKey("drops.Drop", models.CASCADE, related_name="claims", db_index=False)
    owner = models.CharField(max_length=80, blank=True, help_text="user:<id> or visitor:<id>")
    visitor = models.CharField(max_length=80, blank=True, default="", help_text="the guest of the same browser")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=150, blank=True)
    address = models.CharField(max_length=HASH_LENGTH, default="", blank=True, editable=False, help_text="its hash")
    op = models.CharField(max_length=64, default="", blank=True)
    door = models.CharField(max_length=6, choices=Door.choices, default=Door.BUTTON)
    number = models.PositiveIntegerField(help_text="which claim of the drop it is")
    line = models.PositiveIntegerField(null=True, blank=True, help_text="its number among those that have waited")
    wanted = models.PositiveIntegerField(help_text="pieces")
    pieces = models.PositiveIntegerField(default=0, help_text="that it has, or has paid for")
    state = models.CharField(max_length=9, choices=State.choices)
    held_until = models.DateTimeField(null=True, blank=True)
    extended = models.PositiveSmallIntegerField(default=0, help_text="times")
    created_at = models.DateTimeField()
    promoted_at = models.DateTimeField(null=True, blank=True, help_text="when its turn came")
    mailed_at = models.DateTimeField(null=True, blank=True)
    checkout_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    order_id = models.CharField(max_length=MAX_ORDER, blank=True, default="")

    objects = ClaimQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["drop", "state", "line"]),
            models.Index(fields=["drop", "owner"]),
            models.Index(fields=["drop", "visitor"]),
            models.Index(fields=["state", "held_until"]),
            models.Index(fields=["order_id"], condition=~models.Q(order_id=""), name="claim_order"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["drop", "number"], name="claim_number"),
            models.UniqueConstraint(fields=["drop", "line"], name="claim_line"),
            models.UniqueConstraint(fields=["drop", "owner", "op"], condition=~models.Q(op=""), name="claim_op"),
            models.CheckConstraint(condition=models.Q(state__in=State.values), name="claim_state"),
            models.CheckConstraint(
                condition=models.Q(wanted__gte=1, pieces__lte=models.F("wanted")), name="claim_pieces"
            ),
            models.CheckConstraint(
                condition=models.Q(state=State.HELD, held_until__isnull=False, pieces__gte=1)
                | (~models.Q(state=State.HELD) & models.Q(held_until__isnull=True)),
                name="claim_held_until",
            ),
        ]

    place: int = 0  # in the line, where whoever has made this object knows it

    def __str__(self) -> str:
        return f"{self.name or 'Somebody'}, {self.wanted}"

    def is_of(self, identity: identities.Identity) -> bool:
        return bool({self.owner, self.visitor} & identity.proven)

    @property
    def checkout_path(self) -> str:
        """Where its pieces are paid for. It is signed: pages of other origins open it where their guest is unknown."""
        return f"/drops/{self.pk}/checkout/?key={_signer.signature(str(self.pk))}"

    def is_opened_by(self, key: str) -> bool:
        """Whether a key is the one in the address that whoever has the claim was told."""
        return constant_time_compare(key, _signer.signature(str(self.pk)))

    @property
    def is_over(self) -> bool:
        return self.state in GONE

    def place_in_line(self) -> int:
        """1 for the first; 0 for one that does not wait."""
        if self.state != State.WAITING:
            return 0
        known = self.place or getattr(self, "counted_place", None)
        if known is None:
            known = Claim.objects.filter(drop=self.drop_id, state=State.WAITING, line__lte=self.line).count()
        return int(known)

    # --- verbs; each locks the drop, and does first what is due

    @event_log.verb
    def give_back(self) -> None:
        """Gives the pieces back, or the place in the line. One that is over stays what it is."""
        self._let_go(State.RETURNED)

    @event_log.verb
    def pass_on(self) -> None:
        """Takes the pieces, or the place, from whoever has them: the next in line is given them."""
        self._let_go(State.PASSED)

    def _let_go(self, state: str) -> None:
        ledger, claim = self._open()
        if claim.state in (State.HELD, State.WAITING):
            ledger.let_go(claim, state)
        elif not claim.is_over:
            raise ValidationError("This claim is settled", params={"state": claim.state})
        self._save(ledger, claim)

    @event_log.verb
    def extend(self) -> None:
        """Starts the clock of a hold anew, as often as the drop allows."""
        ledger, claim = self._open()
        if claim.state != State.HELD:
            raise ValidationError("This hold is over", params={"state": claim.state})
        if claim.extended >= claim.drop.extensions:
            raise ValidationError("This hold cannot be extended again")
        claim.extended += 1
        ledger.prolong(claim)
        self._save(ledger, claim)

    @event_log.verb
    def begin_checkout(self) -> None:
        """Somebody goes to pay for what they hold; raises ValidationError once that is over."""
        ledger, claim = self._open()
        if claim.state != State.HELD:
            self._save(ledger, claim)
            return
        claim.checkout_at = claim.checkout_at or ledger.now
        ledger.note(claim)
        self._save(ledger, claim)

    @event_log.verb
    def settle(self, pieces: int, order_id: str) -> None:
        """The shop says that so many pieces were paid for. The same order, said again, changes nothing.

        After the time of the hold the claim goes on the list for staff.
        """
        ledger, claim = self._open()
        if claim.order_id or claim.state in (State.PAID, State.REFUNDED):
            pass
        elif claim.state == State.HELD:
            ledger.pay(claim, max(pieces, 1), order_id)
        else:
            ledger.note_late(claim, pieces, order_id)
        self._save(ledger, claim)

    @event_log.verb
    def refund(self) -> None:
        """The shop has paid all of it back: the pieces are free again."""
        ledger, claim = self._open()
        if claim.state == State.PAID:
            ledger.refund(claim)
        elif claim.state == State.LATE:
            ledger.let_go(claim, State.REFUSED)
        self._save(ledger, claim)

    @event_log.verb
    def honour(self) -> None:
        """Gives the pieces to whoever paid for them too late."""
        ledger, claim = self._open_late()
        ledger.honour(claim)
        self._save(ledger, claim)

    @event_log.verb
    def refuse(self) -> None:
        """Has whoever paid too late paid back: the shop does that."""
        ledger, claim = self._open_late()
        ledger.let_go(claim, State.REFUSED)
        self._save(ledger, claim)

    def _open_late(self) -> "tuple[Ledger, Claim]":
        ledger, claim = self._open()
        if claim.state != State.LATE:
            raise ValidationError("This claim was not paid for after its time", params={"state": claim.state})
        return ledger, claim

    def _open(self) -> "tuple[Ledger, Claim]":
        """The locked drop's book, and this claim as it stands now."""
        drop: Drop = type(self.drop).objects.lock(self.drop_id)
        ledger = Ledger.of(drop)
        ledger.look()
        claim = ledger.changed.get(self.pk) or Claim.objects.get(pk=self.pk)
        claim.drop = drop
        return ledger, claim

    def _save(self, ledger: Ledger, claim: "Claim") -> None:
        ledger.save()
        fields: dict[str, Any] = {field.attname: getattr(claim, field.attname) for field in self._meta.concrete_fields}
        for name, value in fields.items():
            setattr(self, name, value)
        self.drop, self.place = claim.drop, 0
