"""Taking a seat at a match, keeping it, losing it: Avari's `register` over every kind of connection."""

from typing import Any

import pytest

from accounts import identity as identities
from accounts import tokens
from accounts.identity import new_visitor
from realtime import database
from realtime.models import Room
from signaling.models import Match, Seat
from signaling.models import seat as seats
from tests import factories, sockets
from tests.signaling import people

pytestmark = pytest.mark.usefixtures("live_db")

FULL = ("error", {"type": "match_full", "message": "This match already has 2 participants"})
MISSING = ("error", {"type": "validation", "message": "Missing userId or matchId"})


# --- taking it


@pytest.mark.everywhere
@people.kinds
async def test_the_first_is_told_that_it_is_alone(house: people.House, kind: type[people.Person]) -> None:
    match, ann = people.new_match(), await house.arrive(kind)
    joined = await ann.sit(match, "ann")
    assert len(joined.pop("resumeToken")) == people.RESUME_TOKEN
    assert joined == {"matchId": match, "userId": "ann", "participants": ["ann"], "participantCount": 1}


@pytest.mark.everywhere
@people.kinds
async def test_the_second_is_told_of_the_first_and_the_first_of_the_second(
    house: people.House, kind: type[people.Person]
) -> None:
    match, ann, ben = people.new_match(), await house.arrive(kind), await house.arrive(kind)
    await ann.sit(match, "ann")
    joined = await ben.sit(match, "ben")
    assert (joined["participants"], joined["participantCount"]) == (["ann", "ben"], 2)
    assert await ann.hear("user-joined") == {"userId": "ben", "participantCount": 2, "role": "impolite"}
    assert joined["role"] == "polite"
    assert await ben.settle() == []


async def test_the_lesser_user_id_is_the_impolite_one_whoever_comes_first(house: people.House) -> None:
    match, ben, ann = people.new_match(), await house.arrive(), await house.arrive()
    await ben.sit(match, "ben")
    assert (await ann.sit(match, "ann"))["role"] == "impolite"
    assert (await ben.hear("user-joined"))["role"] == "polite"


@people.kinds
async def test_the_third_is_refused_and_may_try_again(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    cas = await house.arrive(kind)
    ack = await cas.say("register", {"userId": "cas", "matchId": ann.match})
    assert (ack["ok"], ack["code"]) == (False, "match_full")
    assert await cas.next() == FULL
    await ben.leave()
    await ann.hear("user-left")
    assert (await cas.sit(ann.match, "cas"))["participants"] == ["ann", "cas"]


@pytest.mark.everywhere
@people.kinds
@pytest.mark.parametrize(
    "payload",
    [None, {}, {"matchId": "m"}, {"userId": "u"}, {"userId": "", "matchId": "m"}, {"userId": None, "matchId": "m"}],
    ids=str,
)
async def test_without_both_ids_there_is_no_seat(house: people.House, kind: type[people.Person], payload: Any) -> None:
    if kind is people.OverFlatSocket and "matchId" not in (payload or {}):
        pytest.skip("on the shared socket `register` without a match is another protocol's")
    ann = await house.arrive(kind)
    assert (await ann.say("register", payload))["code"] == "validation"
    assert await ann.next() == MISSING


async def test_avaris_own_socket_hears_register_without_a_match(server: sockets.Address) -> None:
    async with await sockets.connect(server, "/ws/signaling/") as client:
        await client.say("register", userId="ann")
        assert await client.next() == {"type": "error", "kind": "validation", "message": "Missing userId or matchId"}


@pytest.mark.parametrize("payload", ["ann", 5, ["ann"], True, {"userId": 5, "matchId": "m"}], ids=str)
async def test_a_payload_of_another_shape_is_refused(house: people.House, payload: Any) -> None:
    ann = await house.arrive()
    assert (await ann.say("register", payload))["code"] == "validation"
    assert (await ann.hear("error"))["type"] == "validation"


@pytest.mark.parametrize("name", ["a" * 129, "nul\0", "\ud800"], ids=["long", "nul", "surrogate"])
async def test_names_have_bounds(house: people.House, name: str) -> None:
    ann = await house.arrive()
    assert (await ann.say("register", {"userId": name, "matchId": "m"}))["code"] == "validation"
    assert (await ann.say("register", {"userId": "ann", "matchId": name}))["code"] == "validation"


@pytest.mark.parametrize("name", ["with space", "a[b]/c:d", "ünï", "💡", "a" * 128], ids=str)
async def test_any_text_names_a_match(house: people.House, name: str) -> None:
    match = name[:100] + people.new_match() if len(name) < 128 else name
    ann, ben = await house.two(match=match)
    await ben.say("ice-candidate", {"to": "ann", "candidate": {}})
    await ann.hear("ice-candidate")


# --- again, and elsewhere


@people.kinds
async def test_who_registers_again_is_announced_again(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    assert (await ben.sit(ann.match, "ben"))["participants"] == ["ann", "ben"]
    assert (await ann.hear("user-joined"))["participantCount"] == 2
    await ben.say("ice-candidate", {"to": "ann", "candidate": {}})
    await ann.hear("ice-candidate")


async def test_a_connection_is_one_user(house: people.House) -> None:
    ann, _ = await house.two()
    assert (await ann.say("register", {"userId": "other", "matchId": ann.match}))["code"] == "forbidden"
    assert (await ann.hear("error"))["type"] == "forbidden"
    assert await database.in_db(lambda: set(Seat.objects.values_list("handle", flat=True))) >= {"ann", "ben"}


async def test_who_goes_to_another_match_leaves_the_first(house: people.House) -> None:
    ann, ben = await house.two()
    assert (await ben.sit(people.new_match(), "ben"))["participants"] == ["ben"]
    assert await ann.hear("user-left") == {"userId": "ben"}
    await ann.say("ice-candidate", {"to": "ben", "candidate": {}})
    assert await ben.settle() == []


async def test_one_who_was_refused_elsewhere_has_left_all_the_same(house: people.House) -> None:
    ann, ben = await house.two()
    cas = await house.arrive()
    await cas.sit(people.new_match(), "cas")
    assert (await cas.say("register", {"userId": "cas", "matchId": ann.match}))["code"] == "match_full"
    assert (await cas.next()) == FULL
    assert (await cas.say("initiate-call", {"to": "ben"}))["code"] == "user_offline"
    assert await ben.settle() == []


async def test_a_user_holds_seats_at_several_matches(house: people.House) -> None:
    first, second = await house.two(), await house.two()
    for ann, ben in (first, second):
        await ann.say("offer", {"to": "ben", "offer": {"sdp": ann.match}})
        assert (await ben.hear("offer"))["offer"]["sdp"] == ann.match


# --- leaving


@pytest.mark.everywhere
@people.kinds
async def test_who_leaves_is_gone_at_once(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    await ben.leave()
    assert await ann.hear("user-left") == {"userId": "ben"}
    await ann.leave()


@pytest.mark.everywhere
async def test_an_empty_match_is_removed_with_its_room(house: people.House) -> None:
    ann, ben = await house.two()
    match = await database.in_db(Match.objects.get, name=ann.match)
    await ben.leave()
    await ann.hear("user-left")
    assert (await ann.sit(people.new_match(), "ann"))["participantCount"] == 1  # elsewhere, so this one is empty
    assert not await database.in_db(Match.objects.filter(pk=match.pk).exists)
    assert not await database.in_db(Room.objects.filter(key=match.room_key).exists)


@people.losable
async def test_who_loses_the_connection_is_kept_a_seat(
    house: people.House, kind: type[people.Person], settings: Any
) -> None:
    settings.CALL_GRACE_SECONDS = 60
    ann, ben = await house.two(kind)
    await ben.break_off()
    assert await ann.hear("user-reconnecting") == {"userId": "ben"}
    again = await house.arrive(kind)
    assert (await again.sit(ann.match, "ben"))["participants"] == ["ann", "ben"]
    assert (await ann.hear("user-joined"))["userId"] == "ben"
    assert await ann.settle() == []


@people.losable
async def test_when_the_grace_is_over_the_user_has_left(
    house: people.House, kind: type[people.Person], settings: Any
) -> None:
    settings.CALL_GRACE_SECONDS = 0.3
    ann, ben = await house.two(kind)
    await ben.break_off()
    await ann.hear("user-reconnecting")
    assert await ann.hear("user-left") == {"userId": "ben"}


async def test_within_the_grace_the_seat_is_no_one_elses(house: people.House, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 60
    ann, ben = await house.two()
    await ben.break_off()
    await ann.hear("user-reconnecting")
    cas = await house.arrive()
    assert (await cas.say("register", {"userId": "cas", "matchId": ann.match}))["code"] == "match_full"
    assert (await ann.say("initiate-call", {"to": "ben"}))["code"] == "user_offline"


async def test_a_grace_that_nobody_timed_ends_with_a_heartbeat(house: people.House, settings: Any) -> None:
    """As where the process that served the lost connection was stopped within the grace."""
    settings.CALL_GRACE_SECONDS = 0
    ann, _ = await house.two()
    await database.in_db(break_off, ann.match, "ben")
    await database.in_db(Seat.objects.release)
    assert await ann.hear("user-left") == {"userId": "ben"}


def break_off(match: str, handle: str) -> None:
    seats = Seat.objects.filter(match__name=match, handle=handle)
    seats.keep_for_grace([seats.get().connection])


# --- one user's older and newer connection


@people.kinds
async def test_a_live_seat_is_not_taken_over_by_name(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    thief = await house.arrive(kind)
    assert (await thief.say("register", {"userId": "ben", "matchId": ann.match}))["code"] == "match_full"
    assert await thief.next() == FULL
    for token in ("", "wrong", ann.resume_token):
        wrong = {"userId": "ben", "matchId": ann.match, "resumeToken": token}
        assert (await thief.say("register", wrong))["code"] == "match_full"
    assert await ann.settle() == []
    await ann.say("ice-candidate", {"to": "ben", "candidate": {}})
    await ben.hear("ice-candidate")


@pytest.mark.everywhere
@people.kinds
async def test_the_resume_token_brings_the_seat_to_a_newer_connection(
    house: people.House, kind: type[people.Person]
) -> None:
    ann, ben = await house.two(kind)
    newer = await house.arrive(kind)
    joined = await newer.sit(ann.match, "ben", resumeToken=ben.resume_token)
    assert (joined["participants"], joined["resumeToken"]) == (["ann", "ben"], ben.resume_token)
    assert (await ann.hear("user-joined"))["userId"] == "ben"
    assert await ben.hear("seat-taken") == {"matchId": ann.match, "userId": "ben"}
    await ann.say("offer", {"to": "ben", "offer": {}})
    await newer.hear("offer")
    await ben.leave()
    await newer.say("ice-candidate", {"to": "ann", "candidate": {}})
    await ann.hear("ice-candidate")  # and no user-left before it
    assert await ann.settle() == []


async def test_a_connection_that_was_replaced_signals_no_more(house: people.House) -> None:
    ann, ben = await house.two()
    newer = await house.arrive()
    await newer.sit(ann.match, "ben", resumeToken=ben.resume_token)
    await ann.hear("user-joined")
    await ben.hear("seat-taken")
    for event in ("ice-candidate", "answer", "accept-call", "reject-call", "end-call"):
        assert (await ben.say(event, {"to": "ann", "answer": {}}))["ok"]
    assert (await ben.say("offer", {"to": "ann", "offer": {}}))["code"] == "user_offline"
    await newer.say("ice-candidate", {"to": "ann", "candidate": 1})
    assert (await ann.hear("ice-candidate"))["candidate"] == 1


async def test_where_declared_names_are_believed_the_newer_connection_replaces_the_older(
    house: people.House, settings: Any
) -> None:
    settings.TRUST_DECLARED_IDENTITY = True
    ann, ben = await house.two()
    newer = await house.arrive()
    await newer.sit(ann.match, "ben")
    await ben.hear("seat-taken")
    assert (await ann.hear("user-joined"))["userId"] == "ben"


@pytest.mark.django_db
def test_a_declared_user_has_a_visitors_seat() -> None:
    user = factories.user()
    match = Match.objects.create()
    for name, identity in (
        ("ann", identities.Identity(user, "a" * 32)),
        ("ben", identities.Identity(user, "b" * 32, declared=True)),
    ):
        Seat.objects.assign(match, seats.SeatRequest(name, f"connection of {name}", identity))
    ann, ben = match.seats.order_by("number")
    assert (ann.user, ben.user, ben.identity) == (user, None, f"visitor:{'b' * 32}")


async def test_the_same_account_needs_no_resume_token(house: people.House) -> None:
    match = people.new_match()
    token = await database.in_db(lambda: tokens.access_token(sockets.make_user()))
    for _ in range(2):
        ann = await house.arrive(token=token)
        await ann.sit(match, "ann")


async def test_a_guest_who_logs_in_has_the_seat_that_they_had_as_a_guest(
    server: sockets.Address, house: people.House
) -> None:
    match, other = people.new_match(), await house.arrive()
    await other.sit(match, "other")
    token = await database.in_db(lambda: tokens.access_token(sockets.make_user()))
    cookie: dict[str, Any] = {"additional_headers": {"Cookie": f"visitor={new_visitor()[1]}"}}
    proof: dict[str, Any] = {"subprotocols": ["vitrine", token]}
    async with (
        await sockets.connect(server, "/ws/signaling/", **cookie) as guest,
        await sockets.connect(server, "/ws/signaling/", **cookie, **proof) as user,
        await sockets.connect(server, "/ws/signaling/", **cookie) as logged_out,
    ):
        assert (await guest.ask("register", userId="ann", matchId=match))["ok"]
        assert (await user.ask("register", userId="ann", matchId=match))["ok"]
        await guest.expect("seat-taken")
        assert (await logged_out.ask("register", userId="ann", matchId=match))["code"] == "match_full"


# --- accounts


@pytest.mark.parametrize("trusting", [False, True])
async def test_an_accounts_id_is_that_accounts(house: people.House, settings: Any, trusting: bool) -> None:
    settings.TRUST_DECLARED_IDENTITY = trusting
    user = await database.in_db(sockets.make_user)
    other = await database.in_db(lambda: tokens.access_token(sockets.make_user()))
    for token in ("", other):
        thief = await house.arrive(token=token)
        ack = await thief.say("register", {"userId": str(user.pk), "matchId": people.new_match()})
        assert ack["code"] == "unauthorized"
        assert (await thief.hear("error"))["type"] == "unauthorized"
    token = await database.in_db(tokens.access_token, user)
    await (await house.arrive(token=token)).sit(people.new_match(), str(user.pk))
    await (await house.arrive()).sit(people.new_match(), str(user.pk), token=token)


async def test_a_bad_token_is_refused_with_its_reason(house: people.House) -> None:
    ann = await house.arrive()
    ack = await ann.say("register", {"userId": "ann", "matchId": people.new_match(), "token": "nonsense"})
    assert (ack["code"], ack["message"]) == ("unauthorized", "Invalid or expired access token")


@pytest.mark.parametrize("handle", ["999999999", "0123", "9" * 40, "٣", "-1"])
async def test_a_number_of_no_account_is_a_name_like_any(house: people.House, handle: str) -> None:
    await (await house.arrive()).sit(people.new_match(), handle)
