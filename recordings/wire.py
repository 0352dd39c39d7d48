"""ShopAloud's events: what somebody says while they look around, and what they do meanwhile."""

from typing import Annotated, Any, ClassVar

import msgspec

from realtime import wire

LARGE = 8 * wire.MIB  # bytes of a message that is recorded
MAX_NUMBER = 2**53  # JavaScript's whole numbers end there
MAX_URL = 2000  # characters
PART = 10_000  # MediaRecorders of one recording

Handle = Annotated[str, msgspec.Meta(min_length=1, max_length=64, pattern=wire.NO_NUL)]  # a client's id for its user
Url = Annotated[str, msgspec.Meta(max_length=MAX_URL, pattern=wire.NO_NUL)]
Version = Annotated[str, msgspec.Meta(min_length=1, max_length=100, pattern=wire.NO_NUL)]
Number = Annotated[int, msgspec.Meta(ge=0, le=MAX_NUMBER)]
Part = Annotated[int, msgspec.Meta(ge=0, le=PART)]
LAST_MOMENT = 253_402_300_799_000  # the end of the year 9999, which is as far as a date goes
Moment = Annotated[float, msgspec.Meta(ge=0, le=LAST_MOMENT)]  # milliseconds of Unix time


class UserConnected(wire.ClientMessage, tag="user:connected"):
    """Says whose visit is recorded: an id that the client made up. Whoever comes with it first has it.

    The ack has the `recording` that goes on or begins, null before there is a consent where one is required; the
    `part` that this connection's audio is; and a `ticket`, which proves from elsewhere that it is the same visitor.
    """

    bare: ClassVar[str | None] = "username"
    limit: ClassVar[str] = "join"
    username: Handle
    ticket: wire.Token | None = None


class Consent(wire.ClientMessage, tag="recording:consent"):
    """Agrees to be recorded, or declines, having read this `version` of the text; declining deletes the recording."""

    limit: ClassVar[str] = "join"
    version: Version
    at: Moment | None = None
    declined: bool = False


class Recorded(wire.ClientMessage, kw_only=True):
    """Something that is kept. `username`, if there is one, is whoever was named by `user:connected`, or does that."""

    max_bytes: ClassVar[int] = LARGE
    limit: ClassVar[str] = "record"
    throttled_by_handler: ClassVar[bool] = True

    username: Handle | None = None


class RecordingStart(Recorded, tag="recording:start"):
    """A piece of what a MediaRecorder has heard, every 250 ms; without `data` it only begins a recording.

    A piece with a `number` is stored once, however often it comes; others follow each other as they come.
    """

    binary: ClassVar[str | None] = "data"
    data: bytes | None = None
    part: Part | None = None
    number: Number | None = None
    mime: wire.Name | None = None
    timestamp: Moment | None = None


class VideoStream(Recorded, tag="videoStream:start"):
    """An event of the page, such as its first state, a key or a mutation; `data` is `{events, url}`."""

    data: Any = None


class DomMutation(Recorded, tag="dom:mutation"):
    """Changes of the page, as a text."""

    data: Any = None


class MousePosition(Recorded, tag="mouse:position"):
    """Where the mouse is, as a text."""

    data: Any = None


class ScrollPosition(Recorded, tag="scroll:position"):
    """How far the page is scrolled, as a text."""

    data: Any = None


class ClickEvent(Recorded, tag="click:event"):
    """A click, as a text."""

    data: Any = None


class Other(wire.AnyMessage, tag=wire.ANY):
    """Any other event of a client that has said `user:connected`: it is kept under its name."""

    max_bytes: ClassVar[int] = LARGE
    limit: ClassVar[str] = "record"
    throttled_by_handler: ClassVar[bool] = True


class OneEvent(msgspec.Struct):
    """One of many events, which happened at `timestamp`."""

    event: wire.Key
    timestamp: Moment
    data: msgspec.Raw = msgspec.Raw(b"null")


class Events(Recorded, tag="recording:events", kw_only=True):
    """Many events, a list of `{event, data, timestamp}`, under a number of the client's.

    The same number again with the same events is stored once, with other ones it is refused (`conflict`).
    """

    raw: ClassVar[str | None] = "events"
    number: Number
    events: msgspec.Raw
    url: Url | None = None


class RecordingEnd(wire.ClientMessage, tag="recording:end"):
    """Ends the recording; what comes afterwards begins another."""

    bare: ClassVar[str | None] = "username"
    limit: ClassVar[str] = "join"
    username: Handle | None = None


class AudioSaved(wire.ServerMessage, tag="audio:saved"):
    """The recording is finished: the addresses of what was said, one for each MediaRecorder, in order."""

    audio_urls: list[str]


class Error(wire.ServerMessage, tag="error"):
    """A refusal; `code` is for programs, `message` for people."""

    message: str
    code: str


read_events = msgspec.json.Decoder(list[OneEvent]).decode
