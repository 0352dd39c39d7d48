"""Socket.IO over a WebSocket: events that are wrong in every part, and packets that are none."""

import json
import random

from tests.attack import messages, nasty
from tests.attack.doors import websocket
from tests.attack.plain import BINARY, GONE, TEXT, WebSocket, frame
from tests.attack.target import Props, Target

PATH = "/socket.io/"
ADDRESS = f"{PATH}?EIO=4&transport=websocket"
PING = '42["ping",{}]'

PLACEHOLDER = '{"_placeholder":true,"num":0}'

# What is no packet, or none that a client may send: Engine.IO's first, then Socket.IO's.
PACKETS: list[str] = [
    "",
    "x",
    "{",
    "\0",
    "2",
    "2probe",
    "3",
    "3probe",
    "5",
    "6",
    "7",
    "8",
    "9",
    "10",
    "0",
    '0{"sid":"x"}',
    "b",
    "bAAAA",
    "b====",
    "b" + "A" * 70_000,
    "٤٢",  # digits that are not ASCII's
    "4",
    "40",
    "40{",
    '40{"token":1}',
    '40{"token":"\\ud800"}',
    "40/other,",
    '40/other,{"token":{}}',
    "41/other,",
    "42",
    "42{}",
    "42[]",
    "42[1]",
    "42[[]]",
    "42[null]",
    '42["connect"]',
    '42["disconnect"]',
    '42["connect_error",{}]',
    '42["\\ud800"]',
    '42["' + "-" * 60_000 + '"]',
    '42/other,["ping",{}]',
    '4299999999999999999999["ping",{}]',
    '42-1["ping",{}]',
    '42["ping",{},{},{}]',
    '42["ping"',
    "42" + "[" * 5000,
    '42["ping",' + "[" * 5000 + "]" * 5000 + "]",
    "43",
    "43[]",
    "431[]",
    "43999999[1]",
    "44",
    '44{"message":"x"}',
    "45",
    "45[]",
    "450-[]",
    f'451-["send-message",{PLACEHOLDER}]',
    f'4545999999-["send-message",{PLACEHOLDER}]',
    '451-["send-message",{}]',
    f'452-["send-message",{PLACEHOLDER},{PLACEHOLDER}]',
    '451-["send-message",{"_placeholder":true,"num":7}]',
    '451-["send-message",{"_placeholder":true,"num":-1}]',
    f"461-1[{PLACEHOLDER}]",
    "46",
    "47",
    "48",
    "49",
]


def event_of(chance: random.Random, props: Props) -> str:
    name, payload = messages.as_event(messages.drawn(PATH, chance, props.ids))
    event = [name] if chance.random() < 0.05 else [name, payload]
    written = nasty.written(event) if chance.random() < 0.2 else nasty.spoiled(event, chance)
    ack = chance.choice(("", "", str(chance.randrange(100))))
    return f"42{ack}{written}"


def packet_of(chance: random.Random, props: Props) -> str:
    draw = chance.random()
    if draw < 0.6:
        return event_of(chance, props)
    if draw < 0.8:
        scrambled = nasty.scrambled(event_of(chance, props).encode(errors="surrogatepass"), chance)
        return scrambled.decode(errors="replace")
    return chance.choice(PACKETS)


def frames_of(chance: random.Random, props: Props) -> bytes:
    """One packet; a binary one may follow, or come without being announced."""
    packet = packet_of(chance, props)
    draw = chance.random()
    if draw < 0.05:
        return frame(packet, BINARY)
    followed = packet.startswith("45") and draw < 0.7
    return frame(packet, TEXT) + (frame(bytes(chance.choice((0, 1, 1000, 300_000))), BINARY) if followed else b"")


async def send(target: Target, props: Props, chances: list[random.Random]) -> None:
    token = props.tokens[chances[0].choice(websocket.SPEAKERS)]
    socket: WebSocket | None = None
    for chance in chances:
        try:
            if socket is None:
                socket = await WebSocket.open(target.address)
                await socket.shake(ADDRESS)
                target.note(socket.status)
                await socket.hear()  # Engine.IO's handshake
                if chance.random() < 0.95:  # else what follows comes before anyone has connected
                    await socket.say("40" + json.dumps({"token": token} if token else {}))
                    await socket.hear()
            await socket.send(frames_of(chance, props))
        except GONE:
            socket = websocket.lost(socket)
    if socket is not None:
        await _end(socket)


async def _end(socket: WebSocket) -> None:
    """As the raw door's end. Who has not connected has no answers, and who owes an attachment is not asked."""
    try:
        await socket.say("41")  # leaves, if it was there
        await socket.say("40")
        await socket.say(PING)
        await socket.hears(b'"pong"')
        await socket.say("1")
    except GONE:
        pass
    finally:
        socket.abandon()
