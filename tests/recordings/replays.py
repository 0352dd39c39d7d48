"""Recordings as capture and ShopAloud's widget send them, for tests of the replay."""

import json
from collections.abc import Callable
from typing import Any

from recordings.models import Recording
from tests.recordings import visits

Event = dict[str, Any]

MOVE, INTERACTION, SCROLL = 1, 2, 3


def rrweb(type: int, data: Any, at: int) -> Event:
    timestamp = visits.START + at
    return visits.event("rrweb", {"type": type, "data": data, "timestamp": timestamp}, at)


def element(id: int, tag: str, *children: Event, **attributes: Any) -> Event:
    return {"type": 2, "id": id, "tagName": tag, "attributes": attributes, "childNodes": list(children)}


def text(id: int, content: str) -> Event:
    return {"type": 3, "id": id, "textContent": content}


def page(at: int, url: str, *body: Event, head: tuple[Event, ...] = ()) -> list[Event]:
    """A page is opened: its Meta, and the full snapshot."""
    html = element(3, "html", element(4, "head", *head), element(5, "body", *body))
    node = {
        "type": 0,
        "id": 1,
        "childNodes": [{"type": 1, "id": 2, "name": "html", "publicId": "", "systemId": ""}, html],
    }
    return [
        rrweb(4, {"href": url, "width": 800, "height": 500}, at),
        rrweb(2, {"node": node, "initialOffset": {"left": 0, "top": 0}}, at + 1),
    ]


def move(at: int, x: int, y: int) -> Event:
    return rrweb(3, {"source": MOVE, "positions": [{"x": x, "y": y, "id": 5, "timeOffset": 0}]}, at)


def click(at: int, x: int = 50, y: int = 60) -> Event:
    return rrweb(3, {"source": INTERACTION, "type": 2, "id": 5, "x": x, "y": y}, at)


def changed(at: int, node: int, content: str) -> Event:
    """The text of a node is another."""
    data = {"source": 0, "texts": [{"id": node, "value": content}], "attributes": [], "removes": [], "adds": []}
    return rrweb(3, data, at)


def added(at: int, parent: int, node: Event) -> Event:
    adds = [{"parentId": parent, "nextId": None, "node": node}]
    return rrweb(3, {"source": 0, "texts": [], "attributes": [], "removes": [], "adds": adds}, at)


def stored(*batches: list[Event], sounds: tuple[tuple[bytes, int], ...] = ()) -> Recording:
    """A visit whose events came in these batches; each sound is a part with its moment."""
    recording = visits.recording()
    items = [visits.batch(recording, *events, number=number) for number, events in enumerate(batches)]
    items += [visits.sound(recording, data, 0, part, at) for part, (data, at) in enumerate(sounds)]
    visits.store(*items)
    recording.refresh_from_db()
    return recording


def finished(recording: Recording) -> Recording:
    """The same after its visit, with files of what was said."""
    recording.end()
    Recording.objects.finish(recording.pk)
    recording.refresh_from_db()
    return recording


def shopaloud(html: str, clicks: Callable[[int], bool] = lambda step: step % 10 == 5, steps: int = 40) -> list[Event]:
    """What the old widget sends: JSON in strings, a pointer on its way, and clicks that don't say where they were."""
    look = {"type": "initialState", "html": json.dumps(html), "timestamp": visits.START}
    told = {"events": [look], "url": "https://old.example/goods"}
    events = [visits.event("videoStream", told)]
    for step in range(steps):
        at = 200 * (step + 1)
        events.append(visits.event("mouse:position", json.dumps({"x": 20 * step, "y": 10 * step}), at))
        if clicks(step):
            events.append(visits.event("click:event", json.dumps({"isTrusted": True}), at + 50))
        if step == 20:
            events.append(visits.event("scroll:position", json.dumps({"scrollX": 0, "scrollY": 300}), at + 60))
    return events
