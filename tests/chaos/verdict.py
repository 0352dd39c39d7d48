"""What is true after chaos: the log has no hole, and every client was told the log."""

import json
import urllib.request
from typing import Any

from realtime.models import RoomEvent
from streams.models import ChatMessage
from tests import sockets
from tests.chaos.viewer import Jump, Seen, Viewer

PAGE = 50  # events


class Truth:
    """A show's log, as the database has it."""

    def __init__(self, show: sockets.Show) -> None:
        self.key = show.key
        self.messages = list(ChatMessage.objects.filter(stream=show.stream))
        self.events = list(RoomEvent.objects.filter(room__key=show.key).order_by("seq"))
        self.last = self.events[-1].seq
        said = {message.seq: f"new-message {message.pk}" for message in self.messages}
        self.what = {event.seq: said.get(event.seq) or _other(event) for event in self.events}
        self.taken_back = {event.seq for event in self.events if event.redacted}

    def faults(self) -> list[str]:
        found = []
        if [event.seq for event in self.events] != list(range(1, self.last + 1)):
            found.append("the log's numbers have a hole")
        if sorted(message.seq for message in self.messages) != [
            seq for seq, what in self.what.items() if what.startswith("new-message")
        ]:
            found.append("the chat and the log differ")
        return found

    def check(self, viewer: Viewer) -> list[str]:
        """What `viewer` was told, or was promised, that is not so."""
        found = list(viewer.faults)
        if viewer.pending:
            found.append(f"{viewer.name} has no answer to {sorted(viewer.pending)}")
        if viewer.position != self.last:
            found.append(f"{viewer.name} stands at {viewer.position} of {self.last}")
        found += [f"{viewer.name}: {fault}" for fault in self._check_told(viewer)]
        found += [f"{viewer.name}: {fault}" for fault in self._check_acknowledged(viewer)]
        for jump in viewer.jumps:
            found += [f"{viewer.name}: {fault}" for fault in self._check_snapshot(jump)]
        return found

    def check_history(self, address: sockets.Address, upto: int) -> list[str]:
        """Whether REST tells the log until `upto`, where a newcomer joined, a page at a time."""
        told: dict[int, list[str]] = {}
        while len(told) < upto:
            query = f"/api/rooms/{self.key}/events?after={len(told)}&limit={min(PAGE, upto - len(told))}"
            with urllib.request.urlopen(address.http + query, timeout=sockets.PATIENCE) as answer:
                page = json.load(answer)["data"]["events"]
            told |= {event["seq"]: [_what(message) for message in event["messages"]] for event in page}
            if not page:
                break
        expected = {seq: [] if seq in self.taken_back else [what] for seq, what in self.what.items() if seq <= upto}
        return [] if told == expected else [f"the history until {upto} has {len(told)} events and differs"]

    def _check_told(self, viewer: Viewer) -> list[str]:
        """Everything after its joining in the log's order; what was taken back may have been told before."""
        jumped = {seq for jump in viewer.jumps for seq in range(jump.start + 1, jump.end + 1)}
        due = [seq for seq in range(viewer.began + 1, self.last + 1) if seq not in jumped]
        told = {seen.seq for seen in viewer.seen}
        expected = [Seen(seq, self.what[seq]) for seq in due if seq in told or seq not in self.taken_back]
        if viewer.seen == expected:
            return []
        missing, strange = set(expected) - set(viewer.seen), set(viewer.seen) - set(expected)
        return [f"not told {sorted(missing)}, told {sorted(strange)}, {len(viewer.seen)} of {len(expected)}"]

    def _check_acknowledged(self, viewer: Viewer) -> list[str]:
        author = f"user:{viewer.user.pk}"
        stored = {message.op: message for message in self.messages if message.author == author}
        found = []
        for op, ack in viewer.acked.items():
            message = stored.pop(op, None)
            if message is None or (str(message.pk), message.seq) != (ack["id"], ack["seq"]):
                found.append(f"{op} was acknowledged as {ack} and is {message}")
        return found + [f"{op} was stored and never acknowledged" for op in stored]

    def _check_snapshot(self, jump: Jump) -> list[str]:
        """The newest lines up to its place, none left out but those taken back."""
        shown = [line["id"] for line in jump.state["messages"]]
        lines = {str(message.pk): message for message in self.messages}
        strange = [line for line in shown if line not in lines or lines[line].seq > jump.end]
        if strange:
            return [f"a snapshot at {jump.end} shows {strange}"]
        first = min((lines[line].seq for line in shown), default=0)
        due = sorted((m for m in self.messages if first <= m.seq <= jump.end), key=lambda message: message.seq)
        expected = [str(message.pk) for message in due if str(message.pk) in shown or not message.deleted]
        return [] if shown == expected else [f"a snapshot at {jump.end} shows {shown} and not {expected}"]


def _what(message: dict[str, Any]) -> str:
    return f"{message['type']} {message.get('id') or message.get('messageId') or ''}"


def _other(event: RoomEvent) -> str:
    """What an event tells of that is no chat line: that one was taken back, or the show's course."""
    body: dict[str, Any] = json.loads(event.body or "{}")
    return f"message-deleted {body['id']}" if body.get("fact") == "chat-deleted" else f"stream-{body.get('fact')} "
