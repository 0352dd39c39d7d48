"""What may happen to a drop, and to those who claim its pieces."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction

from accounts import identity as identities
from accounts.models import User
from drops import tasks
from drops.models import Drop, State, Status
from drops.models.states import Door
from realtime.errors import RequestRefused
from shopping.models import Product
from streams.models import Stream
from tests import factories
from tests.drops.dropping import announce, ask, check, pass_time, states

pytestmark = [pytest.mark.django_db, pytest.mark.everywhere]


def test_who_is_first_holds_a_piece_and_the_next_one_waits(live: Stream, product: Product) -> None:
    drop = announce(live, product)
    claims = [ask(drop) for _ in range(4)]
    assert [(claim.state, claim.pieces, claim.place_in_line()) for claim in claims] == [
        ("held", 1, 0),
        ("held", 1, 0),
        ("waiting", 0, 1),
        ("waiting", 0, 2),
    ]
    check(drop)
    assert drop.status == Status.SOLD_OUT
    assert drop.sold_out_at is not None


def test_a_hold_that_ends_goes_to_the_next_in_line(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    for _ in range(3):
        ask(drop)
    pass_time(drop, 61)
    assert Drop.objects.do_what_is_due() == 1
    assert states(drop) == ["expired", "held", "waiting"]
    check(drop)


def test_each_look_ends_what_is_over(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    ask(drop)
    pass_time(drop, 61)
    assert ask(drop).state == State.HELD
    assert states(drop) == ["expired", "held"]


def test_somebody_gives_back_and_somebody_is_passed_over(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    first, second, third = ask(drop), ask(drop), ask(drop)
    first.give_back()
    second.refresh_from_db()
    assert second.state == State.HELD
    second.pass_on()
    assert states(drop) == ["returned", "passed", "held"]
    third.refresh_from_db()
    third.give_back()
    check(drop)
    assert (drop.status, drop.left) == (Status.OPEN, 1)


def test_the_same_op_is_one_claim(live: Stream, product: Product) -> None:
    drop, me = announce(live, product), factories.identity()
    assert ask(drop, me, op="a").pk == ask(drop, me, op="a").pk
    assert len(states(drop)) == 1


def test_a_person_has_at_most_so_many_by_whichever_door(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=5, per_person=2)
    guest = factories.identity()
    logged_in = identities.Identity(factories.user(), guest.visitor)
    ask(drop, guest)
    ask(drop, logged_in, door=Door.CHAT)
    with pytest.raises(RequestRefused, match="At most 2 for each person"):
        ask(drop, guest)
    with pytest.raises(RequestRefused, match="At most 2 for each person"):
        ask(drop, factories.identity(), pieces=3)
    check(drop)


def test_more_than_is_left_gets_what_is_left(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=3, per_person=2)
    ask(drop, pieces=2)
    claim = ask(drop, pieces=2)
    assert (claim.state, claim.pieces, claim.wanted) == (State.HELD, 1, 2)


def test_guests_of_one_address_claim_only_so_much(live: Stream, product: Product, settings: Any) -> None:
    settings.QUOTAS = settings.QUOTAS | {"guest-claims": 2}
    drop = announce(live, product, quantity=5)

    def guest() -> identities.Identity:
        return identities.Identity(None, identities.new_visitor()[0], address_hash="a" * 16)

    ask(drop, guest())
    ask(drop, guest())
    with pytest.raises(RequestRefused, match="Your network"):
        ask(drop, guest())
    ask(drop, identities.Identity(factories.user(), guest().visitor, address_hash="a" * 16))


def test_a_guest_who_will_not_be_known_again_cannot_claim(live: Stream, product: Product) -> None:
    drop = announce(live, product)
    with pytest.raises(PermissionDenied, match="known again"):
        ask(drop, identities.Identity(None, identities.new_visitor()[0], is_new=True))


def test_it_opens_and_closes_by_its_clocks(live: Stream, product: Product) -> None:
    drop = announce(live, product, opened=False, opens_in=30, open_seconds=60)
    with pytest.raises(RequestRefused, match="not open yet"):
        ask(drop)
    pass_time(drop, 31)
    ask(drop)
    pass_time(drop, 61)
    with pytest.raises(RequestRefused, match="over"):
        ask(drop)
    Drop.objects.do_what_is_due()
    drop.refresh_from_db()
    assert (drop.status, drop.outcome) == (Status.CLOSED, "over")


def test_who_waits_still_gets_a_piece_after_the_time_of_a_drop_that_sold_out(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1, open_seconds=20)
    ask(drop)
    ask(drop)
    pass_time(drop, 61)
    Drop.objects.do_what_is_due()
    assert states(drop) == ["expired", "held"]
    pass_time(drop, 61)
    Drop.objects.do_what_is_due()
    drop.refresh_from_db()
    assert (drop.status, drop.outcome, states(drop)) == (Status.CLOSED, "over", ["expired", "expired"])


def test_more_pieces_go_to_those_who_wait_first(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    for _ in range(3):
        ask(drop)
    drop.add_pieces(1)
    assert states(drop) == ["held", "held", "waiting"]
    with pytest.raises(ValidationError, match="Only 10 left"):
        drop.add_pieces(9)
    check(drop)


def test_a_closed_drop_keeps_its_holds_and_ends_its_line(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    first = ask(drop)
    ask(drop)
    drop.close()
    assert states(drop) == ["held", "lost"]
    first.settle(1, "order-1")
    check(drop)
    assert drop.paid == 1


def test_a_wrong_one_is_undone_but_not_once_it_was_paid_for(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    ask(drop)
    ask(drop)
    drop.undo()
    assert (states(drop), drop.outcome) == (["cancelled", "lost"], "undone")
    check(drop)
    other = announce(live, product, quantity=1)
    ask(other).settle(1, "order-1")
    with pytest.raises(ValidationError, match="close the drop instead"):
        other.undo()


def test_a_purchase_settles_a_hold_and_a_refund_frees_it(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=3, per_person=3)
    claim, next_one = ask(drop, pieces=3), ask(drop)
    claim.settle(2, "order-1")
    claim.settle(2, "order-1")
    assert (claim.state, claim.pieces) == (State.PAID, 2)
    next_one.refresh_from_db()
    assert next_one.state == State.HELD
    check(drop)
    claim.refund()
    check(drop)
    assert (drop.paid, drop.left, claim.state) == (0, 2, State.REFUNDED)


def test_all_paid_closes_it_and_the_line_is_told(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    first = ask(drop)
    ask(drop)
    first.settle(1, "order-1")
    drop.refresh_from_db()
    assert (drop.status, drop.outcome, states(drop)) == (Status.CLOSED, "sold_out", ["paid", "lost"])


def test_paid_after_its_time_waits_for_staff_who_have_two_choices(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    first, second = ask(drop), ask(drop)
    pass_time(drop, 61)
    first.settle(1, "order-1")
    second.refresh_from_db()
    assert (first.state, second.state) == (State.LATE, State.HELD)
    first.honour()
    check(drop)
    assert (first.state, drop.quantity, drop.paid, drop.held) == (State.PAID, 2, 1, 1)
    pass_time(drop, 61)
    second.settle(1, "order-2")
    second.refuse()
    check(drop)
    assert second.state == State.REFUSED
    with pytest.raises(ValidationError, match="not paid for after"):
        second.honour()


def test_the_shop_has_fewer_pieces_and_the_last_in_line_are_told(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=4)
    claims = [ask(drop) for _ in range(3)]
    product.revise(stock=3)
    check(drop)
    assert (drop.quantity, drop.status, drop.left) == (3, Status.SOLD_OUT, 0)
    claims[2].begin_checkout()  # The shop may have taken this one out of its stock.
    product.revise(stock=1)
    check(drop)
    assert (states(drop), drop.outcome) == (["held", "cancelled", "held"], "stock")
    assert factories.told(live.room_key)[-1]["fact"] in ("drop-closed", "claim-told", "product-revised")


def test_a_product_that_is_withdrawn_ends_its_drop(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    ask(drop)
    product.remove()
    drop.refresh_from_db()
    assert (drop.outcome, states(drop), drop.product_id) == ("stock", ["cancelled"], None)


def test_what_an_earlier_drop_still_holds_is_not_dropped_again(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=10)
    ask(drop)
    drop.close()
    with pytest.raises(ValidationError, match="Only 9 left"):
        announce(live, product, quantity=10)
    announce(live, product, quantity=9)
    with pytest.raises(ValidationError, match="a drop of this product already"):
        announce(live, product, quantity=1)


def test_the_database_itself_refuses_to_oversell(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Drop.objects.filter(pk=drop.pk).update(held=1, paid=1)


def test_a_drop_ends_with_its_show(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1)
    ask(drop)
    live.end()
    drop.refresh_from_db()
    assert (drop.outcome, states(drop)) == ("ended", ["held"])


def test_a_hold_is_extended_as_often_as_the_drop_allows(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1, extensions=1)
    claim = ask(drop)
    pass_time(drop, 50)
    claim.extend()
    pass_time(drop, 50)
    Drop.objects.do_what_is_due()
    assert states(drop) == ["held"]
    with pytest.raises(ValidationError, match="cannot be extended again"):
        claim.extend()


def test_first_paid_knows_no_line(live: Stream, product: Product) -> None:
    drop = announce(live, product, quantity=1, mode="paid")
    ask(drop)
    with pytest.raises(RequestRefused, match="All pieces are taken"):
        ask(drop)


def test_a_price_of_its_own_and_a_form(live: Stream, creator: User) -> None:
    shirt = factories.product(
        creator,
        variants=[{"options": [("Size", "M")], "stock": 2}, {"options": [("Size", "L")], "price": Decimal("12")}],
    )
    factories.listing(live, shirt)
    medium, large = shirt.forms
    with pytest.raises(ValidationError, match="Choose a variant"):
        announce(live, shirt)
    drop = announce(live, shirt, variant_id=medium.pk, price=Decimal("5.00"))
    assert (str(drop), drop.price_minor) == ("Mug, M", 500)
    assert announce(live, shirt, variant_id=large.pk).price_minor == 1200
    with pytest.raises(ValidationError, match="Only 2 left"):
        drop.add_pieces(1)


def test_all_variants_of_a_product_are_withdrawn_at_once(live: Stream, creator: User) -> None:
    forms = [{"options": [("Size", size)], "stock": 2} for size in "ML"]
    shirt = factories.product(creator, variants=forms)
    factories.listing(live, shirt)
    drops = [announce(live, shirt, variant_id=variant.pk) for variant in shirt.forms]
    ask(drops[0])
    shirt.revise(variants=[])
    for drop in drops:
        check(drop)
        assert (drop.outcome, drop.held, drop.variant_id) == ("stock", 0, None)


@pytest.mark.parametrize(
    "rules",
    [
        {"quantity": 0},
        {"quantity": 10**7},
        {"hold_seconds": 5},
        {"open_seconds": 5},
        {"per_person": 0},
        {"keyword": "two words"},
        {"mode": "x"},
        {"extensions": 11},
    ],
    ids=str,
)
def test_rules_have_bounds(live: Stream, creator: User, rules: dict[str, Any]) -> None:
    product = factories.product(creator)
    factories.listing(live, product)
    with pytest.raises(ValidationError):
        announce(live, product, **rules)


def test_the_next_in_line_is_mailed_when_away(live: Stream, product: Product, commits: Any) -> None:
    drop = announce(live, product, quantity=1)
    first, user = ask(drop), factories.user()
    ask(drop, factories.identity(user))
    first.give_back()
    with commits():
        tasks.do_what_is_due()
        tasks.do_what_is_due()
    (sent,) = mail.outbox
    assert (sent.to, sent.subject) == ([user.email], "It is your turn: Mug")


def test_a_claim_is_told_to_whoever_made_it_alone(live: Stream, product: Product) -> None:
    drop, me = announce(live, product, quantity=1), factories.identity()
    ask(drop, me)
    told = factories.told(live.room_key)
    assert [fact["fact"] for fact in told][-4:] == ["drop-told", "drop-told", "claim-told", "drop-turned"]
    assert told[-2]["claim"]["state"] == "held"


def test_a_moment_that_comes_soon_is_known(live: Stream, product: Product) -> None:
    announce(live, product, opened=False, opens_in=30)
    assert 25 < (tasks.seconds_until_next() or 0) <= 30
    assert timedelta(seconds=30) < tasks.AHEAD
