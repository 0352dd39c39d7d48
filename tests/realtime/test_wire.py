"""The bounds that stand in the types of what clients say."""

import json
from typing import Any

import msgspec
import pytest

from realtime import wire
from realtime.protocol import framing
from streams.wire import bazaar

SHOW = "0b9f0c9e-5f0e-4a52-9d0c-3d6f0b1f5a11"


class Bounded(wire.ClientMessage, tag="bounded"):
    key: wire.Key = ""
    name: wire.Name = ""
    line: wire.ChatText = ""
    token: wire.Token = ""


BOUNDS = {"key": 64, "name": 150, "line": 500, "token": 4096}


@pytest.mark.parametrize(("field", "most"), BOUNDS.items())
def test_a_text_may_be_as_long_as_its_bound_and_no_longer(field: str, most: int) -> None:
    assert framing.read_event({field: "é" * most}, Bounded)
    with pytest.raises(msgspec.ValidationError, match="length"):
        framing.read_event({field: "é" * (most + 1)}, Bounded)


@pytest.mark.parametrize("field", BOUNDS)
@pytest.mark.parametrize("text", ["\x00", "a\x00", "a\nb\x00c", "\x00a\n"])
def test_nul_is_refused_everywhere_in_a_text(field: str, text: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({field: text}, Bounded)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(json.dumps({"type": "bounded", field: text}), type=Bounded)


@pytest.mark.parametrize("field", BOUNDS)
def test_half_a_surrogate_pair_is_refused_for_it_cannot_be_stored(field: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({field: "a\ud800"}, Bounded)


@pytest.mark.parametrize("declared", [wire.Id, wire.Id | None, int | wire.Key | None, float, bool], ids=str)
@pytest.mark.parametrize("text", ["\ud800", "\udfff\ud800", "a\ud800"])
def test_half_a_surrogate_pair_is_refused_where_no_text_is_due(declared: Any, text: str) -> None:
    message: Any = msgspec.defstruct("Declared", [("field", declared)], bases=(wire.ClientMessage,), kw_only=True)
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({"field": text}, message)


@pytest.mark.parametrize("field", BOUNDS)
@pytest.mark.parametrize("text", ["", "line\nbreak", "\N{PILE OF POO}", "\u202e", "\x7f\x01"])
def test_every_other_text_is_welcome(field: str, text: str) -> None:
    heard = framing.read_event({field: text}, Bounded)
    assert getattr(heard, field) == text


def test_an_op_has_at_most_64_characters() -> None:
    assert framing.read_event({"op": "x" * 64}, wire.Ping).op == "x" * 64
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({"op": "x" * 65}, wire.Ping)


@pytest.mark.parametrize("id", ["", "1", "not-a-uuid", "show:1", 5, None, SHOW + "0", {"id": SHOW}])
def test_an_id_is_a_uuid(id: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({"sessionId": id}, bazaar.LeaveSession)


@pytest.mark.parametrize("kind", ["", "x" * 21, "a\x00", None, 5])
def test_a_reactions_kind_is_a_short_text(kind: object) -> None:
    with pytest.raises(msgspec.ValidationError):
        framing.read_event({"sessionId": SHOW, "type": kind}, bazaar.SendReaction)


def test_a_declared_user_id_is_a_number_or_a_short_text() -> None:
    for fine in (None, 5, "5", "a1b2", "x" * 64):
        assert framing.read_event({"sessionId": SHOW, "userId": fine}, bazaar.JoinSession)
    nonsense: list[object] = ["9" * 5000, 1.5, [], {}]
    for odd in nonsense:
        with pytest.raises(msgspec.ValidationError):
            framing.read_event({"sessionId": SHOW, "userId": odd}, bazaar.JoinSession)


def test_a_messages_fields_are_told_without_its_name() -> None:
    assert wire.plain(bazaar.MessageDeleted(session_id="s", message_id="m")) == {"sessionId": "s", "messageId": "m"}
