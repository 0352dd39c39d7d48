"""What two browsers say to each other through us: in order, unchanged, and to nobody else."""

import asyncio
from typing import Any

import pytest

from signaling import wire
from tests import sockets
from tests.signaling import people

pytestmark = pytest.mark.usefixtures("live_db")

SDP = {"type": "offer", "sdp": "v=0\r\no=- 46117 2 IN IP4 127.0.0.1\r\n", "extra": [1, None, {"deep": "ü"}]}
CANDIDATE = {"candidate": "candidate:1 1 udp 2113937151 10.0.0.1 5000 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


@pytest.mark.everywhere
@people.kinds
async def test_a_negotiation_reaches_the_other_one_in_order(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    assert await ann.say("offer", {"to": "ben", "offer": SDP}) == {"ok": True}
    for number in range(20):
        await ann.say("ice-candidate", {"to": "ben", "candidate": {**CANDIDATE, "sdpMLineIndex": number}})
    assert await ben.hear("offer") == {"offer": SDP, "from": "ann"}
    for number in range(20):
        heard = await ben.hear("ice-candidate")
        assert heard == {"candidate": {**CANDIDATE, "sdpMLineIndex": number}, "from": "ann"}
    await ben.say("answer", {"to": "ann", "answer": {"type": "answer", "sdp": SDP["sdp"]}})
    assert await ann.hear("answer") == {"answer": {"type": "answer", "sdp": SDP["sdp"]}, "from": "ben"}


async def test_what_is_sent_without_waiting_keeps_its_order(house: people.House) -> None:
    ann, ben = await house.two(people.OverFlatSocket)
    for number in range(30):
        await ann.client.say("offer", to="ben", offer=number)
        await ann.client.say("ice-candidate", to="ben", candidate=number)
    for number in range(30):
        assert (await ben.hear("offer"))["offer"] == number
        assert (await ben.hear("ice-candidate"))["candidate"] == number


async def test_one_on_socket_io_talks_to_one_on_a_flat_socket(house: people.House) -> None:
    match, ann, ben = people.new_match(), await house.arrive(), await house.arrive(people.OverFlatSocket)
    await ann.sit(match, "ann")
    await ben.sit(match, "ben")
    await ann.hear("user-joined")
    await ann.say("offer", {"to": "ben", "offer": SDP})
    assert await ben.hear("offer") == {"offer": SDP, "from": "ann"}
    await ben.say("answer", {"to": "ann", "answer": SDP})
    assert await ann.hear("answer") == {"answer": SDP, "from": "ben"}


@pytest.mark.parametrize("candidate", [CANDIDATE, "candidate:1", None, "", {}], ids=str)
async def test_a_candidate_is_relayed_as_it_came(house: people.House, candidate: Any) -> None:
    ann, ben = await house.two()
    await ann.say("ice-candidate", {"to": "ben", "candidate": candidate})
    assert await ben.hear("ice-candidate") == {"candidate": candidate, "from": "ann"}


# --- to nobody


@people.kinds
async def test_an_offer_to_someone_absent_is_refused(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    for to in ("cas", "ann", ""):
        assert (await ann.say("offer", {"to": to, "offer": SDP}))["code"] == "user_offline"
        assert await ann.next() == ("error", {"type": "user_offline", "message": "Target user not found"})
    assert await ben.settle() == []


@people.kinds
async def test_everything_else_to_someone_absent_meets_silence(house: people.House, kind: type[people.Person]) -> None:
    ann, ben = await house.two(kind)
    silent: dict[str, dict[str, Any]] = {
        "answer": {"answer": SDP},
        "ice-candidate": {"candidate": CANDIDATE},
        "accept-call": {},
        "reject-call": {},
    }
    for event, payload in silent.items():
        for to in ("cas", "ann"):
            assert await ann.say(event, {"to": to, **payload}) == {"ok": True}
    assert await ann.settle() == []
    await ann.say("ice-candidate", {"to": "ben", "candidate": 1})
    assert (await ben.hear("ice-candidate"))["candidate"] == 1  # and nothing before it


async def test_nobody_signals_into_another_match(house: people.House) -> None:
    (_, ben), (_, cas) = await house.two(), await house.two()
    dan = await house.arrive()
    await dan.sit(people.new_match(), "dan")
    for stranger in (cas, dan, await house.arrive()):
        assert (await stranger.say("offer", {"to": "ann", "offer": SDP}))["ok"] is (stranger is cas)
        await stranger.say("ice-candidate", {"to": "ann", "candidate": CANDIDATE})
        await stranger.say("end-call", {"to": "ann"})
    await ben.say("ice-candidate", {"to": "ann", "candidate": 1})
    assert await ben.settle() == []


async def test_one_without_a_seat_meets_the_same_answers_as_one_whose_peer_is_absent(house: people.House) -> None:
    stranger = await house.arrive()
    await stranger.say("offer", {"to": "ben", "offer": SDP})
    assert await stranger.next() == ("error", {"type": "user_offline", "message": "Target user not found"})
    await stranger.say("initiate-call", {"to": "ben"})
    assert await stranger.next() == ("error", {"type": "user_offline", "message": "Target user is not connected"})
    for event in ("answer", "ice-candidate", "accept-call", "reject-call", "end-call"):
        assert (await stranger.say(event, {"to": "ben", "answer": {}}))["ok"]
    assert await stranger.settle() == []


# --- nonsense


EVENTS = ["offer", "answer", "ice-candidate", "initiate-call", "accept-call", "reject-call"]


@pytest.mark.everywhere
@pytest.mark.parametrize("payload", [None, "ann", 5, [], True, {}, {"to": None}, {"to": 5}, {"to": ["ben"]}], ids=str)
async def test_a_payload_without_its_fields_is_refused_and_harms_nobody(house: people.House, payload: Any) -> None:
    ann, ben = await house.two()
    for event in EVENTS:
        assert (await ann.say(event, payload))["code"] == "validation"
        assert (await ann.hear("error"))["type"] == "validation"
    await ann.say("ice-candidate", {"to": "ben", "candidate": 1})
    assert (await ben.hear("ice-candidate"))["candidate"] == 1


@pytest.mark.parametrize("payload", ["ann", 5, []], ids=str)
async def test_end_call_has_an_object_or_nothing(house: people.House, payload: Any) -> None:
    ann, _ = await house.two()
    assert (await ann.say("end-call", payload))["code"] == "validation"


@pytest.mark.parametrize("event", ["offer", "answer"])
@people.kinds
async def test_a_session_description_has_a_bound(house: people.House, kind: type[people.Person], event: str) -> None:
    ann, ben = await house.two(kind)
    line = "a=fmtp:111 minptime=10;useinband\r\n"
    longest = (line * wire.SDP)[: wire.SDP]  # longer when it is encoded
    for sdp in (longest + "x", {"sdp": longest + "x"}, {"other": "x" * wire.SDP}):
        ack = await ann.say(event, {"to": "ben", event: sdp})
        assert ack["code"] == "validation", ack
        assert (await ann.hear("error"))["type"] == "validation"
    await ann.say(event, {"to": "ben", event: {"sdp": longest}})
    assert (await ben.hear(event))[event] == {"sdp": longest}


@people.kinds
async def test_a_message_beyond_all_bounds_is_refused(house: people.House, kind: type[people.Person]) -> None:
    ann, _ = await house.two(kind)
    ack = await ann.say("offer", {"to": "ben", "offer": "x" * wire.MAX_BYTES})
    assert ack["code"] == "too_big", ack


@pytest.mark.parametrize("event", ["offer", "answer", "ice-candidate"])
async def test_text_that_cannot_be_written_is_refused(
    house: people.House, event: str, caplog: pytest.LogCaptureFixture
) -> None:
    ann, _ = await house.two()
    field = event.removeprefix("ice-")
    assert (await ann.say(event, {"to": "ben", field: {"sdp": "x", "more": "\ud800"}}))["code"] == "validation"
    assert not [record for record in caplog.records if record.exc_info]


@people.kinds
@pytest.mark.parametrize("payload", [None, {"userId": "ann", "matchId": "m"}, {"type": 5}], ids=str)
async def test_a_heartbeat_is_tolerated(house: people.House, kind: type[people.Person], payload: Any) -> None:
    if kind is people.OverFlatSocket and payload and "type" in payload:
        pytest.skip("there it would be another message")
    ann = await house.arrive(kind)
    assert await ann.say("heartbeat", payload) == {"ok": True}
    ann, _ = await house.two(kind)
    assert await ann.say("heartbeat", payload) == {"ok": True}
    assert await ann.settle() == []


# --- rooms


async def test_nobody_follows_a_match_by_its_rooms_name(house: people.House) -> None:
    ann, _ = await house.two(people.OverFlatSocket)
    position = (await ann.say("register", {"userId": "ann", "matchId": ann.match}))["room"]
    assert position.startswith("match:")
    stranger = await house.arrive(people.OverFlatSocket)
    ack = await stranger.say("resume", {"room": position, "epoch": "", "after": 0})
    assert (ack["ok"], ack["code"]) == (False, "not_found")


async def test_who_has_a_seat_resumes_the_matchs_room(house: people.House) -> None:
    ann, ben = await house.two(people.OverFlatSocket)
    ack = await ann.say("register", {"userId": "ann", "matchId": ann.match})
    resumed = await ann.say("resume", {"room": ack["room"], "epoch": ack["epoch"], "after": ack["seq"]})
    assert (resumed["ok"], resumed["recovered"]) == (True, True)
    await ben.hear("user-joined")
    await ben.say("ice-candidate", {"to": "ann", "candidate": 1})
    while (heard := await asyncio.wait_for(ann.next(), sockets.PATIENCE))[0] != "ice-candidate":
        assert heard[0] in ("joined", "resumed")
