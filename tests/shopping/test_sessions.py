"""How long a session lives, who takes part in it, and who is its host."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.management import call_command
from django.utils import timezone

from accounts import identity as identities
from realtime.models import Presence, Room, RoomEvent
from shopping import bounds, nanoid
from shopping.models import CartLine, CartOperation, JoinRequest, Participant, Product, ShoppingSession
from shopping.models import session as sessions
from shopping.rooms import ShoppingRoom, state_of
from tests import factories

pytestmark = pytest.mark.django_db


def request(name: str = "Ann", of: identities.Identity | None = None, connection: str = "") -> JoinRequest:
    return JoinRequest(of or factories.identity(), connection or nanoid.new(32), nanoid.new(16), name)


def opened(*names: str) -> list[Participant]:
    """The participants of a new session; the first one is its creator."""
    first = ShoppingSession.objects.open(request(names[0])).participant
    return [first, *(joined(first, request(name)) for name in names[1:])]


def opened_by(name: str, who: identities.Identity) -> Participant:
    return ShoppingSession.objects.open(request(name, of=who)).participant


def unknown() -> identities.Identity:
    """A guest without a cookie."""
    return dataclasses.replace(factories.identity(), is_new=True)


def joined(participant: Participant, who: JoinRequest) -> Participant:
    """Who joins the session of `participant`."""
    return ShoppingSession.objects.join(participant.session_id, who).participant


def of(participant: Participant) -> ShoppingSession:
    return ShoppingSession.objects.select_related("host").get(pk=participant.session_id)


def names(session: ShoppingSession) -> list[str]:
    return [participant.name for participant in session.participants.listed()]


def facts(participant: Participant) -> list[str]:
    return factories.facts(participant.room_key)


def backdate(participant: Participant, **ago: float) -> None:
    ShoppingSession.objects.filter(pk=participant.session_id).update(expires_at=timezone.now() - timedelta(**ago))


# --- its time


def test_a_session_lives_for_half_an_hour() -> None:
    (ann,) = opened("Ann")
    assert timedelta(minutes=29) < of(ann).expires_at - timezone.now() <= timedelta(minutes=30)
    assert ann.session_id.startswith("sess_")
    assert len(ann.session_id) == 15


def test_whatever_happens_in_it_begins_its_time_anew() -> None:
    ann, ben = opened("Ann", "Ben")
    deeds: list[Callable[[], Any]] = [
        lambda: ShoppingSession.objects.join(ann.session_id, request("Cleo")),
        lambda: ann.sync({"eventType": "NAVIGATE"}),
        lambda: ShoppingSession.objects.touch([ann.session_id]),
        lambda: ann.session.transfer_host(ann, ben.user_id),
    ]
    for deed in deeds:
        ShoppingSession.objects.filter(pk=ann.session_id).update(expires_at=timezone.now() + timedelta(minutes=1))
        deed()
        assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_an_empty_session_is_kept_for_a_moment() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.session.leave(ann)
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)
    of(ben).disconnect([ben.connection])
    assert timedelta(seconds=5) < of(ann).expires_at - timezone.now() <= timedelta(seconds=30)
    ShoppingSession.objects.join(ann.session_id, request("Cleo"))
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_a_session_whose_time_is_over_is_ended_by_whoever_asks() -> None:
    ann, _ = opened("Ann", "Ben")
    ann.sync({"eventType": "CHAT_MESSAGE", "message": "private"})
    backdate(ann, seconds=1)
    with pytest.raises(ShoppingSession.DoesNotExist, match="Session not found"):
        ShoppingSession.objects.find(ann.session_id)
    assert of(ann).ended_at is not None
    assert facts(ann) == ["party-sent-away"]
    assert not Participant.objects.present().filter(session=ann.session_id).exists()


def test_nothing_brings_an_expired_session_back() -> None:
    ann, _ = opened("Ann", "Ben")
    backdate(ann, seconds=1)
    ShoppingSession.objects.touch([ann.session_id])
    with pytest.raises(Participant.DoesNotExist, match="Not in a session"):
        ann.sync({})
    with pytest.raises(Participant.DoesNotExist, match="Not in a session"):
        ann.session.transfer_host(ann, ann.user_id)
    with pytest.raises(ShoppingSession.DoesNotExist):
        ShoppingSession.objects.join(ann.session_id, request())


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


# --- its participants


def test_a_session_made_over_rest_awaits_its_creator() -> None:
    someone = factories.identity()
    creator = ShoppingSession.objects.open(JoinRequest(someone, "", "alice", "Alice")).participant
    assert names(of(creator)) == ["Alice"]
    friend = joined(creator, request("Ben"))
    assert of(creator).host == creator
    came = joined(creator, request("", of=someone))
    assert came.pk == creator.pk
    assert names(of(creator)) == ["Ben", "Alice"]
    assert of(creator).host == came != friend


def test_who_is_expected_for_too_long_is_not_host() -> None:
    someone = factories.identity()
    creator = ShoppingSession.objects.open(JoinRequest(someone, "", "alice", "Alice")).participant
    ShoppingSession.objects.filter(pk=creator.session_id).update(created_at=timezone.now() - timedelta(minutes=5))
    friend = joined(creator, request("Ben"))
    assert names(of(creator)) == ["Ben"]
    assert of(creator).host == friend
    assert joined(creator, request("", of=someone)) == of(creator).host


def test_a_creator_who_stays_away_has_no_claim_once_they_have_left_for_good() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.session.leave(ann)
    assert of(ann).host == of(ann).owner == ben


def test_a_participant_whose_connection_never_arrived_makes_way(settings: Any) -> None:
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
    cleo = joined(ann, request("Cleo"))
    assert names(of(ann)) == ["Ann", "Cleo"]
    assert facts(ann)[-2:] == ["party-left", "party-joined"]
    with pytest.raises(ValidationError, match="Session is full"):
        ShoppingSession.objects.join(ann.session_id, request("Dan"))
    assert cleo.session_id == ben.session_id


def test_participants_who_have_gone_are_bounded(monkeypatch: pytest.MonkeyPatch, product: Product) -> None:
    monkeypatch.setattr(sessions, "MAX_PARTICIPANTS", 3)
    ann, ben, cleo = opened("Ann", "Ben", "Cleo")
    CartLine.objects.operate(ben, "1", "add", str(product.pk), 1)
    ben.session.leave(ben)
    with pytest.raises(ValidationError, match="Session is full"):  # What they added must not go with them.
        ShoppingSession.objects.join(ann.session_id, request("Dan"))
    cleo.session.leave(cleo)
    ShoppingSession.objects.join(ann.session_id, request("Dan"))
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
    of(ann).disconnect([ann.connection, ben.connection])
    of(ann).reconnect([ann.connection])
    assert of(ann).expires_at - timezone.now() > timedelta(minutes=29)


def test_a_guest_whom_nothing_proves_is_known_again_by_their_name_for_a_moment(settings: Any) -> None:
    ann = opened_by("Ann", unknown())
    joined(ann, request("Ben"))
    of(ann).disconnect([ann.connection])
    assert of(ann).host != ann
    for stranger in (request("Ann"), request("Anna", of=unknown()), request("", of=unknown())):
        assert joined(ann, stranger).pk != ann.pk  # a cookie of their own, another name, none
    again = joined(ann, request("Ann", of=unknown()))
    assert (again.pk, of(ann).host) == (ann.pk, again)
    of(ann).disconnect([again.connection])
    settings.PARTY_GRACE = timedelta()
    assert joined(ann, request("Ann", of=unknown())).pk != ann.pk


def test_a_guest_with_a_cookie_keeps_their_place_from_namesakes() -> None:
    ann, _ = opened("Ann", "Ben")
    of(ann).disconnect([ann.connection])
    assert joined(ann, request("Ann", of=unknown())).pk != ann.pk
    assert joined(ann, request("Ann", of=identities.Identity(None, ann.identity[8:]))).pk == ann.pk


def test_a_guest_who_logs_in_is_who_they_were() -> None:
    ann, _ = opened("Ann", "Ben")
    user = dataclasses.replace(factories.identity(factories.user()), visitor=ann.identity[8:])
    of(ann).disconnect([ann.connection])
    again = joined(ann, request("Ann", of=user))
    assert (again.pk, again.identity, of(ann).host) == (ann.pk, user.key, again)


def test_who_was_removed_as_a_guest_does_not_come_back_as_a_user() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.session.remove(ann, ben.user_id)
    user = dataclasses.replace(factories.identity(factories.user()), visitor=ben.identity[8:])
    with pytest.raises(PermissionDenied):
        joined(ann, request("Ben", of=user))


def test_the_role_goes_to_where_its_owner_is() -> None:
    """As when they came back before it was known that they had gone."""
    ann, _ = opened("Ann", "Ben")
    again = joined(ann, request("Ann", of=identities.Identity(None, ann.identity[8:])))
    of(ann).disconnect([ann.connection])
    assert of(ann).host == again


def test_who_was_removed_does_not_come_back_that_way() -> None:
    ann, ben = opened("Ann", "Ben")
    ann.session.remove(ann, ben.user_id)
    room = ShoppingRoom(ann.session_id)
    room.entered([Presence(room=room.key, connection=ben.connection, identity=ben.identity, role="participant")])
    assert names(of(ann)) == ["Ann"]
    with pytest.raises(PermissionDenied):
        ShoppingSession.objects.join(ann.session_id, request("Ben", identities.Identity(None, ben.identity[8:])))


def test_only_participants_may_read_the_room() -> None:
    (ann,) = opened("Ann")
    room = ShoppingRoom(ann.session_id)
    with pytest.raises(ShoppingSession.DoesNotExist):
        room.admits(factories.identity())
    assert room.admits(identities.Identity(None, ann.identity.removeprefix("visitor:"))) == "participant"


# --- what comes twice


def test_a_session_that_is_opened_again_is_the_same_session() -> None:
    ann, ben = factories.identity(), factories.identity()
    first = ShoppingSession.objects.open(request(of=ann), op="1").participant
    ShoppingSession.objects.get(pk=first.session_id).disconnect([first.connection])
    again = ShoppingSession.objects.open(request("Ann", of=ann), op="1").participant
    assert (again.pk, again.session.host_id) == (first.pk, first.pk)
    others = [ShoppingSession.objects.open(request(of=who), op=op).participant for who, op in ((ben, "1"), (ann, "2"))]
    assert len({first.session_id, *(other.session_id for other in others)}) == 3
    again.session.end()
    with pytest.raises(ShoppingSession.DoesNotExist):
        ShoppingSession.objects.open(request(of=ann), op="1")


# --- what its verbs return


def test_verbs_return_the_numbers_of_their_events(product: Product) -> None:
    (ann,) = opened("Ann")
    admission = ShoppingSession.objects.join(ann.session_id, request("Ben"))
    ben = admission.participant
    synced = ann.sync({"eventType": "NAVIGATE"})
    assert synced is not None
    operation = CartLine.objects.operate(ben, "1", "add", str(product.pk), 1)
    assert [admission.seq, synced.seq, operation.seq] == [1, 2, 3]
    assert facts(ann) == ["party-joined", "party-did", "party-cart"]
    again = CartLine.objects.operate(ben, "1", "add", str(product.pk), 1)
    assert again.seq == operation.seq
    assert CartOperation.objects.get().seq == operation.seq


def test_joining_again_on_the_same_connection_has_no_event() -> None:
    (ann,) = opened("Ann")
    admission = ShoppingSession.objects.join(ann.session_id, request("Ann", connection=ann.connection))
    assert (admission.participant, admission.event, admission.seq) == (ann, None, 0)


# --- what a caller says about it


def test_metadata_is_kept_as_it_is_and_names_no_show() -> None:
    said = {"showId": "mine", "a": [1, {"b": None}]}
    creator = ShoppingSession.objects.open(request(), said).participant
    assert (creator.session.metadata, state_of(creator.session_id).show_id) == (said, None)
    ours = ShoppingSession.objects.open(request(), said, show_id="ours").participant
    assert (ours.session.metadata, state_of(ours.session_id).show_id) == (said, "ours")


@pytest.mark.parametrize(("value", "expected"), [(1, 0), ({}, 1), ([[]], 2), ({"a": [{}, 1]}, 3)])
def test_depth_counts_what_stands_in_each_other(value: Any, expected: int) -> None:
    assert bounds.depth(value) == expected


# --- people who only declare who they are


def test_a_declared_user_takes_nothing_of_the_user_who_proved_it() -> None:
    user = factories.user()
    proved = identities.Identity(user, "a" * 32)
    declared = identities.Identity(user, "b" * 32, declared=True)
    host = ShoppingSession.objects.open(request(of=proved), op="1").participant
    of(host).disconnect([host.connection])
    other = joined(host, request(of=declared))
    assert other.pk != host.pk
    assert (host.identity, other.identity) == (proved.key, f"visitor:{'b' * 32}")
    own = ShoppingSession.objects.open(request(of=declared), op="1").participant
    assert own.session_id != host.session_id
    room = ShoppingRoom(host.session_id)
    room.admits(declared)
    assert room.addresses(declared) == {declared.address, *other.addresses}
    assert joined(host, request(of=proved)).pk == host.pk
