"""The TypeScript that is made of message classes."""

import sys
from typing import Any, ClassVar

import msgspec

from realtime import consumers, handlers, wire
from realtime.protocol import framing, typings


class Spot(msgspec.Struct, rename="camel"):
    """Where something is."""

    grid_row: int
    label: str | None = None


class Put(wire.Heard, tag="put"):
    """What a client says."""

    rest: ClassVar[str | None] = "extra"
    spot: Spot
    note: wire.Line | None = None
    extra: dict[str, Any] = {}


class Counted(wire.Said, tag="counted"):
    bare: ClassVar[str | None] = "data"
    data: int


class Moved(wire.Said, tag="MOVED"):
    spots: list[Spot]
    by_kind: dict[str, list[int | str]]


class Silent(wire.Said, tag="silent"):
    pass


class MovedElsewhere(wire.Said, tag="MOVED"):
    away: bool


class Table(handlers.Part):
    vocabulary = sys.modules[__name__]
    dialect = "table"

    @handlers.on(Put)
    async def put(self, message: Put) -> None:
        pass


class Nested(Table):
    framing = framing.NESTED


class TableDoor(consumers.SocketConsumer):
    parts = (Table,)


class NestedDoor(consumers.SocketConsumer):
    parts = (Nested,)


FLAT = """/** What a client may say, by type; `send` adds the `op`. */
export interface Heard {
  "put": { spot: Spot; note?: string | null; [extra: string]: unknown };
}

/** What the server says, by type. */
export interface Said {
  "MOVED": { spots: Spot[]; byKind: Record<string, (number | string)[]> } | { away: boolean };
  "counted": { data: number };
  "silent": {};
}

/** Where something is. */
export interface Spot {
  gridRow: number;
  label?: string | null;
}"""


def test_messages_become_fields_by_name_and_what_they_share_becomes_interfaces() -> None:
    assert typings.declarations(TableDoor) == FLAT


def test_a_protocol_that_nests_its_payloads_is_described_so() -> None:
    assert '"counted": { payload: { data: number } };' in typings.declarations(NestedDoor)
