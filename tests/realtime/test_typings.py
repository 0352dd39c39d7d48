"""The TypeScript that is made of message classes."""

import sys
from typing import Any, ClassVar

import msgspec

from realtime import consumers, handlers, wire
from realtime.documents import typings
from realtime.protocol import framing


class Spot(msgspec.Struct, rename="camel"):
    """Where something is."""

    grid_row: int
    label: str | None = None


class Put(wire.ClientMessage, tag="put"):
    """What a client says."""

    rest: ClassVar[str | None] = "extra"
    spot: Spot
    note: wire.ChatText | None = None
    extra: dict[str, Any] = {}


class Counted(wire.ServerMessage, tag="counted"):
    bare: ClassVar[str | None] = "data"
    data: int


class Moved(wire.ServerMessage, tag="MOVED"):
    spots: list[Spot]
    by_kind: dict[str, list[int | str]]


class Silent(wire.ServerMessage, tag="silent"):
    pass


class MovedElsewhere(wire.ServerMessage, tag="MOVED"):
    away: bool


class Table(handlers.ProtocolHandler):
    vocabulary = sys.modules[__name__]
    dialect = "table"

    @handlers.on(Put)
    async def put(self, message: Put) -> None:
        pass


class Nested(Table):
    framing = framing.NESTED


class TableEndpoint(consumers.SocketConsumer):
    protocols = (Table,)


class NestedEndpoint(consumers.SocketConsumer):
    protocols = (Nested,)


FLAT = """/** What a client may say, by type; `send` adds the `op`. */
export interface ClientMessages {
  "put": { spot: Spot; note?: string | null; [extra: string]: unknown };
}

/** What the server says, by type. */
export interface ServerMessages {
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
    assert typings.declarations(TableEndpoint) == FLAT


def test_a_protocol_that_nests_its_payloads_is_described_so() -> None:
    assert '"counted": { payload: { data: number } };' in typings.declarations(NestedEndpoint)
