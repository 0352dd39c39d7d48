"""Calls: ringing, taking, declining, ending, and what is kept of them."""

from typing import Any

import pytest

from accounts import tokens
from realtime import database, periodic
from signaling import tasks
from signaling.models import Call
from tests import factories
from tests.signaling import people

pytestmark = pytest.mark.usefixtures("live_db")


def last_call(match: str) -> Call:
    return Call.objects.filter(match_name=match).latest("pk")


async def call_of(person: people.Person) -> Call:
    return await database.in_db(last_call, person.match)


async def calls_of(person: people.Person) -> int:
    return await database.in_db(Call.objects.filter(match_name=person.match).count)


# --- as documented


@pytest.mark.everywhere
@people.kinds
async def test_a_call_from_ringing_to_its_end(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    assert (await ann.say("initiate-call", {"to": "ben"}))["ok"]
    assert await ben.hear("incoming-call") == {"from": "ann"}
    await ben.say("accept-call", {"to": "ann"})
    assert await ann.hear("call-accepted") == {"from": "ben"}
    await ben.say("end-call", {"to": "ann"})
    assert await ann.hear("call-ended") == {"from": "ben"}
    assert await ann.settle() == await ben.settle() == []
    call = await call_of(ann)
    assert (call.caller, call.callee, call.ending, call.ended_by) == ("ann", "ben", "user_hangup", "ben")
    assert call.answered_at is not None
    assert call.ended_at is not None
    assert call.rung_at <= call.answered_at <= call.ended_at
    assert call.duration == call.ended_at - call.answered_at


@people.kinds
async def test_the_callers_name_rings(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    await ann.say("initiate-call", {"to": "ben", "name": " Anna   B. "})
    assert await ben.hear("incoming-call") == {"from": "ann", "name": "Anna B."}
    assert (await ann.say("initiate-call", {"to": "ben", "name": "a" * 81}))["code"] == "validation"


async def test_nobody_rings_under_another_name_than_their_accounts(house: people.House) -> None:
    user = await database.in_db(factories.user)
    match, ben = people.new_match(), await house.arrive()
    ann = await house.arrive(token=await database.in_db(tokens.access_token, user))
    await ben.sit(match, "ben")
    await ann.sit(match, "ann")
    await ben.hear("user-joined")
    await ann.say("initiate-call", {"to": "ben", "name": "Somebody else"})
    assert await ben.hear("incoming-call") == {"from": "ann", "name": user.username}


@people.kinds
@pytest.mark.parametrize("reason", [None, "", "Not now", "user_busy"])
async def test_a_call_is_declined(house: people.House, kind: type[people.Person], reason: str | None) -> None:
    ann, ben = await house.two(kind)
    await ann.say("initiate-call", {"to": "ben"})
    await ben.hear("incoming-call")
    await ben.say("reject-call", {"to": "ann", **({} if reason is None else {"reason": reason})})
    assert await ann.hear("call-rejected") == {"from": "ben", "reason": reason or "User declined"}
    call = await call_of(ann)
    assert (call.ending, call.ended_by) == ("user_busy" if reason == "user_busy" else "rejected", "ben")
    assert call.duration is None


@people.kinds
async def test_whom_nobody_finds_cannot_be_rung(house: people.House, kind: type[people.Person]) -> None:
    ann, _ = await house.two(kind)
    assert (await ann.say("initiate-call", {"to": "cas"}))["code"] == "user_offline"
    assert await ann.next() == ("error", {"type": "user_offline", "message": "Target user is not connected"})
    assert await calls_of(ann) == 0


@people.kinds
@pytest.mark.parametrize("payload", [None, {}, {"to": "ben"}, {"to": "someone else"}], ids=str)
async def test_who_hangs_up_is_heard_once(house: people.House, kind: type[people.Person], payload: Any) -> None:
    ann, ben = await house.two(kind)
    assert (await ann.say("end-call", payload))["ok"]
    await ann.say("ice-candidate", {"to": "ben", "candidate": 1})
    assert await ben.hear("call-ended") == {"from": "ann"}
    await ben.hear("ice-candidate")


@pytest.mark.parametrize(
    ("reason", "kept"),
    [("ice_failed", "ice_failed"), ("user_hangup", "user_hangup"), ("my own words", "unknown_error")],
)
async def test_the_reason_of_an_end_is_told_as_it_was_given(house: people.House, reason: str, kept: str) -> None:
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ann.say("end-call", {"to": "ben", "reason": reason})
    await ben.hear("incoming-call")
    assert await ben.hear("call-ended") == {"from": "ann", "reason": reason}
    assert (await call_of(ann)).ending == kept


async def test_no_state_of_a_call_keeps_a_message_back(house: people.House) -> None:
    """Old pages accept, decline and end what was never rung, or is over."""
    ann, ben = await house.two()
    for _ in range(2):
        for event, heard in (("accept-call", "call-accepted"), ("reject-call", "call-rejected")):
            await ann.say(event, {"to": "ben"})
            await ben.hear(heard)
        await ann.say("end-call", {"to": "ben"})
        await ben.hear("call-ended")
        await ann.say("initiate-call", {"to": "ben"})
        await ben.hear("incoming-call")
        await ann.say("initiate-call", {"to": "ben"})
        await ben.hear("incoming-call")


# --- additions that old clients ignore


async def test_where_both_ring_it_is_the_call_of_the_lesser_user_id(house: people.House) -> None:
    for first, second in (("ann", "ben"), ("ben", "ann")):
        two = dict(zip(("ann", "ben"), await house.two(), strict=True))
        assert (await two[first].say("initiate-call", {"to": second}))["caller"] == first
        assert await two[second].hear("incoming-call") == {"from": first}
        assert (await two[second].say("initiate-call", {"to": first}))["caller"] == "ann"
        assert await two[first].hear("incoming-call") == {"from": second, "caller": "ann"}
        call = await call_of(two["ann"])
        assert (call.caller, call.callee) == ("ann", "ben")
        assert await calls_of(two["ann"]) == 1


async def ring_one_who_talks(house: people.House, token: str, other_token: str) -> tuple[Any, Any]:
    """`ben` talks to `ann`; at another match `cas` rings `ben`, who may be another of that name. Those two."""
    ann, ben = await house.arrive(), await house.arrive(token=token)
    await ann.sit(match := people.new_match(), "ann")
    await ben.sit(match, "ben")
    await ann.hear("user-joined")
    await ann.say("initiate-call", {"to": "ben"})
    await ben.hear("incoming-call")
    await ben.say("accept-call", {"to": "ann"})
    cas, other = await house.arrive(), await house.arrive(token=other_token)
    await cas.sit(match := people.new_match(), "cas")
    await other.sit(match, "ben")
    await cas.hear("user-joined")
    await cas.say("initiate-call", {"to": "ben"})
    return cas, other


async def test_who_is_in_another_call_is_rung_all_the_same_and_both_hear_of_it(house: people.House) -> None:
    token = await database.in_db(lambda: tokens.access_token(factories.user()))
    cas, ben_again = await ring_one_who_talks(house, token, token)
    assert await ben_again.hear("incoming-call") == {"from": "cas", "busy": True}
    assert await cas.hear("call-busy") == {"from": "ben"}


@pytest.mark.parametrize("known", [False, True], ids=["guests", "users"])
async def test_a_stranger_of_the_same_name_is_not_busy(house: people.House, known: bool) -> None:
    users = [await database.in_db(factories.user) for _ in range(2)]
    one, other = [await database.in_db(tokens.access_token, user) if known else "" for user in users]
    cas, namesake = await ring_one_who_talks(house, one, other)
    assert await namesake.hear("incoming-call") == {"from": "cas"}
    assert await cas.settle() == []


@pytest.mark.everywhere
async def test_a_call_that_nobody_takes_is_given_up(house: people.House, settings: Any) -> None:
    settings.CALL_RING_SECONDS = 0.3
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ben.hear("incoming-call")
    assert await ann.hear("call-rejected") == {"from": "ben", "reason": "timeout"}
    assert await ben.hear("call-ended") == {"from": "ann"}
    assert (await call_of(ann)).ending == "invite_timeout"


async def test_a_timer_that_was_lost_with_its_process_is_made_good_by_a_heartbeat(
    house: people.House, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CALL_RING_SECONDS = 0
    monkeypatch.setattr(tasks.time_out, "schedule_in", lambda seconds: None)
    ann, _ = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await periodic.run_due()
    assert (await ann.hear("call-rejected"))["reason"] == "timeout"


@pytest.mark.parametrize("event", ["accept-call", "answer"])
async def test_a_call_that_was_taken_is_not_given_up(house: people.House, event: str) -> None:
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ben.say(event, {"to": "ann", "answer": {}})
    await database.in_db(Call.objects.filter(match_name=ann.match).update, rings_until=(await call_of(ann)).rung_at)
    assert await database.in_db(Call.objects.filter(match_name=ann.match).time_out) == 0
    assert (await call_of(ann)).ended_at is None


# --- what is kept


async def test_a_call_without_ringing_is_kept_too(house: people.House) -> None:
    """Avari's call page only offers."""
    ann, ben = await house.two()
    await ann.say("offer", {"to": "ben", "offer": {}})
    await ben.say("answer", {"to": "ann", "answer": {}})
    await ann.say("offer", {"to": "ben", "offer": {}})
    call = await call_of(ann)
    assert (call.caller, call.callee, call.rings_until, call.ended_at) == ("ann", "ben", None, None)
    assert call.answered_at is not None
    assert await calls_of(ann) == 1
    await ben.leave()
    await ann.hear("answer")
    await ann.hear("user-left")
    call = await call_of(ann)
    assert (call.ending, call.ended_by) == ("user_hangup", "ben")


async def test_who_does_not_come_back_has_ended_the_call_by_losing_it(house: people.House, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 0.2
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ben.say("accept-call", {"to": "ann"})
    await ann.hear("call-accepted")
    await ben.break_off()
    await ann.hear("user-reconnecting")
    await ann.hear("user-left")
    call = await call_of(ann)
    assert (call.ending, call.ended_by) == ("ice_timeout", "ben")


async def test_who_comes_back_in_time_is_still_in_the_call(house: people.House, settings: Any) -> None:
    settings.CALL_GRACE_SECONDS = 60
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ben.say("accept-call", {"to": "ann"})
    await ann.hear("call-accepted")
    await ben.break_off()
    await ann.hear("user-reconnecting")
    await (await house.arrive()).sit(ann.match, "ben")
    assert (await call_of(ann)).ended_at is None


async def test_the_history_outlives_the_match(house: people.House) -> None:
    ann, ben = await house.two()
    await ann.say("initiate-call", {"to": "ben"})
    await ann.leave()
    await ben.hear("incoming-call")
    await ben.hear("user-left")
    match = ben.match
    await ben.sit(people.new_match(), "ben")
    call = await database.in_db(last_call, match)
    assert (call.match_id, call.ending, call.ended_by) == (None, "user_hangup", "ann")
