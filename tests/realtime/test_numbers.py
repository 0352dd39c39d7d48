"""A number that cannot be stored or told is refused in words, at every socket."""

import json

import pytest
import websockets

from tests import sockets

pytestmark = [pytest.mark.usefixtures("live_db"), pytest.mark.everywhere]

OUT_OF_RANGE = "Numbers must be finite and have at most 64 bits"
HUGE = "9" * 30


@pytest.mark.parametrize(
    "message",
    [
        '{"type":"send-message","sessionId":"SHOW","message":"hi","userId":HUGE,"op":"1"}',
        '{"type":"heartbeat","anything":{"at":[HUGE]},"op":"1"}',
        '{"type":"CREATE_SESSION","payload":{"metadata":{"size":HUGE}},"op":"1"}',
        '{"type":"SYNC_EVENT","payload":{"eventType":"X","at":-HUGE},"op":"1"}',
    ],
    ids=["flat", "rest", "nested", "whole"],
)
async def test_on_a_raw_socket(server: sockets.Address, show: sockets.Show, message: str) -> None:
    async with await sockets.connect(server) as client:
        await client.send(message.replace("SHOW", show.id).replace("HUGE", HUGE))
        ack = await client.expect("ack", op="1")
        assert (ack["code"], ack["message"]) == ("validation", OUT_OF_RANGE)
        await client.send(message.replace("SHOW", show.id).replace("HUGE", "1" * 18).replace('"1"', '"2"'))
        assert (await client.expect("ack", op="2")).get("message") != OUT_OF_RANGE


@pytest.mark.parametrize("number", ["1e400", "-1e400", "NaN", "Infinity", HUGE])
async def test_on_socketio(server: sockets.Address, show: sockets.Show, number: str) -> None:
    async with websockets.connect(server.ws("/socket.io/?EIO=4&transport=websocket")) as client:
        await client.send("40")
        said = f'{{"sessionId":"{show.id}","message":"hi","extra":[{number}]}}'
        await client.send(f'421["send-message",{said}]')
        async for frame in client:
            if str(frame).startswith("431"):
                assert json.loads(str(frame)[3:])[0]["message"] == OUT_OF_RANGE
                break
