"""The three ways in which one message stands in bytes."""

import json
from typing import Any, ClassVar

import msgspec
import pytest

from realtime import wire
from realtime.protocol import framing
from streams.wire import bazaar
from tests.realtime import sample_protocol

HERE = wire.Position(room="test:1", seq=7, epoch="e")
SHOW = "0b9f0c9e-5f0e-4a52-9d0c-3d6f0b1f5a11"


def packed(how: framing.Framing, message: wire.ServerMessage, position: wire.Position | None = None) -> Any:
    text = how.pack(message, position).text
    return json.loads(text.removeprefix("42") if how is framing.EVENT else text)


def unpacked(how: framing.Framing, frame: Any, heard: type[wire.ClientMessage]) -> wire.ClientMessage:
    text = frame if isinstance(frame, str) else json.dumps(frame)
    return how.unpack(text, framing.read_heading(text), heard)


# --- what the server says


def test_a_flat_frame_has_the_name_beside_the_fields() -> None:
    assert packed(framing.FLAT, sample_protocol.Note(n=1)) == {"type": "note", "n": 1}


def test_a_nested_frame_has_the_fields_in_its_payload() -> None:
    assert packed(framing.NESTED, sample_protocol.Note(n=1)) == {"type": "note", "payload": {"n": 1}}


def test_an_event_is_its_name_and_its_payload() -> None:
    assert packed(framing.EVENT, sample_protocol.Note(n=1)) == ["note", {"n": 1}]


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (framing.FLAT, {"type": "pong"}),
        (framing.NESTED, {"type": "pong", "payload": {}}),
        (framing.EVENT, ["pong", {}]),
    ],
)
def test_a_message_without_fields_is_whole(how: framing.Framing, expected: Any) -> None:
    assert packed(how, wire.Pong()) == expected


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        (framing.FLAT, {"type": "note", "n": 1, "room": "test:1", "seq": 7, "epoch": "e"}),
        (framing.NESTED, {"type": "note", "payload": {"n": 1}, "room": "test:1", "seq": 7, "epoch": "e"}),
        (framing.EVENT, ["note", {"n": 1}, {"room": "test:1", "seq": 7, "epoch": "e"}]),
    ],
)
def test_a_position_stands_at_the_top_or_as_second_argument(how: framing.Framing, expected: Any) -> None:
    assert packed(how, sample_protocol.Note(n=1), HERE) == expected


def test_a_position_follows_a_message_without_fields() -> None:
    assert packed(framing.FLAT, wire.Pong(), HERE) == {"type": "pong", "room": "test:1", "seq": 7, "epoch": "e"}


def test_a_payloads_own_type_is_called_kind_on_the_flat_socket_only() -> None:
    said = bazaar.NewReaction(kind="heart", timestamp="t")
    assert packed(framing.FLAT, said) == {"type": "new-reaction", "kind": "heart", "timestamp": "t"}
    assert packed(framing.EVENT, said) == ["new-reaction", {"type": "heart", "timestamp": "t"}]


def test_a_bare_payload_stands_alone_in_an_event_and_in_data_on_the_flat_socket() -> None:
    said = bazaar.ViewerCount(data=5)
    assert packed(framing.EVENT, said) == ["viewer-count", 5]
    assert packed(framing.FLAT, said) == {"type": "viewer-count", "data": 5}


def test_an_optional_field_that_is_not_set_is_left_out() -> None:
    said = bazaar.Error(kind="validation", message="no")
    assert packed(framing.EVENT, said) == ["error", {"type": "validation", "message": "no"}]


# --- what it hears


def test_flat_fields_are_read_in_camel_case() -> None:
    heard = unpacked(framing.FLAT, {"type": "join-session", "sessionId": SHOW, "op": "1"}, bazaar.JoinSession)
    assert isinstance(heard, bazaar.JoinSession)
    assert (str(heard.session_id), heard.op) == (SHOW, "1")


def test_unknown_keys_are_ignored() -> None:
    heard = unpacked(framing.FLAT, {"type": "echo", "n": 1, "apiKey": "x"}, sample_protocol.Echo)
    assert heard == sample_protocol.Echo(n=1)


def test_flat_data_is_the_bare_payload() -> None:
    assert unpacked(framing.FLAT, {"type": "echo", "data": 3, "op": "a"}, sample_protocol.Echo) == sample_protocol.Echo(
        n=3, op="a"
    )


def test_flat_data_may_also_be_the_whole_payload() -> None:
    frame = {"type": "join-session", "data": {"sessionId": SHOW, "userId": 4}}
    heard = unpacked(framing.FLAT, frame, bazaar.JoinSession)
    assert isinstance(heard, bazaar.JoinSession)
    assert heard.user_id == 4


def test_a_nested_payload_is_read_with_the_op_beside_it() -> None:
    frame = {"type": "echo", "payload": {"n": 2}, "op": "a"}
    assert unpacked(framing.NESTED, frame, sample_protocol.Echo) == sample_protocol.Echo(n=2, op="a")


def test_a_nested_message_without_payload_has_no_fields() -> None:
    assert unpacked(framing.NESTED, {"type": "ping"}, wire.Ping) == wire.Ping()


def test_an_events_type_is_its_kind() -> None:
    heard = framing.read_event({"sessionId": SHOW, "type": "heart"}, bazaar.SendReaction)
    assert isinstance(heard, bazaar.SendReaction)
    assert heard.kind == "heart"


def test_an_event_may_be_its_bare_payload_alone() -> None:
    heard = framing.read_event(SHOW, bazaar.LeaveSession)
    assert isinstance(heard, bazaar.LeaveSession)
    assert str(heard.session_id) == SHOW


def test_an_event_without_payload_may_still_be_whole() -> None:
    assert framing.read_event(None, wire.Ping) == wire.Ping()


@pytest.mark.parametrize("payload", [None, 5, "text", [], [1], True, 1.5, {"n": "one"}, {"n": -1}, {1: 2}, b"bytes"])
def test_a_nonsensical_payload_is_a_validation_error(payload: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        framing.read_event(payload, bazaar.SendMessage)


@pytest.mark.parametrize("payload", ["{}", '{"n":null}', '{"n":1.5}', '{"n":-1}'])
def test_bounds_hold_in_every_framing(payload: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        unpacked(framing.NESTED, '{"type":"echo","payload":' + payload + "}", sample_protocol.Echo)
    with pytest.raises(msgspec.ValidationError):
        unpacked(
            framing.FLAT,
            '{"type":"echo",' + payload[1:].replace("}", '"x":1}' if payload == "{}" else "}"),
            sample_protocol.Echo,
        )


def test_a_frame_is_encoded_once() -> None:
    frame = framing.FLAT.pack(sample_protocol.Note(n=1))
    assert frame.text is frame.text
    assert len(frame) == len(frame.payload)


# --- messages whose payload is their sender's own: its keys may be named like ours

ODD = {"type": "x", "op": "y", "payload": {"whole": 1}, "kind": None, "room": 5}


class SendWhole(wire.ClientMessage, tag="test-whole"):
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


class Whole(wire.ServerMessage, tag="test-whole"):
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


def test_a_whole_payload_is_taken_as_it_is() -> None:
    frame = {"type": "test-whole", "payload": ODD, "op": "mine"}
    assert unpacked(framing.NESTED, frame, SendWhole) == SendWhole(payload=ODD, op="mine")


def test_without_an_op_a_whole_payloads_own_is_not_taken_for_one() -> None:
    assert unpacked(framing.NESTED, {"type": "test-whole", "payload": ODD}, SendWhole).op is None


@pytest.mark.parametrize("payload", [1, "text", [], None])
def test_the_type_of_a_whole_payload_is_checked(payload: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        unpacked(framing.NESTED, {"type": "test-whole", "payload": payload}, SendWhole)


def test_a_whole_payload_is_packed_as_it_is() -> None:
    frame = framing.NESTED.pack(Whole(payload=ODD), wire.Position(room="test:1", seq=7, epoch="e"))
    assert json.loads(frame.text) == {"type": "test-whole", "payload": ODD, "room": "test:1", "seq": 7, "epoch": "e"}


def test_an_empty_whole_payload_is_packed_too() -> None:
    assert json.loads(framing.NESTED.pack(Whole(payload={})).text) == {"type": "test-whole", "payload": {}}
