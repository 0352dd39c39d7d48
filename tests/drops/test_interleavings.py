"""Whatever comes in whatever order: never oversold, in the order of the line, and nobody above their limit."""

import contextlib
import secrets
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from accounts import identity as identities
from drops.models import Claim, Drop, State, Status
from drops.models.deciding import Wish, ask
from realtime import event_log
from realtime.errors import RequestRefused
from streams.models import Stream
from tests import factories
from tests.drops.dropping import announce, check, pass_time

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]

PEOPLE = 6
people = st.integers(0, PEOPLE - 1)
some = st.integers(1, 3)


class Gone(Exception):
    """A process is killed before its transaction commits."""


@event_log.verb
def at_once(drop: Drop, wishes: list[tuple[identities.Identity, int, str]], killed: bool) -> list[Wish]:
    """Decides on the wishes of one moment together, as the writer does; a kill takes all of them back."""
    made = [ask(drop.stream_id, drop.pk, by, pieces, op) for by, pieces, op in wishes]
    if killed:
        raise Gone
    return made


class AnyInterleaving(RuleBasedStateMachine):
    """A shop with a drop; the model beside it is only what people have been told."""

    def __init__(self) -> None:
        super().__init__()
        self.atomic = transaction.atomic()
        self.atomic.__enter__()
        self.ops: dict[tuple[int, str], Any] = {}

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.atomic.__exit__(None, None, None)

    @initialize(
        quantity=st.integers(1, 4), stock=st.integers(4, 6), per_person=some, open_seconds=st.sampled_from([0, 90])
    )
    def begin(self, quantity: int, stock: int, per_person: int, open_seconds: int) -> None:
        creator = factories.user("creator")
        self.stream: Stream = factories.stream(creator, "live")
        self.product = factories.product(creator, stock=stock)
        factories.listing(self.stream, self.product)
        self.people = [factories.identity(factories.user()) for _ in range(PEOPLE)]
        self.drop = announce(
            self.stream, self.product, quantity=quantity, per_person=per_person, open_seconds=open_seconds
        )

    def claims(self, *states: str) -> list[Claim]:
        found = Claim.objects.filter(drop=self.drop).order_by("number")
        return list(found.filter(state__in=states) if states else found)

    @rule(wishes=st.lists(st.tuples(people, some), min_size=1, max_size=6), killed=st.booleans())
    def claim(self, wishes: list[tuple[int, int]], killed: bool) -> None:
        named = [(who, pieces, secrets.token_hex(4)) for who, pieces in wishes]
        said = [(self.people[who], pieces, op) for who, pieces, op in named]
        try:
            made = at_once(self.drop, said, killed)
        except Gone:
            return
        for (who, _, op), wish in zip(named, made, strict=True):
            if wish.error is None:
                self.ops[who, op] = wish.settled().pk

    @precondition(lambda self: self.ops)
    @rule(data=st.data())
    def say_again(self, data: st.DataObject) -> None:
        (who, op), known = data.draw(st.sampled_from(list(self.ops.items())))
        (wish,) = at_once(self.drop, [(self.people[who], 1, op)], False)
        assert wish.settled().pk == known

    @rule(seconds=st.sampled_from([20, 61]))
    def let_time_pass(self, seconds: int) -> None:
        pass_time(self.drop, seconds)
        Drop.objects.do_what_is_due()
        assert not Drop.objects.due().filter(pk=self.drop.pk).exists()

    @rule(data=st.data(), verb=st.sampled_from(["give_back", "pass_on", "begin_checkout", "extend"]))
    def change(self, data: st.DataObject, verb: str) -> None:
        if found := self.claims(State.HELD, State.WAITING):
            with contextlib.suppress(ValidationError):
                getattr(data.draw(st.sampled_from(found)), verb)()

    @rule(data=st.data(), pieces=some)
    def pay(self, data: st.DataObject, pieces: int) -> None:
        if found := [claim for claim in self.claims() if claim.state not in (State.WAITING, State.REFUSED)]:
            claim = data.draw(st.sampled_from(found))
            claim.settle(pieces, f"order-{claim.number}")

    @rule(data=st.data(), verb=st.sampled_from(["honour", "refuse", "refund"]))
    def decide(self, data: st.DataObject, verb: str) -> None:
        if found := self.claims(State.LATE):
            getattr(data.draw(st.sampled_from(found)), verb)()

    @rule(data=st.data())
    def refund(self, data: st.DataObject) -> None:
        if found := self.claims(State.PAID):
            data.draw(st.sampled_from(found)).refund()

    @rule(stock=st.integers(0, 6))
    def restock(self, stock: int) -> None:
        self.product.revise(stock=stock)

    @rule(verb=st.sampled_from(["add_pieces", "extend", "close", "undo"]))
    def run_it(self, verb: str) -> None:
        given = {"add_pieces": [1], "extend": [30]}.get(verb, [])
        with contextlib.suppress(ValidationError, RequestRefused):
            getattr(self.drop, verb)(*given)

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "drop"):
            return
        check(self.drop)
        waiting = self.claims(State.WAITING)
        # Whoever was given a piece after waiting stood before all who wait still.
        promoted = [claim.line for claim in self.claims() if claim.promoted_at is not None and claim.line]
        assert not waiting or all(line < (waiting[0].line or 0) for line in promoted)
        assert self.drop.status in (Status.OPEN, Status.SOLD_OUT) or not waiting


def test_any_interleaving() -> None:
    how = settings(max_examples=40, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(AnyInterleaving, settings=how)
