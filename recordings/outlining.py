"""What happened when in a recording, gathered from its events batch by batch: where the replay can begin and jump to.

Times are milliseconds from the recording's start. rrweb's events are known by its numbers, see EventType and
IncrementalSource there; ShopAloud's by their names.
"""

import bisect
from typing import Any

import msgspec

IDLE = 10_000  # ms without a sign of life are skipped
MAX_MOMENTS = 20_000  # of each kind: of clicks, pages, full snapshots and idle times; later ones are not listed
MAX_URL = 500  # characters
OLD_STEP = 300_000  # ms after which the replay of an old recording, which has no snapshots, can begin anew

LONGEST = 2 * 24 * 60 * 60 * 1000  # ms after its start nothing belongs to a recording any more
ANNOUNCED = 1000  # ms within which a full snapshot follows its Meta; one without is an address that has changed

FULL_SNAPSHOT, INCREMENTAL, META = 2, 3, 4
INTERACTION, CLICK = 2, 2
SIGNS_OF_LIFE = {1, 2, 3, 4, 5, 6, 12, 14}  # pointer, interaction, scroll, resize, input, touch, drag, selection
OLD_KINDS = {"mouse:position", "scroll:position", "click:event", "videoStream"}
OLD_QUIET = {"mutation", "initialState", "viewPort"}


class Keyframe(msgspec.Struct, omit_defaults=True):
    """Where a replay can begin. Of old recordings also the batch with the page's first look, and how it is scrolled."""

    at: int
    number: int
    scene: int | None = None
    scroll: tuple[float, float] = (0, 0)


class Page(msgspec.Struct):
    at: int
    url: str


class Recorded(msgspec.Struct):
    event: str
    data: msgspec.Raw
    timestamp: float | int


class Facts(msgspec.Struct):
    """What an rrweb event says beside what it shows, which is passed over without being read."""

    source: Any = None
    type: Any = None
    href: Any = None


class Rrweb(msgspec.Struct):
    type: int
    data: Facts


class Outlined(msgspec.Struct):
    """What is known after the batches up to `last_number`; more can be added. `start` is a Unix time."""

    start: int = 0
    end: int = 0
    last_number: int = -1
    batches: list[tuple[int, int, int]] = []  # number, first, last
    keyframes: list[Keyframe] = []
    old_keyframes: list[Keyframe] = []
    pages: list[Page] = []
    clicks: list[int] = []
    idle: list[tuple[int, int]] = []
    alive_at: int = 0
    url: str = ""
    meta: tuple[int, int] | None = None  # where and in which batch a full snapshot was announced
    scene: int | None = None
    scroll: tuple[float, float] = (0, 0)

    def read(self, number: int, first_ms: int, last_ms: int, events: bytes) -> None:
        """Adds a batch, a JSON array of events; what somebody has made up is passed over."""
        self.last_number = max(self.last_number, number)
        self.batches.append((number, first_ms - self.start, last_ms - self.start))
        self.end = max(self.end, last_ms - self.start)
        try:
            found = msgspec.json.decode(events, type=list[Recorded])
        except msgspec.MsgspecError:
            return
        for event in found:
            at = int(event.timestamp) - self.start
            if not 0 <= at <= LONGEST:
                continue
            try:
                if event.event == "rrweb":
                    self._read_rrweb(number, at, msgspec.json.decode(event.data, type=Rrweb))
                elif event.event in OLD_KINDS:
                    self._read_old(number, at, event.event, _unpacked(event.data))
            except (msgspec.MsgspecError, AttributeError, KeyError, RecursionError, TypeError, ValueError):
                continue

    def _read_rrweb(self, number: int, at: int, event: Rrweb) -> None:
        if event.type == META:
            self.meta = (at, number)
            self._visit(at, event.data.href)
        elif event.type == FULL_SNAPSHOT:
            is_announced = self.meta is not None and at - self.meta[0] <= ANNOUNCED
            begun, batch = self.meta if self.meta and is_announced else (at, number)
            self.meta = None
            _append(self.keyframes, Keyframe(begun, batch))
        elif event.type == INCREMENTAL and event.data.source in SIGNS_OF_LIFE:
            self._live(at)
            if event.data.source == INTERACTION and event.data.type == CLICK:
                _append(self.clicks, at)

    def _read_old(self, number: int, at: int, kind: str, data: Any) -> None:
        if kind == "videoStream":
            self._visit(at, data.get("url"))
            told = _unpacked(data.get("events"))
            for each in told if isinstance(told, list) else [told]:
                self._read_streamed(number, at, each)
        else:
            self._live(at)
            if kind == "click:event":
                _append(self.clicks, at)
            elif kind == "scroll:position":
                self.scroll = (float(data["scrollX"]), float(data["scrollY"]))
        newest = self.old_keyframes[-1].at if self.old_keyframes else -OLD_STEP
        if at - newest >= OLD_STEP:
            _append(self.old_keyframes, Keyframe(at, number, self.scene, self.scroll))

    def _read_streamed(self, number: int, at: int, each: dict[str, Any]) -> None:
        if each.get("type") == "initialState":
            self.scene, self.scroll = number, (0, 0)
            _append(self.old_keyframes, Keyframe(at, number, number))
        if each.get("type") not in OLD_QUIET:
            self._live(at)
        if each.get("type") == "mouseDown":
            _append(self.clicks, at)

    def _visit(self, at: int, url: Any) -> None:
        if isinstance(url, str) and url[:MAX_URL] != self.url:
            self.url = url[:MAX_URL]
            self._live(at)
            _append(self.pages, Page(at, self.url))

    def _live(self, at: int) -> None:
        if at - self.alive_at >= IDLE:
            _append(self.idle, (self.alive_at, at))
        self.alive_at = max(self.alive_at, at)

    def told(self, duration: int, spoken: list[tuple[int, int]]) -> dict[str, Any]:
        """For the replay. Nothing is idle while somebody speaks."""
        duration = max(duration, self.end)
        idle = [*self.idle, (self.alive_at, duration)]
        shown = {
            "start": self.start,
            "duration": duration,
            "old": not self.keyframes and bool(self.old_keyframes),
            "batches": sorted(self.batches, key=lambda batch: (batch[1], batch[0])),
            "keyframes": sorted(self.keyframes or self.old_keyframes, key=lambda each: each.at),
            "pages": sorted(self.pages, key=lambda page: page.at),
            "clicks": sorted(self.clicks),
            "idle": silent(sorted(idle), spoken),
        }
        plain: dict[str, Any] = msgspec.to_builtins(shown)
        return plain


def _append(moments: list[Any], moment: Any) -> None:
    if len(moments) < MAX_MOMENTS:
        moments.append(moment)


def _unpacked(data: Any) -> Any:
    """Old clients send JSON in strings."""
    value = msgspec.json.decode(data) if isinstance(data, msgspec.Raw) else data
    return msgspec.json.decode(value) if isinstance(value, str) else value


def silent(idle: list[tuple[int, int]], spoken: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What is left of the idle times without those in which somebody speaks, where it is still long enough."""
    left = []
    spoken = sorted(spoken)
    for begin, end in idle:
        first = bisect.bisect_left(spoken, begin, key=lambda each: each[1])
        for said, until in spoken[first:]:
            if said >= end:
                break
            left.append((begin, said))
            begin = max(begin, until)
        left.append((begin, end))
    return [(begin, end) for begin, end in left if end - begin >= IDLE]
