"""Secrets that a page let through are not stored."""

import json
from typing import Any

import pytest

from recordings import redaction
from recordings.redaction import REDACTED

pytestmark = pytest.mark.everywhere


def stored(data: Any, kind: str = "rrweb") -> Any:
    batch = json.dumps([{"event": kind, "data": data, "timestamp": 1}]).encode()
    (event,) = json.loads(redaction.events(batch))
    return event["data"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"password": "hunter2", "name": "Ann"}, {"password": REDACTED, "name": "Ann"}),
        ({"a": [{"apiKey": "k", "card_number": 4111}]}, {"a": [{"apiKey": REDACTED, "card_number": REDACTED}]}),
        ({"passwordVisible": True, "token": ""}, {"passwordVisible": True, "token": ""}),
        ({"tagName": "input", "attributes": {"type": "password", "value": "hunter2"}},
         {"tagName": "input", "attributes": {"type": "password", "value": REDACTED}}),
        ({"attributes": {"autocomplete": "cc-number", "value": "4111"}},
         {"attributes": {"autocomplete": "cc-number", "value": REDACTED}}),
        ({"attributes": {"name": "colour", "value": "red"}, "note": "password"},
         {"attributes": {"name": "colour", "value": "red"}, "note": "password"}),
        ({"headers": {"Authorization": "Bearer abc"}}, {"headers": {"Authorization": REDACTED}}),
    ],
    ids=str,
)  # fmt: skip
def test_known_fields_are_left_out(sent: Any, kept: Any) -> None:
    assert stored(sent) == kept


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("https://shop/?token=abc&page=2", f"https://shop/?token={REDACTED}&page=2"),
        ("/cart?page=2&access_token=abc#id_token=def", f"/cart?page=2&access_token={REDACTED}#id_token={REDACTED}"),
        ("https://shop/?user[password]=x", f"https://shop/?user[password]={REDACTED}"),
        ("https://ann:secret@shop/", "https://shop/"),
        ('<a href="/?a=1&amp;session=abc">', f'<a href="/?a=1&amp;session={REDACTED}">'),
        ("https://shop/mugs?colour=red", "https://shop/mugs?colour=red"),
        ("a passing remark about keys", "a passing remark about keys"),
    ],
    ids=str,
)
def test_addresses_lose_their_secrets(sent: str, kept: str) -> None:
    assert stored({"href": sent}) == {"href": kept}
    assert redaction.address(sent) == kept


def test_what_old_clients_send_as_text_is_looked_through_too() -> None:
    sent = json.dumps({"form": {"password": "hunter2"}, "colour": "red"})
    assert json.loads(stored(sent, "dom:mutation")) == {"form": {"password": REDACTED}, "colour": "red"}
    page = '<form><input name=colour value=\'red\'><input type="password" value="hunter2"></form>'
    assert "hunter2" not in stored({"events": {"type": "initialState", "html": json.dumps(page)}}, "videoStream:start")
    assert "red" in stored({"html": page})["html"]


def test_keys_that_write_something_are_not_kept() -> None:
    for code, kept in ((72, 0), (49, 0), (13, 13), (37, 37)):
        sent = {"events": {"type": "keydown", "keyCode": code}, "url": "/"}
        assert stored(sent, "videoStream:start")["events"]["keyCode"] == kept
    assert stored({"type": "keydown", "key": "h", "code": "KeyH"})["key"] == 0


def test_what_is_nested_too_deeply_is_left_out_and_the_rest_is_kept() -> None:
    deep = '{"password":' * 5000 + "1" + "}" * 5000
    for data in (deep, '{"password":' * 300 + "1" + "}" * 300):
        events = [{"event": "a", "data": data, "timestamp": 1}, {"event": "b", "data": "ok", "timestamp": 2}]
        first, second = json.loads(redaction.events(json.dumps(events).encode()))
        assert first["data"] is None
        assert second["data"] == "ok"


@pytest.mark.parametrize(
    "data",
    [
        {"type": 2, "data": {"node": {"tagName": "input", "attributes": {"type": "password", "value": "hunter2"}}}},
        {"type": 3, "data": {"source": 0, "attributes": [{"id": 1, "attributes": {"data-token": "hunter2"}}]}},
        {"type": 3, "data": {"source": 0, "texts": [{"id": 1, "value": "", "text": "/?token=hunter2"}]}},
        {"type": 4, "data": {"href": "https://shop/?token=hunter2", "width": 1, "height": 1}},
        {"type": 5, "data": {"tag": "user", "payload": {"password": "hunter2"}}},
    ],
    ids=str,
)
def test_whatever_of_rrwebs_events_has_text_is_looked_through(data: dict[str, Any]) -> None:
    event = {"event": "rrweb", "data": data, "timestamp": 1}
    move = {"event": "mouse:position", "data": '{"x":1}', "timestamp": 2}
    batch = json.dumps([event, move], separators=(",", ":")).encode()
    assert b"hunter2" not in redaction.events(batch, ("rrweb", "mouse:position"))


def test_an_innocent_batch_is_left_as_it_is() -> None:
    batch = b'[{"event": "mouse:position",  "data": "{\\"x\\": 1}", "timestamp": 5}]'
    assert redaction.events(batch) is batch
