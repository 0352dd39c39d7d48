"""Messages whose keys are their sender's own."""

import json
from typing import Any, ClassVar

import msgspec
import pytest

from realtime import wire
from realtime.protocol import framing

ODD = {"type": "x", "op": "y", "payload": {"whole": 1}, "kind": None, "room": 5}


class Say(wire.ClientMessage, tag="test-whole"):
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


class ServerMessage(wire.ServerMessage, tag="test-whole"):
    whole: ClassVar[str | None] = "payload"
    payload: dict[str, Any]


def unpacked(frame: Any) -> wire.ClientMessage:
    text = json.dumps(frame)
    return framing.NESTED.unpack(text, framing.read_heading(text), Say)


def test_the_payload_is_taken_as_it_is() -> None:
    heard = unpacked({"type": "test-whole", "payload": ODD, "op": "mine"})
    assert heard == Say(payload=ODD, op="mine")


def test_without_an_op_the_payloads_own_is_not_taken_for_one() -> None:
    assert unpacked({"type": "test-whole", "payload": ODD}).op is None


@pytest.mark.parametrize("payload", [1, "text", [], None])
def test_its_type_is_checked(payload: Any) -> None:
    with pytest.raises(msgspec.ValidationError):
        unpacked({"type": "test-whole", "payload": payload})


def test_it_is_packed_as_it_is() -> None:
    frame = framing.NESTED.pack(ServerMessage(payload=ODD), wire.Position(room="test:1", seq=7, epoch="e"))
    assert json.loads(frame.text) == {"type": "test-whole", "payload": ODD, "room": "test:1", "seq": 7, "epoch": "e"}


def test_an_empty_one_is_packed_too() -> None:
    assert json.loads(framing.NESTED.pack(ServerMessage(payload={})).text) == {"type": "test-whole", "payload": {}}
