"""The sockets' messages for developers: the AsyncAPI document and its page."""

import html
from typing import Any

import msgspec
import pytest
import yaml
from django.test import Client

from config import routing, sockets
from realtime import wire
from realtime.documents import asyncapi
from realtime.protocol import framing

MESSAGES = [
    pytest.param(protocol, cls, id=asyncapi.key_of(protocol, cls))
    for protocol in dict.fromkeys(each for endpoint in routing.ENDPOINTS.values() for each in endpoint.protocols)
    for cls in asyncapi.messages_of(protocol)
]


@pytest.mark.parametrize(("protocol", "cls"), MESSAGES)
def test_every_message_says_what_it_is_for_and_has_an_example_that_can_be_read(
    protocol: Any, cls: type[wire.Message]
) -> None:
    described = sockets.document()["components"]["messages"][asyncapi.key_of(protocol, cls)]
    assert described["summary"] not in ("", wire.ClientMessage.__doc__, wire.ServerMessage.__doc__)
    assert cls.__doc__ not in (base.__doc__ for base in cls.__bases__), "a message has a sentence of its own"
    (example,) = described["examples"]
    msgspec.json.decode(msgspec.json.encode(example["payload"]), type=cls)


FROM_CLIENTS = [each for each in MESSAGES if issubclass(each.values[1], wire.ClientMessage)]  # type: ignore[arg-type]


@pytest.mark.parametrize(("protocol", "cls"), FROM_CLIENTS)
def test_the_page_shows_a_frame_that_the_server_reads(protocol: Any, cls: type[wire.ClientMessage]) -> None:
    (page,) = [each for each in sockets.protocols() if each.name == protocol.dialect]
    frames = [message.raw for message in page.receives if message.name == cls.wire_name()]
    assert frames
    read = [protocol.framing.unpack(frame, framing.read_heading(frame), cls) for frame in frames]
    assert all(isinstance(message, cls) for message in read)


def test_it_is_served_as_a_page_and_as_a_document(client: Client) -> None:
    page = html.unescape(client.get("/api/events/").content.decode())
    assert '"message": "Does the teapot survive a dishwasher?"' in page
    assert 'socket.emit("join-session"' in page
    assert "http://testserver/static/realtime/client.js" in page
    assert [each.name for each in sockets.protocols() if f'id="{each.name}"' not in page] == []
    answer = client.get("/api/events.yaml")
    assert answer.headers["Content-Type"].startswith("application/yaml")
    assert yaml.safe_load(answer.content)["asyncapi"] == "3.0.0"
