"""The raw WebSockets: messages that are wrong in every part, and frames that are none."""

import random

from tests.attack import messages, nasty
from tests.attack.plain import BINARY, CLOSE, GONE, PING, PONG, TEXT, WebSocket, frame, is_unfinished
from tests.attack.target import Props, Target

ADDRESSES = ["/", "/ws/", "/ws/shopping/", "/ws/signaling/", "/ws/streams/"]
SPEAKERS = ["guest", "guest", "viewer", "owner", "moderator", "admin"]

DICTIONARY: list[bytes] = [
    b"",
    b" ",
    b"\0",
    b"{",
    b"}",
    b"[]",
    b"{}",
    b"null",
    b'"ping"',
    b'{"type":null}',
    b'{"type":{}}',
    b'{"type":"ping","type":"hello"}',
    b'{"type":"ping","op":{}}',
    b'{"type":"' + b"-" * 60_000 + b'"}',
    b'{"type":"SYNC_EVENT","payload":"' + b"-" * 60_000 + b'"}',
    b'{"type":"\\ud800"}',
    b'{"type":"ping","op":"\\ud800"}',
    b'{"type":"PING\\u0000"}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\0}\0",
    b"[" * 100_000,
    b'{"type":' * 20_000,
    b'{"type":"join-session","data":' + b"[" * 30_000 + b"]" * 30_000 + b"}",
    b"42[]",
    b"GET / HTTP/1.1\r\n\r\n",
]


def text_of(address: str, chance: random.Random, props: Props) -> bytes:
    """What stands in one text frame."""
    message = messages.drawn(address, chance, props.ids)
    draw = chance.random()
    if draw < 0.15:
        return nasty.written(message).encode()
    if draw < 0.65:
        return nasty.spoiled(message, chance).encode(errors="surrogatepass")
    if draw < 0.85:
        return nasty.scrambled(nasty.written(message).encode(), chance)
    return chance.choice(DICTIONARY)


def frames_of(text: bytes, chance: random.Random) -> bytes:
    """The same with something wrong in its frames, after which a connection may well be over."""
    cut = chance.randrange(len(text) + 1)
    match chance.randrange(12):
        case 0:
            return frame(text, BINARY)
        case 1:
            return frame(text[:cut], TEXT, final=False) + frame(text[cut:], 0)
        case 2:
            return frame(text[:cut], TEXT, final=False) + frame(b"", PING) + frame(text[cut:], 0)
        case 3:
            return frame(text[:cut], TEXT, final=False) + frame(text[cut:], TEXT)
        case 4:
            return frame(text, 0)
        case 5:
            return frame(b"\xed\xa0\x80" + text, TEXT)
        case 6:
            return frame(text[:125], chance.choice((PING, PONG)))
        case 7:
            return frame(text[:200] + bytes(126), chance.choice((PING, CLOSE)))
        case 8:
            return frame(text, chance.randrange(16), reserved=chance.randrange(8))
        case 9:
            return frame(text, TEXT, masked=False)
        case 10:
            code = chance.choice((0, 999, 1000, 1001, 1004, 1005, 1006, 1011, 3000, 65535))
            return frame(code.to_bytes(2, "big") + text[:20], CLOSE)
        case _:  # a length that does not fit
            size = chance.choice((0, 125, 126, 2**16, 2**31, 2**63 - 1, 2**63, 2**64 - 1))
            return bytes((0x81, 0xFF)) + size.to_bytes(8, "big") + bytes(4) + text[:100]


async def send(target: Target, props: Props, chances: list[random.Random]) -> None:
    """One address and one speaker for a batch; a connection that is closed is opened again."""
    address, speaker = chances[0].choice(ADDRESSES), chances[0].choice(SPEAKERS)
    token = props.tokens[speaker]
    offer = [f"Sec-WebSocket-Protocol: vitrine, {token}"] if token else []
    socket: WebSocket | None = None
    for chance in chances:
        text = text_of(address, chance, props)
        data = frames_of(text, chance) if chance.random() < 0.08 else frame(text)
        try:
            if socket is None:
                socket = await WebSocket.open(target.address)
                await socket.shake(address, *offer)
                target.note(socket.status)
            socket.is_unfinished |= is_unfinished(data)
            await socket.send(data)
            if data[0] != 0x81:
                await end(socket)
                socket = None
        except GONE:
            socket = lost(socket)
    if socket is not None:
        await end(socket)


async def end(socket: WebSocket, ping: str = '{"type":"ping"}') -> None:
    """Waits until what was sent has been answered, as it is when a ping behind it is, or until the server has closed.

    An unfinished frame would swallow the ping, and the server would wait for its rest, and rightly.
    """
    try:
        if not socket.is_unfinished:
            await socket.say(ping)
            await socket.hears(b'"pong"')
            await socket.say(b"", CLOSE)
    except GONE:
        pass
    finally:
        socket.abandon()


def lost(socket: WebSocket | None) -> WebSocket | None:
    """In place of a connection that the server has ended."""
    if socket is not None:
        socket.abandon()
    return None
