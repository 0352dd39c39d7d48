"""How long a session lives, who has a place in it, and who leads it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts import identity as identities
from realtime.models import Presence, Room, RoomEvent
from shopping import nanoid
from shopping.models import CartLine, Newcomer, Participant, Product, ShoppingSession
from shopping.models import session as sessions
from shopping.rooms import ShoppingRoom, state_of
from tests import factories

pytestmark = pytest.mark.django_db


def newcomer(name: str = "Ann", of: identities.Identity | None = None, connection: str = "") -> Newcomer:
    return Newcomer(of or factories.identity(), connection or nanoid.new(32), nanoid.new(16), name)


def opened(*names: str) -> list[Participant]:
    """The places of a new session; the first one's is the creator's."""
    first = ShoppingSession.objects.open(newcomer(names[0]))
    return [first, *(ShoppingSession.objects.join(first.session_id, newcomer(name)) for name in names[1:])]


def of(seat: Participant) -> ShoppingSession:
    return ShoppingSession.objects.select_related("host").get(pk=seat.session_id)


def names(session: ShoppingSession) -> list[str]:
    return [seat.name for seat in session.participants.listed()]


def facts(seat: Participant) -> list[str]:
    return factories.facts(f"shopping:{seat.session_id}")


def backdate(seat: Participant, **ago: float) -> None:
    ShoppingSession.objects.filter(pk=seat.session_id).update(expires_at=timezone.now() - timedelta(**ago))


# --- its time


def test_a_session_lives_for_half_an_hour() -> None:
    (ann,) = opened("Ann")
    assert timedelta(minutes=29) < of(ann).expires_at - timezone.now() <= timedelta(minutes=30)
    assert ann.session_id.startswith("sess_")
    assert len(ann.session_id) == 15


def test_whatever_happens_in_it_begins_its_time_anew() -> None:
    ann, ben = opened("Ann", "Ben")
    deeds: list[Callable[[], Any]] = [
        lambda: ShoppingSession.objects.join(ann.session_id, newcomer("Cleo")),
        lambda: ann.sync({"eventType": "NAVIGATE"}),
        lambda: ShoppingSession.objects.touch([ann.session_id]),
        lambda: ann.hand_over(ben.user_id),
    ]
    for deed in deeds:
        ShoppingSession.objects.filter(pk=ann.session_id).update(expires_at=timezone.now() + timedelta(minutes=1))
        deed()
        assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_an_empty_session_is_kept_for_a_moment() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.leave()
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)
    of(ben).lose([ben.connection])
    assert timedelta(seconds=5) < of(ann).expires_at - timezone.now() <= timedelta(seconds=30)
    ShoppingSession.objects.join(ann.session_id, newcomer("Cleo"))
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_a_session_whose_time_is_over_is_ended_by_whoever_asks() -> None:
    ann, _ = opened("Ann", "Ben")
    ann.sync({"eventType": "CHAT_MESSAGE", "message": "private"})
    backdate(ann, seconds=1)
    with pytest.raises(ShoppingSession.DoesNotExist, match="Session not found"):
        ShoppingSession.objects.find(ann.session_id)
    assert of(ann).ended_at is not None
    assert facts(ann) == ["party-sent-away"]
    assert not Participant.objects.here().filter(session=ann.session_id).exists()


def test_nothing_brings_an_expired_session_back() -> None:
    ann, _ = opened("Ann", "Ben")
    backdate(ann, seconds=1)
    ShoppingSession.objects.touch([ann.session_id])
    for deed in (lambda: ann.sync({}), lambda: ann.hand_over(ann.user_id)):
        with pytest.raises(Participant.DoesNotExist, match="Not in a session"):
            deed()
    with pytest.raises(ShoppingSession.DoesNotExist):
        ShoppingSession.objects.join(ann.session_id, newcomer())


def test_the_command_ends_what_has_expired_and_forgets_what_is_long_past(capsys: pytest.CaptureFixture[str]) -> None:
    (going,), (expired,), (old,) = opened("Ann"), opened("Ben"), opened("Cleo")
    backdate(expired, seconds=1)
    of(old).end()
    ShoppingSession.objects.filter(pk=old.session_id).update(ended_at=timezone.now() - timedelta(days=31))
    call_command("end_parties")
    assert capsys.readouterr().out == "1 sessions ended, 1 forgotten\n"
    assert of(going).is_on
    assert of(expired).ended_at is not None
    assert not ShoppingSession.objects.filter(pk=old.session_id).exists()
    assert not Room.objects.filter(key=f"shopping:{old.session_id}").exists()


def test_of_an_ended_session_nothing_is_left_of_what_was_said(product: Product) -> None:
    ann, _ = opened("Ann", "Ben")
    ann.sync({"eventType": "CHAT_MESSAGE", "message": "private"})
    CartLine.objects.operate(ann, "1", "add", str(product.pk), 1)
    of(ann).end()
    of(ann).end()
    said = RoomEvent.objects.filter(room__key=f"shopping:{ann.session_id}", redacted=False)
    assert [event.body for event in said] == [
        f'{{"fact":"party-sent-away","session_id":"{ann.session_id}","reason":"ended"}}'
    ]
    assert not of(ann).operations.exists()


# --- its places


def test_a_session_made_over_rest_awaits_its_creator() -> None:
    someone = factories.identity()
    seat = ShoppingSession.objects.open(Newcomer(someone, "", "alice", "Alice"))
    assert names(of(seat)) == ["Alice"]
    friend = ShoppingSession.objects.join(seat.session_id, newcomer("Ben"))
    assert of(seat).host == seat
    came = ShoppingSession.objects.join(seat.session_id, newcomer("", of=someone))
    assert came.pk == seat.pk
    assert names(of(seat)) == ["Ben", "Alice"]
    assert of(seat).host == came != friend


def test_who_is_awaited_for_too_long_does_not_lead() -> None:
    someone = factories.identity()
    seat = ShoppingSession.objects.open(Newcomer(someone, "", "alice", "Alice"))
    ShoppingSession.objects.filter(pk=seat.session_id).update(created_at=timezone.now() - timedelta(minutes=5))
    friend = ShoppingSession.objects.join(seat.session_id, newcomer("Ben"))
    assert names(of(seat)) == ["Ben"]
    assert of(seat).host == friend
    assert ShoppingSession.objects.join(seat.session_id, newcomer("", of=someone)) == of(seat).host


def test_a_creator_who_stays_away_has_no_claim_once_he_has_left_for_good() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.leave()
    assert of(ann).host == of(ann).owner == ben


def test_a_place_whose_connection_never_arrived_is_freed(settings: Any) -> None:
    settings.PARTY_SIZE = 2
    ann, ben = opened("Ann", "Ben")
    long_ago = timezone.now() - timedelta(minutes=1)
    Participant.objects.filter(session=ann.session_id).update(since=long_ago)
    Presence.objects.create(
        room=f"shopping:{ann.session_id}",
        worker="w",
        connection=ann.connection,
        identity=ann.identity,
        role="participant",
    )
    cleo = ShoppingSession.objects.join(ann.session_id, newcomer("Cleo"))
    assert names(of(ann)) == ["Ann", "Cleo"]
    assert facts(ann)[-2:] == ["party-left", "party-joined"]
    with pytest.raises(ValidationError, match="Session is full"):
        ShoppingSession.objects.join(ann.session_id, newcomer("Dan"))
    assert cleo.session_id == ben.session_id


def test_places_of_those_who_have_gone_are_bounded(monkeypatch: pytest.MonkeyPatch, product: Product) -> None:
    monkeypatch.setattr(sessions, "MAX_SEATS", 3)
    ann, ben, cleo = opened("Ann", "Ben", "Cleo")
    CartLine.objects.operate(ben, "1", "add", str(product.pk), 1)
    ben.leave()
    with pytest.raises(ValidationError, match="Session is full"):  # what he added must not go with him
        ShoppingSession.objects.join(ann.session_id, newcomer("Dan"))
    cleo.leave()
    ShoppingSession.objects.join(ann.session_id, newcomer("Dan"))
    assert sorted(of(ann).participants.values_list("name", flat=True)) == ["Ann", "Ben", "Dan"]


def test_a_process_that_was_believed_dead_brings_its_people_back() -> None:
    ann, ben = opened("Ann", "Ben")
    room = ShoppingRoom(ann.session_id)
    there = Presence(room=room.key, connection=ben.connection, identity=ben.identity, role="participant")
    room.left([there])
    assert names(of(ann)) == ["Ann"]
    room.entered([there])
    room.entered([there])
    assert names(of(ann)) == ["Ann", "Ben"]
    assert facts(ann)[-2:] == ["party-left", "party-joined"]
    of(ann).lose([ann.connection, ben.connection])
    of(ann).return_to([ann.connection])
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_who_was_removed_does_not_come_back_that_way() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.remove(ben.user_id)
    room = ShoppingRoom(ann.session_id)
    room.entered([Presence(room=room.key, connection=ben.connection, identity=ben.identity, role="participant")])
    assert names(of(ann)) == ["Ann"]
    with pytest.raises(PermissionDenied):
        ShoppingSession.objects.join(ann.session_id, newcomer("Ben", identities.Identity(None, ben.identity[8:])))


def test_only_those_who_have_a_place_may_read_the_room() -> None:
    (ann,) = opened("Ann")
    room = ShoppingRoom(ann.session_id)
    with pytest.raises(ShoppingSession.DoesNotExist):
        room.admits(factories.identity())
    assert room.admits(identities.Identity(None, ann.identity.removeprefix("visitor:"))) == "participant"


# --- what comes twice


def test_a_wish_for_a_session_that_comes_again_is_the_same_session() -> None:
    ann, ben = factories.identity(), factories.identity()
    first = ShoppingSession.objects.open(newcomer(of=ann), op="1")
    ShoppingSession.objects.get(pk=first.session_id).lose([first.connection])
    again = ShoppingSession.objects.open(newcomer("Ann", of=ann), op="1")
    assert (again.pk, again.session.host_id) == (first.pk, first.pk)
    others = [ShoppingSession.objects.open(newcomer(of=who), op=op) for who, op in ((ben, "1"), (ann, "2"))]
    assert len({first.session_id, *(seat.session_id for seat in others)}) == 3
    again.session.end()
    with pytest.raises(ShoppingSession.DoesNotExist):
        ShoppingSession.objects.open(newcomer(of=ann), op="1")


# --- what a caller says about it


def test_metadata_is_kept_as_it_is_and_names_no_show() -> None:
    said = {"showId": "mine", "a": [1, {"b": None}]}
    seat = ShoppingSession.objects.open(newcomer(), said)
    assert (seat.session.metadata, state_of(seat.session_id).show_id) == (said, None)
    ours = ShoppingSession.objects.open(newcomer(), said, show_id="ours")
    assert (ours.session.metadata, state_of(ours.session_id).show_id) == (said, "ours")


@pytest.mark.parametrize(("value", "expected"), [(1, 0), ({}, 1), ([[]], 2), ({"a": [{}, 1]}, 3)])
def test_depth_counts_what_stands_in_each_other(value: Any, expected: int) -> None:
    assert sessions.depth(value) == expected
