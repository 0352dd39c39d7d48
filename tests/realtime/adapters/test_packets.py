"""What is judged of a Socket.IO packet before python-socketio handles it, and what is assumed of python-socketio."""

import asyncio
import inspect
import logging

import pytest
import socketio
from engineio.packet import MESSAGE
from engineio.packet import Packet as EnginePacket
from engineio.payload import Payload
from socketio.packet import EVENT

from realtime.adapters import packets
from realtime.adapters.packets import MAX_ATTACHED, MAX_ATTACHMENTS, OVERSIZE, EventName, Packet
from tests import sockets
from tests.attack import plain

PLACE = '{"_placeholder":true,"num":0}'


def announced(count: int) -> str:
    places = ",".join(f'{{"_placeholder":true,"num":{number}}}' for number in range(min(count, 20)))
    return f'5{count}-["send-message",{places}]'


def test_an_events_name_knows_its_size_in_bytes() -> None:
    read = Packet(encoded_packet='25["message",{"text":"\u00e4"}]')
    assert (read.id, read.data) == (5, ["message", {"text": "\u00e4"}])
    assert isinstance(read.data[0], EventName)
    assert read.data[0].size == len('25["message",{"text":"\u00e4"}]'.encode())


@pytest.mark.parametrize("name", ["connect", "disconnect"])
def test_what_a_client_calls_as_the_library_does_is_still_a_clients_event(name: str) -> None:
    assert isinstance(Packet(encoded_packet=f'2["{name}"]').data[0], EventName)


NONSENSE: list[object] = ["", None, True, {}, {"a": 1}, [1], 7, b"2[]", "2", "2[]", "2{}", "2[5]", "2[null]", "2["]
NONSENSE += ["2" + "[" * 50_000, "9", "4", "x", "\u00b2", '5["x"]', '50-["x"]', "51-[]", '51-["x"]', "61-[]", "699-[]"]
NONSENSE += [f'51-["x",{PLACE},{PLACE}]', f'52-["x",{PLACE}]']
NONSENSE += [f'51-["x",{{"_placeholder":true,"num":{number}}}]' for number in ("true", "-1", "0.0", '"0"')]


@pytest.mark.parametrize("nonsense", NONSENSE, ids=lambda nonsense: repr(nonsense)[:25])
def test_nonsense_is_unreadable(nonsense: object) -> None:
    with pytest.raises(packets.Unreadable):
        Packet(encoded_packet=nonsense)


def test_attachments_count() -> None:
    read = packets.taking(["send-message"])(encoded_packet=announced(1))
    assert read.add_attachment(b"x" * MAX_ATTACHED * 2) is True
    assert read.data == ["send-message", b"x" * MAX_ATTACHED * 2]
    assert (read.data[0].size, read.data[0].is_stripped) == (len(announced(1)) + 2 * MAX_ATTACHED, False)


@pytest.mark.parametrize("names", [[], ["send-message"]], ids=["nobody takes any", "it takes one"])
def test_attachments_that_nobody_takes_are_thrown_away_as_they_come(names: list[str]) -> None:
    read = packets.taking(names)(encoded_packet=announced(2))
    assert read.add_attachment(b"x" * 1000) is False
    assert read.attachments == []
    assert read.add_attachment(b"y" * 500) is True
    assert read.data == ["send-message"]
    assert (read.data[0].size, read.data[0].is_stripped) == (len(announced(2)) + 1500, True)


@pytest.mark.parametrize(("text", "is_acked"), [('25["x"]', True), ('2["x"]', False), ('20["x"]', True)])
def test_an_events_name_knows_whether_its_sender_waits(text: str, is_acked: bool) -> None:
    assert Packet(encoded_packet=text).data[0].is_acked is is_acked


@pytest.mark.parametrize("count", [MAX_ATTACHMENTS + 1, 45_999_999])
def test_an_event_with_too_many_attachments_is_too_large_at_once(count: int) -> None:
    read = Packet(encoded_packet=announced(count))
    assert (read.packet_type, read.attachment_count, read.data[0].size) == (EVENT, 0, OVERSIZE)
    assert Packet(encoded_packet=announced(MAX_ATTACHMENTS)).attachment_count == MAX_ATTACHMENTS


@pytest.mark.parametrize("attachment", [b"xx", "2[]", {}])
def test_what_is_too_large_or_no_attachment_is_not_held(attachment: object) -> None:
    read = Packet(encoded_packet=announced(3))
    assert read.add_attachment(b"x" * (MAX_ATTACHED - 1)) is False
    assert read.add_attachment(attachment) is True
    assert (read.attachments, read.data[0].size) == ([], OVERSIZE)


def test_the_library_hands_on_the_name_that_it_was_given() -> None:
    """Else an event would have no size, and `connect` and `disconnect` could be forged."""
    source = inspect.getsource(socketio.AsyncServer._handle_event_internal)
    assert "_trigger_event(data[0], namespace, sid, *data[1:])" in source


def test_more_packets_than_the_librarys_own_sixteen_fit_into_a_polling_body() -> None:
    body = "\x1e".join(["4x"] * packets.MAX_POLLED)
    assert len(Payload(encoded_payload=body).packets) == packets.MAX_POLLED


def test_the_librarys_log_has_no_room_for_what_clients_do_wrong(caplog: pytest.LogCaptureFixture) -> None:
    log = packets.library_log()
    for error in (packets.Unreadable("x"), ValueError("x"), KeyError("ours")):
        try:
            raise error
        except Exception:
            log.exception("handler error")
    assert [type(record.exc_info[1]) for record in caplog.records if record.exc_info] == [KeyError]
    assert logging.getLogger("engineio.server").level == logging.ERROR


# --- through a server


async def send(client: sockets.Events, *sent: str | bytes) -> None:
    for each in sent:
        await client.io.eio._send_packet(EnginePacket(MESSAGE, data=each))


@sockets.FAST_SOCKETIO
@pytest.mark.usefixtures("live_db")
async def test_the_websocket_of_a_client_that_is_cut_off_is_closed(server: sockets.Address) -> None:
    """Who ignores Socket.IO's farewell could go on to send what nobody counts."""
    client = await plain.WebSocket.open(server)
    assert await client.shake("/socket.io/?EIO=4&transport=websocket")
    for said in ("40", "4" + announced(45_999_999)):
        await client.say(said)
    assert not await client.hears(b"it does not say this")
    client.abandon()


@pytest.mark.usefixtures("live_db")
@pytest.mark.parametrize(
    ("count", "attached"),
    [
        (45_999_999, [b"x" * 1000] * 5),
        (MAX_ATTACHMENTS + 1, []),
        (2, [b"x" * (MAX_ATTACHED + 1)]),
        (10, [b"x" * 100_000] * 3),
        (1, ['2["ping"]']),
    ],
)
async def test_a_client_that_floods_with_attachments_is_cut_off(
    server: sockets.Address, count: int, attached: list[str | bytes]
) -> None:
    client = await sockets.Events().connect(server, ["websocket"])
    await send(client, announced(count), *attached)
    await asyncio.wait_for(client.gone.wait(), sockets.PATIENCE)
    await client.close()
