"""ShopAloud's events: what somebody says while they look around, and what they do meanwhile."""

from typing import Annotated, ClassVar

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
NULL = msgspec.Raw(b"null")
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


class OneByOne(Recorded, kw_only=True):
    """An event that comes by itself. What it says is kept as it came."""

    raw: ClassVar[str | None] = "data"

    data: msgspec.Raw = msgspec.field(default_factory=lambda: NULL)


class VideoStream(OneByOne, tag="videoStream:start"):
    """An event of the page, such as its first state, a key or a mutation; `data` is `{events, url}`."""


class DomMutation(OneByOne, tag="dom:mutation"):
    """Changes of the page, as a text."""


class MousePosition(OneByOne, tag="mouse:position"):
    """Where the mouse is, as a text."""


class ScrollPosition(OneByOne, tag="scroll:position"):
    """How far the page is scrolled, as a text."""


class ClickEvent(OneByOne, tag="click:event"):
    """A click, as a text."""


class Other(wire.AnyMessage, tag=wire.ANY):
    """Any other event of a client that has said `user:connected`: it is kept under its name."""

    max_bytes: ClassVar[int] = LARGE
    limit: ClassVar[str] = "record"
    throttled_by_handler: ClassVar[bool] = True


class OneEvent(msgspec.Struct):
    """One of many events, which happened at `timestamp`. Its `data` is not looked at."""

    event: str
    timestamp: Moment


class Page(msgspec.Struct):
    """What is looked at of a VideoStream."""

    url: str | None = None


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


_read_events = msgspec.json.Decoder(list[OneEvent]).decode
_read_page = msgspec.json.Decoder(Page).decode


class Summary(msgspec.Struct, frozen=True):
    """What must be known of many events before they are stored as they came."""

    count: int
    first_ms: int
    last_ms: int
    kinds: tuple[str, ...]


def summary(events: msgspec.Raw) -> Summary | None:
    """None where there are none. Raises msgspec.ValidationError for what makes no sense."""
    try:
        found = _read_events(events)
    except msgspec.ValidationError:
        raise
    except msgspec.DecodeError as error:  # A name has half a surrogate pair.
        raise msgspec.ValidationError(str(error)) from None
    if not found:
        return None
    moments = [event.timestamp for event in found]
    kinds = tuple(dict.fromkeys([event.event for event in found]))
    msgspec.convert(kinds, tuple[wire.Key, ...])  # The names are few, and their pattern takes longer than all the rest.
    return Summary(len(found), int(min(moments)), int(max(moments)), kinds)


def page(data: msgspec.Raw) -> str:
    """The address that a VideoStream names, if it does."""
    try:
        return (_read_page(data).url or "")[:MAX_URL]
    except msgspec.DecodeError:  # It may be anything.
        return ""
